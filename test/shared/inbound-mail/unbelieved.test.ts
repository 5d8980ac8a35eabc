import { beforeEach, describe, expect, test } from 'vitest';
import type { InboundRecord } from '../../../shared/mail/received/inbound-mail-store.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

let portal: MemoryPortal;
let count: number;

beforeEach(async () => {
  portal = new MemoryPortal();
  count = 0;
  await portal.createAccount('Acme', 'jane@acme.test');
});

/** Mail of Jane's, unless it is only said to be. */
function receive(
  verdicts: Parameters<MemoryPortal['receive']>[1],
  { from = 'jane@acme.test', dkim = '', own = '', id = `${(count += 1)}` } = {},
): Promise<InboundRecord> {
  const raw = `${own}${dkim === '' ? '' : `X-Local-Verdicts: dkim-domain=${dkim}\n`}From: jane@acme.test\nTo: support@portal.test\nSubject: Down\nMessage-ID: <${id}@acme.test>\n\nPlease look.\n`;
  return portal.receive(raw, verdicts, { from });
}

describe('mail that is believed is a ticket, and its record says by what', () => {
  test.each([
    ['DMARC passes', {}, {}],
    ['no DMARC record, and DKIM passes', { dmarc: 'GRAY', spf: 'FAIL' }, { from: 'list@other.test' }],
    ['no DMARC record, and SPF passes', { dmarc: 'GRAY', dkim: 'GRAY' }, { from: 'bounce@mail.acme.test' }],
  ] as const)('%s', async (reason, verdicts, more) => {
    const record = await receive(verdicts, more);
    expect(record).toMatchObject({ outcome: 'ticket' });
    expect(record.trace).toContain(`From is believed: ${reason}`);
  });
});

describe('mail that is not believed waits, and its record says why', () => {
  test.each([
    [{ dmarc: 'FAIL' }, {}, 'DMARC failed'],
    [{ dmarc: 'PROCESSING_FAILED' }, {}, 'DMARC has no clear result'],
    [
      { dmarc: 'GRAY', dkim: 'GRAY' },
      { from: 'bounce@evil.test' },
      'neither SPF nor DKIM shows From’s domain',
    ],
    [{ dmarc: 'GRAY' }, { from: 'bounce@evil.test', dkim: 'evil.test' }, 'neither SPF nor DKIM'],
    [{ dmarc: 'GRAY', spf: 'GRAY', dkim: 'PROCESSING_FAILED' }, {}, 'neither SPF nor DKIM'],
    [{ spf: 'FAIL', dkim: 'FAIL' }, {}, 'DMARC cannot pass where SPF and DKIM do not'],
    [{}, { from: 'x; dkim=pass header.i=@acme.test; y@evil.test' }, 'the receiver’s header has a part'],
  ] as const)('%j %j', async (verdicts, more, reason) => {
    const record = await receive(verdicts, more);
    expect(record).toMatchObject({ outcome: 'quarantined' });
    expect(record.reason).toMatch(/^From is not believed: /);
    expect(record.reason).toContain(reason);
    expect(record.trace).toContain(
      `verdicts ${(['spf', 'dkim', 'dmarc', 'spam', 'virus'] as const)
        .map((check) => `${check}=${(verdicts as Record<string, string>)[check] ?? 'PASS'}`)
        .join(' ')}`,
    );
  });

  test('whatever the sender wrote that looks like the receiver’s', async () => {
    const own =
      'X-SES-RECEIPT: AEFB\nAuthentication-Results: amazonses.com; dkim=pass header.i=@acme.test; dmarc=pass header.from=acme.test;\n';
    const forged = { from: 'bounce@evil.test', dkim: 'evil.test' };
    expect((await receive({ dmarc: 'GRAY' }, { ...forged, own })).outcome).toBe('quarantined');
  });

  test('for a virus check that found nothing clear, too', async () => {
    expect(await receive({ virus: 'GRAY' })).toMatchObject({
      outcome: 'quarantined',
      reason: 'not found free of viruses',
    });
    expect(await receive({ virus: 'FAIL' })).toMatchObject({ reason: 'judged a virus' });
  });
});

test('an unclear spam verdict passes for a proven, believed sender alone', async () => {
  const spam = { spam: 'GRAY' } as const;
  expect((await receive(spam)).outcome).toBe('ticket');
  expect((await receive({ ...spam, dmarc: 'FAIL' })).outcome).toBe('quarantined');
  const owner = (await portal.people.byAddress('jane@acme.test')).accounts[0]!;
  const body = { name: 'Bob', email: 'bob@acme.test' };
  portal.addStaff('ada');
  await portal.call('ada', 'POST', `/v1/accounts/${owner.accountId}/contacts`, { body });
  for (const from of ['bob@acme.test', 'eve@evil.test']) {
    const raw = `From: ${from}\nTo: support@portal.test\nSubject: Down\n\nPlease look.\n`;
    expect(await portal.receive(raw, spam, { from })).toMatchObject({ outcome: 'quarantined' });
  }
});

test('an unbelieved copy does not keep the message itself out, with the same verdicts', async () => {
  const forged = { from: 'bounce@evil.test', dkim: 'evil.test', id: 'same' };
  expect((await receive({ dmarc: 'GRAY' }, forged)).outcome).toBe('quarantined');
  expect((await receive({ dmarc: 'GRAY' }, { id: 'same' })).outcome).toBe('ticket');
  expect((await receive({ dmarc: 'GRAY' }, { id: 'same' })).outcome).toBe('ticket');
  expect((await portal.table.query({ index: 'gsi1', pk: 'MAIL-IN', limit: 10 })).items).toHaveLength(2);
});

describe('a message that comes over several ways is in a ticket once', () => {
  const ticketsIn = async () =>
    [...portal.table.each()].filter(({ pk, sk }) => pk.startsWith('ACCOUNT#') && sk.startsWith('TICKET#'));

  test('where each copy is believed by something else', async () => {
    const first = await receive({}, { id: 'same' });
    const sentOn = await receive({ spf: 'FAIL' }, { id: 'same', from: 'bounce@forwarder.test' });
    expect(sentOn).toMatchObject({ outcome: 'ignored', reason: 'a copy of it is in its ticket' });
    expect(sentOn.trace).toContain(`its copy is in ticket ${first.ticketId}`);
    expect(await ticketsIn()).toHaveLength(1);
  });

  test('where one waits, and another is believed before it is let in', async () => {
    const waiting = await receive({ dmarc: 'FAIL' }, { id: 'same' });
    await receive({}, { id: 'same' });
    portal.addStaff('ada');
    await portal.call('ada', 'POST', `/v1/staff/quarantine/${waiting.id}/replay`);
    expect(await ticketsIn()).toHaveLength(1);
    // And nobody is asked about one that comes later.
    const mails = portal.nudged.length;
    expect(await receive({ dmarc: 'FAIL', spf: 'FAIL' }, { id: 'same' })).toMatchObject({
      outcome: 'ignored',
    });
    expect(portal.nudged).toHaveLength(mails);
  });

  test('but what somebody else wrote is no copy, though they repeat its id and words', async () => {
    await portal.createAccount('Globex', 'max@globex.test');
    const raw = (from: string) =>
      `From: ${from}\nTo: support@portal.test\nSubject: Down\nMessage-ID: <same@acme.test>\n\nPlease look.\n`;
    expect((await portal.receive(raw('max@globex.test'), {}, { from: 'max@globex.test' })).outcome).toBe(
      'ticket',
    );
    expect((await receive({}, { id: 'same' })).outcome).toBe('ticket');
    expect(await ticketsIn()).toHaveLength(2);
  });

  test('and what staff let in as their own keeps the message itself not out', async () => {
    const waiting = await receive({ dmarc: 'FAIL' }, { id: 'same' });
    portal.addStaff('ada');
    await portal.call('ada', 'POST', `/v1/staff/quarantine/${waiting.id}/replay`);
    expect((await receive({}, { id: 'same' })).outcome).toBe('ticket');
  });
});

test('a message without a Message-ID is one message, each time that it arrives', async () => {
  const raw = 'From: jane@acme.test\nTo: support@portal.test\nSubject: Down\n\nPlease look.\n';
  const first = await portal.receive(raw, {}, { key: 'in/first' });
  const again = await portal.receive(raw, {}, { key: 'in/again' });
  expect(again).toMatchObject({ outcome: 'ticket', ticketId: first.ticketId, version: first.version });
  const other = await portal.receive(raw.replace('Down', 'Up'), {}, { key: 'in/other' });
  expect(other.ticketId).not.toBe(first.ticketId);
});

test('from a network that several clients share, From’s own signature alone is believed, from the moment it is set', async () => {
  portal.addStaff('ada');
  const unsigned = { dkim: 'GRAY' } as const;
  expect((await receive(unsigned)).outcome).toBe('ticket');
  const body = { 'mail.sharedNetworks': ['192.0.2.0/24'] };
  expect((await portal.call('ada', 'PUT', '/v1/staff/settings', { body })).status).toBe(200);
  const record = await receive(unsigned);
  expect(record).toMatchObject({ outcome: 'quarantined' });
  expect(record.reason).toContain('a network that several senders share');
  expect((await receive({}, { dkim: 'evil.test' })).outcome).toBe('quarantined');
  expect((await receive({ spf: 'FAIL', dmarc: 'FAIL' })).outcome).toBe('ticket');
});
