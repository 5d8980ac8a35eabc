import { beforeAll, describe, expect, inject, test } from 'vitest';
import { MailDesk, type Opened, verdicts } from '../../../support/desks/mail-desk.ts';
import { PortalClient } from '../../../support/local/portal-client.ts';
import { type Account, addContact, addressOf, addSubAccount, type Contact, unique } from '../../people.ts';

const client = new PortalClient(inject('portal'));
const desk = new MailDesk(client);

let account: Account;
let person: Contact;
let opened: Opened;
let before: any;

beforeAll(async () => {
  account = await desk.openAccount();
  person = await addContact(client, account, { name: 'Pia Person' });
  opened = await desk.openTicket(account);
  before = await desk.readTicket(account, opened.ticket.id);
});

/** Everything in a reply that could lead to the ticket. */
const everyWay = () => ({
  to: opened.replyTo,
  inReplyTo: opened.mail.messageId,
  references: `<first@people.test> ${opened.mail.messageId}`,
});

async function expectUntouched(): Promise<void> {
  await desk.settle(account);
  expect(await desk.readTicket(account, opened.ticket.id)).toEqual(before);
  const told = (await desk.mailsTo(account.owner.email)).filter((mail) =>
    mail.subject.includes(opened.ticket.number),
  );
  expect(told.map((mail) => mail.messageId)).toEqual([opened.mail.messageId]);
}

/** What a mail of this address brought about, once it was handled; nothing of the ticket may be in it. */
async function expectNothingTold(address: string): Promise<void> {
  const told = JSON.stringify(await desk.mailsTo(address));
  for (const secret of [
    account.name,
    account.owner.email,
    person.email,
    opened.ticket.messages[0].body,
    opened.replyTo,
  ])
    expect(told).not.toContain(secret);
}

/** What leads to the ticket. */
type Way = () => { subject?: string; to?: string; cc?: string; inReplyTo?: string; references?: string };

describe('a stranger', () => {
  test.each<[string, Way]>([
    ['the number in the subject', () => ({ subject: `Re: ${opened.mail.subject}` })],
    ['a Message-ID of ours in In-Reply-To', () => ({ inReplyTo: opened.mail.messageId })],
    ['a Message-ID of ours in References', () => ({ references: opened.mail.messageId })],
    ['the reply token', () => ({ to: opened.replyTo })],
    ['the reply token in Cc', () => ({ cc: opened.replyTo })],
    ['all of it at once', () => ({ ...everyWay(), subject: `Re: ${opened.mail.subject}` })],
  ])('does not get into a ticket by %s', async (_, way) => {
    const from = addressOf('stranger');
    const subject = unique('Let me in');
    const lead = way();
    const marked = `${lead.subject ?? 'Re:'} ${subject}`;
    await client.sendMail({ from: `Pia Person <${from}>`, text: 'Let me in.', ...lead, subject: marked });
    const record = await desk.record(subject);
    expect(['answered', 'ignored', 'quarantined']).toContain(record.outcome);
    expect(record.ticketId).toBeUndefined();
    await expectUntouched();
    await expectNothingTold(from);
  });

  test.each([
    ['the display name', () => ({ from: `"${account.owner.email}" <${addressOf('stranger')}>` })],
    ['Reply-To', () => ({ from: addressOf('stranger'), replyTo: account.owner.email })],
    ['Sender', () => ({ from: addressOf('stranger'), sender: account.owner.email })],
    [
      'the envelope',
      () => ({
        from: addressOf('stranger'),
        envelope: { from: account.owner.email, to: [opened.replyTo] },
      }),
    ],
    ['a longer address', () => ({ from: `x${account.owner.email}` })],
    ['a comment', () => ({ from: `${addressOf('stranger')} (${account.owner.email})` })],
  ])('is not taken for the person that it names in %s', async (_, way) => {
    const subject = unique('It is me');
    await client.sendMail({ ...everyWay(), subject, text: 'It is me.', ...way() });
    const record = await desk.record(subject);
    expect(record.from).not.toBe(account.owner.email);
    expect(record.ticketId).toBeUndefined();
    await expectUntouched();
  });

  test('does not become a participant by writing often', async () => {
    const from = addressOf('stranger');
    const subjects = [unique('First'), unique('Second')];
    for (const subject of subjects) {
      await client.sendMail({ ...everyWay(), from, cc: from, subject, text: 'Hello?' });
      expect((await desk.record(subject)).ticketId).toBeUndefined();
    }
    await expectUntouched();
  });
});

describe('a mail that claims to be a participant but is not proven', () => {
  test.each([
    ['DMARC fails', 'dmarc=FAIL'],
    ['SPF and DKIM both fail', 'spf=FAIL; dkim=FAIL'],
    ['it was judged spam', 'spam=FAIL'],
    ['it was judged a virus', 'virus=FAIL'],
  ])('waits in quarantine where %s', async (_, given) => {
    const subject = unique('Spoofed');
    const from = account.owner.email;
    await client.sendMail({ ...everyWay(), from, subject, text: 'Send it to me.', headers: verdicts(given) });
    const record = await desk.record(subject);
    expect(record).toMatchObject({ outcome: 'quarantined', from, reason: expect.stringMatching(/\w/) });
    const waiting = await client.call(await desk.staff(), 'GET', '/v1/staff/quarantine?limit=100');
    expect(waiting.body.items.map((item: any) => item.id)).toContain(record.id);
    await expectUntouched();
  });

  test('waits there as a new mail too, and nobody hears of it', async () => {
    const subject = unique('Spoofed');
    await client.sendMail({ from: person.email, subject, text: 'Hello.', headers: verdicts('dmarc=FAIL') });
    expect((await desk.record(subject)).outcome).toBe('quarantined');
    await desk.settle(account);
    expect((await desk.ticketsOf(account)).map((ticket) => ticket.subject)).not.toContain(subject);
    expect(
      await client.mails().then((mails) => mails.filter((mail) => mail.subject.includes(subject))),
    ).toEqual([]);
  });
});

describe('a person of another account', () => {
  test('with the token of a ticket opens one of its own at most', async () => {
    const other = await desk.openAccount();
    const own = await desk.openTicket(other);
    const subject = unique('Through their door');
    await client.sendMail({ ...everyWay(), from: other.owner.email, subject, text: 'Hello.' });
    const record = await desk.record(subject);
    expect(['ticket', 'answered', 'ignored', 'quarantined']).toContain(record.outcome);
    const tickets = await desk.ticketsOf(other);
    expect(tickets.length).toBeLessThanOrEqual(2);
    expect((await desk.readTicket(other, own.ticket.id)).messages).toHaveLength(1);
    await expectUntouched();
    await expectNothingTold(other.owner.email);
  });

  test('reads the message in its own account, where it became a ticket', async () => {
    const other = await desk.openAccount();
    const subject = unique('Through their door');
    await client.sendMail({ ...everyWay(), from: other.owner.email, subject, text: 'My own words.' });
    const record = await desk.record(subject);
    expect(record.outcome).toBe('ticket');
    const ticket = await desk.ticketNamed(other, subject);
    expect(ticket).toMatchObject({
      id: record.ticketId,
      accountId: other.id,
      messages: [{ body: 'My own words.' }],
    });
    await expectUntouched();
  });
});

describe('a reply token', () => {
  test('that was changed, or put together from two, leads nowhere', async () => {
    const other = await desk.openTicket(account);
    const [, local, token] = /^([^+]+)\+([^@]+)@/.exec(opened.replyTo)!;
    const [, , otherToken] = /^([^+]+)\+([^@]+)@/.exec(other.replyTo)!;
    const changed = token!.slice(0, -1) + (token!.endsWith('a') ? 'b' : 'a');
    const { number } = opened.ticket;
    const mixed = otherToken!.replace(other.ticket.number, number);
    expect(new Set([changed, mixed, token, otherToken]).size).toBe(4);
    for (const forged of [changed, mixed, number, `a${number}`, `${token}x`, 'x'.repeat(60)]) {
      const from = addressOf('stranger');
      const subject = unique('Forged');
      await client.sendMail({ from, to: `${local}+${forged}@portal.test`, subject, text: 'Let me in.' });
      expect((await desk.record(subject)).ticketId).toBeUndefined();
    }
    await expectUntouched();
    expect((await desk.readTicket(account, other.ticket.id)).messages).toHaveLength(1);
  });

  test('of another ticket of the account opens nothing to its guest', async () => {
    const guest = addressOf('guest');
    const theirs = await desk.openTicket(account, { cc: [guest] });
    const subject = unique('Next door');
    await client.sendMail({ ...everyWay(), from: guest, subject, text: 'Next door?' });
    expect((await desk.record(subject)).ticketId).toBeUndefined();
    expect((await desk.readTicket(account, theirs.ticket.id)).messages).toHaveLength(1);
    await expectUntouched();
  });

  test('is worth nothing to a guest taken off the CC list', async () => {
    const guest = addressOf('guest');
    const { ticket, mail, replyTo } = await desk.openTicket(account, { cc: [guest] });
    const cc = `${account.path}/tickets/${ticket.id}/cc/${encodeURIComponent(guest)}`;
    expect((await client.call(account.owner.token, 'DELETE', cc)).status).toBe(204);
    const subject = unique('I was there');
    await client.sendMail({
      from: guest,
      to: replyTo,
      inReplyTo: mail.messageId,
      subject,
      text: 'Still here.',
    });
    expect((await desk.record(subject)).ticketId).toBeUndefined();
    expect((await desk.readTicket(account, ticket.id)).messages).toHaveLength(1);
  });

  test('is worth nothing to a contact that was removed', async () => {
    const leaver = await addSubAccount(client, account, ['tickets']);
    const { ticket, mail, replyTo } = await desk.openTicket(account, {}, leaver.token);
    expect((await client.call(account.owner.token, 'DELETE', leaver.path)).status).toBe(204);
    const subject = unique('I was here');
    await client.sendMail({
      from: leaver.email,
      to: replyTo,
      inReplyTo: mail.messageId,
      subject,
      text: 'Hello.',
    });
    expect((await desk.record(subject)).ticketId).toBeUndefined();
    expect((await desk.readTicket(account, ticket.id)).messages).toHaveLength(1);
  });
});
