import { beforeEach, describe, expect, test } from 'vitest';
import { EventDesk } from '../mail-events/event-desk.ts';

const owner = 'owner@acme.test';

let desk: EventDesk;
let ticketId: string;

beforeEach(async () => {
  desk = await new EventDesk().open();
  ticketId = await desk.ticket();
  const [mail] = await desk.reply(ticketId);
  await desk.bounce(mail!, owner);
  expect(await desk.deadAddresses()).toHaveLength(1);
});

const write = (from: string, extra = '') =>
  desk.portal.receive(
    `From: ${from}\nTo: support@portal.test\nSubject: Here I am\nMessage-ID: <${Math.random()}@acme.test>\n${extra}\nHello\n`,
  );

describe('staff', () => {
  test('lift the mark, on the mail service’s own list too, and mail goes there again', async () => {
    const lifted = await desk.portal.call('stan', 'DELETE', '/v1/staff/dead-addresses/Owner@acme.test');
    expect(lifted.status).toBe(204);
    expect(await desk.deadAddresses()).toEqual([]);
    const mails = await desk.reply(ticketId);
    expect(mails.map(({ destinations }) => destinations)).toEqual([[owner]]);
    expect(desk.portal.unsuppressed).toEqual([owner]);
    const { body } = await desk.portal.call(desk.ownerId, 'GET', `${desk.base}/activity`);
    const revived = body.items.find(({ action }: { action: string }) => action === 'address.revived');
    expect(revived.actor.kind).toBe('staff');
  });

  test('are told that an address is not marked', async () => {
    const path = '/v1/staff/dead-addresses/nobody@acme.test';
    expect((await desk.portal.call('stan', 'DELETE', path)).status).toBe(404);
  });

  test('of support alone may, and clients never', async () => {
    desk.portal.addStaff('sue', ['support']);
    desk.portal.addStaff('bill', ['billing']);
    const list = '/v1/staff/dead-addresses';
    expect((await desk.portal.call('sue', 'GET', list)).status).toBe(200);
    for (const userId of ['bill', desk.ownerId]) {
      expect((await desk.portal.call(userId, 'GET', list)).status).toBeGreaterThanOrEqual(403);
      expect((await desk.portal.call(userId, 'DELETE', `${list}/${owner}`)).status).toBeGreaterThanOrEqual(
        403,
      );
    }
    expect(await desk.deadAddresses()).toHaveLength(1);
  });

  test('read a long list by its cursor, the last one first', async () => {
    for (const n of [1, 2, 3]) {
      desk.portal.advance(60);
      const email = `cc${n}@people.test`;
      const ticket = await desk.ticket({ cc: [email] });
      const mails = await desk.reply(ticket);
      await desk.bounce(
        mails.find(({ destinations }) => destinations.includes(email))!,
        email,
      );
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: Record<string, string> = { limit: '2', ...(cursor ? { cursor } : {}) };
      const { body } = await desk.portal.call('stan', 'GET', '/v1/staff/dead-addresses', { query });
      seen.push(...body.items.map(({ address }: { address: string }) => address));
      cursor = body.nextCursor;
    } while (cursor);
    expect(seen).toEqual(['cc3@people.test', 'cc2@people.test', 'cc1@people.test', owner]);
  });
});

describe('mail from a dead address', () => {
  test('that is believed lifts the mark, on the mail service’s own list too', async () => {
    const record = await write(owner);
    expect(record.outcome).toBe('ticket');
    expect(record.trace).toContain('the address is not dead: it wrote');
    const mails = await desk.sent();
    expect(mails.flatMap(({ destinations }) => destinations)).toContain(owner);
    expect(await desk.deadAddresses()).toEqual([]);
    expect(desk.portal.unsuppressed).toEqual([owner]);
  });

  test('that replies in a ticket does so too', async () => {
    const { number } = await desk.ticketSeenBy('stan', ticketId);
    const raw = `From: ${owner}\nTo: support@portal.test\nSubject: Re: [Ticket ID: ${number}]\n\nHello\n`;
    expect((await desk.portal.receive(raw)).outcome).toBe('reply');
    expect(await desk.deadAddresses()).toEqual([]);
  });

  test.each([
    ['that is not believed', {}, { dmarc: 'FAIL' as const }, 'quarantined'],
    ['that a machine wrote', { extra: 'Auto-Submitted: auto-replied\n' }, {}, 'ignored'],
  ])('%s lifts nothing', async (_, { extra = '' }: { extra?: string }, verdicts, outcome) => {
    const raw = `From: ${owner}\nTo: support@portal.test\nSubject: Away\n${extra}\nHello\n`;
    expect((await desk.portal.receive(raw, verdicts)).outcome).toBe(outcome);
    expect(await desk.deadAddresses()).toHaveLength(1);
  });

  test('that staff let in, though nothing shows it to be theirs, lifts nothing', async () => {
    const raw = `From: ${owner}\nTo: support@portal.test\nSubject: Here I am\n\nHello\n`;
    const { id } = await desk.portal.receive(raw, { dmarc: 'FAIL' });
    const replayed = await desk.portal.call('stan', 'POST', `/v1/staff/quarantine/${id}/replay`);
    expect(replayed.body.outcome).toBe('ticket');
    expect(await desk.deadAddresses()).toHaveLength(1);
  });

  test('of somebody else lifts nothing', async () => {
    await desk.contact('dev@acme.test');
    expect((await write('dev@acme.test')).outcome).toBe('ticket');
    expect(await desk.deadAddresses()).toHaveLength(1);
  });
});
