import { beforeEach, describe, expect, test } from 'vitest';
import {
  day,
  forged,
  hour,
  type Inbox,
  type Letter,
  inboxOfAcme,
  jane,
  type Place,
  support,
} from '../../support/desks/inbox.ts';

const bob = 'bob@acme.test';
const friend = 'friend@far.test';

let inbox: Inbox;
let acme: Place;

beforeEach(async () => {
  ({ inbox, acme } = await inboxOfAcme([bob]));
});

async function opened(from: string, letter: Letter = {}) {
  const { ticketId, trace } = await inbox.write(from, { subject: 'The line', ...letter });
  await inbox.portal.deliver();
  const mail = inbox.portal.mails.findLast(({ subject }) => subject?.includes('[Ticket ID:'))!;
  const to = mail.replyTo![0]!.address!;
  return { id: ticketId!, trace, reply: { to, recipients: [to] }, subject: `Re: ${mail.subject}` };
}

const ccOf = async (id: string): Promise<string[]> => (await inbox.readTicket(acme, id)).cc.toSorted();
const many = (count: number, at = 'many.test') => Array.from({ length: count }, (_, n) => `c${n}@${at}`);

describe('addresses in Cc are kept with the ticket, and get its replies, where the mail is from', () => {
  test('who opened it, at once and later', async () => {
    const { id, reply } = await opened(bob, { cc: `Friend <${friend}>` });
    expect(await ccOf(id)).toEqual([friend]);
    expect((await inbox.write(bob, { ...reply, cc: 'late@far.test' })).outcome).toBe('reply');
    // Each is there once, however often it is named.
    await inbox.write(bob, { ...reply, cc: `late@far.test, ${friend.toUpperCase()}` });
    expect(await ccOf(id)).toEqual([friend, 'late@far.test']);
    expect(await inbox.mailsTo('late@far.test')).not.toEqual([]);
  });

  test('who holds `tickets`, and the owner', async () => {
    await inbox.join(acme, 'dev@people.test', ['tickets']);
    const { id, reply } = await opened(bob);
    await inbox.write('dev@people.test', { ...reply, cc: friend });
    await inbox.write(jane, { ...reply, cc: 'other@far.test' });
    expect(await ccOf(id)).toEqual([friend, 'other@far.test']);
  });

  test('but our own addresses never are, and nobody is mailed twice', async () => {
    const { id } = await opened(bob, { cc: `${support}, ${bob}, ${jane.toUpperCase()}, ${friend}` });
    expect(await ccOf(id)).not.toContain(support);
    const mailed = await inbox.mailsTo(jane);
    expect(mailed.filter(({ subject }) => subject?.includes('The line'))).toHaveLength(1);
  });
});

describe('addresses in Cc are left out where', () => {
  test('the mail is from a contact who gets its mail and holds no `tickets`', async () => {
    await inbox.record(acme, 'sue@acme.test', { emailPreferences: { support: true } });
    const { id, reply } = await opened(jane);
    expect((await inbox.write('sue@acme.test', { ...reply, cc: friend })).outcome).toBe('reply');
    expect(await ccOf(id)).toEqual([]);
  });

  test('the mail is from somebody who is in CC themselves', async () => {
    const { id, reply } = await opened(jane, { cc: 'gus@guest.test' });
    expect((await inbox.write('gus@guest.test', { ...reply, cc: friend })).outcome).toBe('reply');
    expect(await ccOf(id)).toEqual(['gus@guest.test']);
  });

  test('the mail names none of our addresses, as one that was sent on', async () => {
    const elsewhere = { to: 'someone@far.test', cc: friend, recipients: [support] };
    const { id } = await opened(jane, elsewhere);
    expect(await ccOf(id)).toEqual([]);
    const named = await opened(jane, { ...elsewhere, cc: `${friend}, ${support}` });
    expect(await ccOf(named.id)).toEqual([friend]);
  });

  test('the mail is more than 7 days old, of a day to come, or does not say how old it is', async () => {
    const written = (days: number) => new Date(inbox.portal.now.getTime() - days * day * 1000);
    expect(await ccOf((await opened(jane, { cc: friend, date: written(8) })).id)).toEqual([]);
    expect(await ccOf((await opened(jane, { cc: friend, date: written(-8) })).id)).toEqual([]);
    expect(await ccOf((await opened(jane, { cc: friend, date: written(6) })).id)).toEqual([friend]);
    const { id, reply } = await opened(bob, { cc: friend, date: null });
    await inbox.write(bob, { ...reply, cc: friend, date: written(30) });
    expect(await ccOf(id)).toEqual([]);
  });

  test('the number in the subject alone names the ticket, even of the opener and the owner', async () => {
    const { id, subject } = await opened(bob);
    for (const from of [bob, jane]) {
      expect(await inbox.write(from, { subject, cc: friend })).toMatchObject({
        outcome: 'reply',
        ticketId: id,
      });
    }
    expect(await ccOf(id)).toEqual([]);
  });

  test.each([
    ['no DMARC record', { dkim: 'GRAY', dmarc: 'GRAY' }],
    ['DMARC that passes by it', { dkim: 'GRAY', dmarc: 'PASS' }],
    ['DMARC that passes by it, beside another’s signature', { dkim: 'FAIL', dmarc: 'PASS' }],
  ] as const)('SPF alone shows who it is from: %s', async (_, verdicts) => {
    const { id } = await opened(jane, { verdicts, cc: friend });
    expect(await ccOf(id)).toEqual([]);
    expect(await inbox.mailsTo(friend)).toEqual([]);
    const signed = await opened(jane, { verdicts: { spf: 'FAIL' }, cc: friend });
    expect(await ccOf(signed.id)).toEqual([friend]);
  });

  test('SPF alone shows who it is from, and a press what the account said of them', async () => {
    await inbox.record(acme, 'pia@people.test');
    await inbox.write('pia@people.test', { verdicts: { dkim: 'GRAY', dmarc: 'GRAY' }, cc: friend });
    const [token] = await inbox.questionsTo('pia@people.test');
    expect((await inbox.press(token!, 'yes')).status).toBe(200);
    expect(await inbox.ticketsOf(acme)).toMatchObject([{ cc: [] }]);
  });

  test('the signature that passes is another domain’s', async () => {
    const head = ['X-Local-Verdicts: dkim-domain=lists.test; dmarc=PASS'];
    const { id } = await opened(jane, { head, cc: friend });
    expect(await ccOf(id)).toEqual([]);
  });

  test('the token that names the ticket is not one of ours', async () => {
    const { id, reply } = await opened(jane);
    const made = reply.to.replace(/.@/, (end) => (/^a/i.test(end) ? 'b@' : 'a@'));
    const record = await inbox.write(jane, { to: made, recipients: [made], cc: friend });
    expect(record.ticketId).not.toBe(id);
    expect(await ccOf(id)).toEqual([]);
  });

  test('a guest opened it', async () => {
    const body = {
      items: [
        { id: 'dep_support', name: 'Support', address: support },
        { id: 'dep_sales', name: 'Sales', address: 'sales@portal.test', guests: true },
      ],
    };
    const made = await inbox.portal.call('stan', 'PUT', '/v1/staff/departments', { body });
    expect(made).toMatchObject({ status: 200 });
    const to = 'sales@portal.test';
    const record = await inbox.write('gus@guest.test', { to, recipients: [to], cc: friend });
    expect(record).toMatchObject({ outcome: 'ticket' });
    await inbox.portal.deliver();
    expect(await inbox.mailsTo(friend)).toEqual([]);
    const mailed = (await inbox.mailsTo('gus@guest.test')).at(-1)!;
    const reply = mailed.replyTo![0]!.address!;
    const again = await inbox.write('gus@guest.test', { to: reply, recipients: [reply], cc: friend });
    expect(again).toMatchObject({ outcome: 'reply', ticketId: record.ticketId });
    expect(await inbox.mailsTo(friend)).toEqual([]);
    expect(await inbox.write(friend, { to: reply, recipients: [reply] })).not.toMatchObject({
      ticketId: record.ticketId,
    });
  });

  test('the mail was not believed and waits', async () => {
    await inbox.write(jane, { ...forged, cc: friend });
    expect(await inbox.mailsTo(friend)).toEqual([]);
  });
});

describe('a CC list has its bounds:', () => {
  test('20 at most in a ticket, over all its mails', async () => {
    const { id, reply } = await opened(jane, { cc: many(15).join(', ') });
    await inbox.write(jane, { ...reply, cc: many(15, 'more.test').join(', ') });
    const cc = await ccOf(id);
    expect(cc).toHaveLength(20);
    expect(many(15).every((address) => cc.includes(address))).toBe(true);
  });

  test('the account’s strangers of the day; the ticket is kept, and the trace says who is left out', async () => {
    await inbox.set({ 'mail.strangersPerDay': 3 });
    const { id, trace } = await opened(jane, { cc: many(5).join(', ') });
    expect(await ccOf(id)).toHaveLength(3);
    expect(trace.join('\n')).toMatch(/stranger/i);
    const again = await opened(jane, { cc: `${friend}, ${many(1)[0]}, ${bob}` });
    expect(await ccOf(again.id)).toEqual([bob, 'c0@many.test'].toSorted());
    inbox.portal.advance(day + hour);
    expect(await ccOf((await opened(jane, { cc: friend })).id)).toEqual([friend]);
  });

  test('a stranger’s spellings count as one of them', async () => {
    await inbox.set({ 'mail.strangersPerDay': 1 });
    const { id } = await opened(jane, { cc: 'x+1@far.test, x+2@far.test, y@far.test' });
    expect(await ccOf(id)).toEqual(['x+1@far.test', 'x+2@far.test']);
  });

  test('nobody is left out of a mail whose strangers the day has room for, and the trace is silent', async () => {
    const { trace } = await opened(jane, { cc: many(5).join(', ') });
    expect(trace.join('\n')).not.toMatch(/stranger/i);
  });
});
