import { beforeAll, describe, expect, inject, test } from 'vitest';
import { MailDesk, verdicts } from '../../../support/desks/mail-desk.ts';
import { type Answered, PortalClient } from '../../../support/local/portal-client.ts';
import { type Account, addressOf, allOf, unique } from '../../people.ts';

const client = new PortalClient(inject('portal'));
const desk = new MailDesk(client);

let account: Account;
let staff: string;

beforeAll(async () => {
  account = await desk.openAccount();
  staff = await desk.staff();
});

const decide = (id: string, decision: 'replay' | 'discard', token = staff): Promise<Answered> =>
  client.call(token, 'POST', `/v1/staff/quarantine/${id}/${decision}`);
const waiting = async (): Promise<any[]> => allOf(client, staff, '/v1/staff/quarantine');

const spoofed = async (): Promise<any> => {
  const subject = unique('Spoofed');
  await client.sendMail({
    from: account.owner.email,
    subject,
    text: 'Hello.',
    headers: verdicts('dmarc=FAIL'),
  });
  return desk.record(subject);
};

describe('the record of the mail that came in', () => {
  test('says of each what became of it, why and how that was found, filtered by outcome', async () => {
    const { ticket, mail } = await desk.openTicket(account);
    const mark = unique('Outcome');
    const stranger = addressOf('stranger');
    const owner = account.owner.email;
    const mails: Record<string, Parameters<PortalClient['sendMail']>[0]> = {
      ticket: { from: owner },
      reply: { from: owner, inReplyTo: mail.messageId },
      ignored: { from: owner, headers: { 'Auto-Submitted': 'auto-replied' } },
      answered: { from: stranger },
      quarantined: { from: owner, headers: verdicts('dmarc=FAIL') },
    };
    for (const [outcome, one] of Object.entries(mails)) {
      await client.sendMail({ ...one, subject: `${mark} ${outcome}`, text: `Hello, ${outcome}.` });
      await desk.record(`${mark} ${outcome}`);
    }
    for (const outcome of Object.keys(mails)) {
      const [record, ...more] = await desk.records(mark, `?outcome=${outcome}`);
      expect(more, outcome).toEqual([]);
      expect(record).toMatchObject({
        id: expect.stringMatching(/^mail_/),
        receivedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        from: outcome === 'answered' ? stranger : owner,
        subject: `${mark} ${outcome}`,
        outcome,
        reason: expect.stringMatching(/\w/),
      });
      expect(record.trace, outcome).toEqual(expect.any(Array));
      if (outcome !== 'ignored') expect(record.trace.length, outcome).toBeGreaterThan(0);
      for (const step of record.trace) expect(step).toMatch(/\w/);
    }
    const [opened] = await desk.records(`${mark} ticket`);
    expect((await desk.readTicket(account, opened.ticketId)).subject).toBe(`${mark} ticket`);
    expect((await desk.records(`${mark} reply`))[0].ticketId).toBe(ticket.id);
    expect((await waiting()).filter((item) => item.subject.includes(mark))).toMatchObject([
      { outcome: 'quarantined' },
    ]);
  });

  test('is newest first and whole over its pages, and read by staff alone', async () => {
    const all = await allOf(client, staff, '/v1/staff/mail-in');
    const times = all.map((record) => record.receivedAt as string);
    expect(times).toEqual([...times].sort().toReversed());
    expect(new Set(all.map((record) => record.id)).size).toBe(all.length);
    expect((await client.call(staff, 'GET', '/v1/staff/mail-in?outcome=lost')).status).toBe(400);
    for (const path of ['/v1/staff/mail-in', '/v1/staff/quarantine'])
      expect((await client.call(account.owner.token, 'GET', path)).status).toBe(403);
  });
});

describe('a copy of a mail that came first and was not let in', () => {
  test.each<[string, () => object]>([
    ['failed DMARC, as forwarded mail does', () => ({ headers: verdicts('dmarc=FAIL') })],
    ['was judged spam', () => ({ headers: verdicts('spam=FAIL') })],
    ['came over a list', () => ({ headers: { 'List-Id': '<friends.people.test>' } })],
    ['came from somebody else', () => ({ from: addressOf('stranger') })],
  ])('does not keep the mail itself out: it %s', async (_, change) => {
    const subject = unique('Copied');
    const messageId = `<${unique('copied')}@people.test>`;
    const mail = { from: account.owner.email, subject, messageId, text: 'Hello.', date: new Date() };
    await client.sendMail({ ...mail, ...change() });
    expect((await desk.record(subject)).ticketId).toBeUndefined();
    await client.sendMail(mail);
    await desk.ticketNamed(account, subject);
    await desk.settle(account);
    const tickets = await desk.ticketsOf(account);
    expect(tickets.filter((ticket) => ticket.subject === subject)).toHaveLength(1);
  });
});

describe('a mail over the hourly limit', () => {
  test('of 60 waits in quarantine until staff replay it, once, or discard it', async () => {
    const { email } = account.owner;
    const mark = unique('Busy');
    const home = await desk.openAccount();
    const from = home.owner.email;
    const mails = Array.from({ length: 64 }, (_, index) => ({
      from,
      subject: `${mark} ${index}`,
      text: `Mail ${index}.`,
    }));
    await Promise.all(mails.map((mail) => client.sendMail(mail)));
    await client.until(async () => (await desk.records(mark)).length >= 64);
    const kept = await desk.records(mark, '?outcome=quarantined');
    expect(kept).toHaveLength(4);
    expect(await desk.records(mark, '?outcome=ticket')).toHaveLength(60);
    for (const record of kept)
      expect(record).toMatchObject({ from, reason: expect.stringMatching(/limit|60|hour/i) });
    expect(await desk.ticketsOf(home)).toHaveLength(60);

    const subject = unique('Others write on');
    await client.sendMail({ from: email, subject, text: 'Hello.' });
    expect((await desk.record(subject)).outcome).toBe('ticket');

    const [one, two, three] = kept;
    expect((await decide(one.id, 'replay', account.owner.token)).status).toBe(403);
    const replayed = await decide(one.id, 'replay');
    expect(replayed).toMatchObject({ status: 200, body: { id: one.id, subject: one.subject } });
    const ticket = await desk.ticketNamed(home, one.subject);
    expect(ticket.messages[0].body).toMatch(/^Mail \d+\.$/);
    await client.until(async () => (await desk.record(one.subject)).outcome === 'ticket');
    expect((await desk.record(one.subject)).ticketId).toBe(ticket.id);
    expect((await decide(one.id, 'replay')).status).toBe(409);
    expect((await decide(one.id, 'discard')).status).toBe(409);

    expect(await decide(two.id, 'discard')).toMatchObject({ status: 200, body: { outcome: 'discarded' } });
    expect(await desk.records(two.subject, '?outcome=discarded')).toHaveLength(1);
    expect((await decide(two.id, 'discard')).status).toBe(409);
    expect((await decide(two.id, 'replay')).status).toBe(409);

    const twice = await Promise.all([
      decide(three.id, 'replay'),
      decide(three.id, 'replay'),
      decide(three.id, 'discard'),
    ]);
    expect(twice.map(({ status }) => String(status)).sort()).toEqual(['200', '409', '409']);

    await desk.settle(account);
    const tickets = await desk.ticketsOf(home);
    const subjects = tickets.map((item) => item.subject);
    expect(new Set(subjects).size).toBe(tickets.length);
    expect(subjects).not.toContain(two.subject);
    const left = (await waiting()).filter((item) => item.subject.includes(mark)).map((item) => item.id);
    expect(left).toContain(kept[3].id);
    expect(left).not.toContain(one.id);
    expect(left).not.toContain(two.id);
    expect(left).not.toContain(three.id);
  }, 90_000);
});

describe('a decision on a mail in quarantine', () => {
  test('is for what is there and waits', async () => {
    for (const decision of ['replay', 'discard'] as const)
      expect((await decide('mail_nothing', decision)).status).toBe(404);
    const subject = unique('Plain');
    await client.sendMail({ from: account.owner.email, subject, text: 'Hello.' });
    const record = await desk.record(subject);
    for (const decision of ['replay', 'discard'] as const)
      expect([404, 409]).toContain((await decide(record.id, decision)).status);
    expect((await desk.ticketsOf(account)).filter((ticket) => ticket.subject === subject)).toHaveLength(1);
  });

  test('to discard keeps it out of the queue, and in the record', async () => {
    const record = await spoofed();
    expect(await decide(record.id, 'discard')).toMatchObject({ status: 200, body: { outcome: 'discarded' } });
    expect(await desk.record(record.subject)).toMatchObject({
      id: record.id,
      outcome: 'discarded',
      from: record.from,
    });
    expect((await waiting()).map((item) => item.id)).not.toContain(record.id);
    expect((await desk.ticketsOf(account)).map((ticket) => ticket.subject)).not.toContain(record.subject);
  });
});
