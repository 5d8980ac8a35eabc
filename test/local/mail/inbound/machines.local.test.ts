import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import {
  bounceOf,
  crlf,
  MailDesk,
  replyAddress,
  sendRaw,
  written,
} from '../../../support/desks/mail-desk.ts';
import { type Mailed, PortalClient } from '../../../support/local/portal-client.ts';
import { type Account, addContact, addressOf, unique } from '../../people.ts';

const client = new PortalClient(inject('portal'));
const desk = new MailDesk(client);

let account: Account;

beforeAll(async () => {
  account = await desk.openAccount();
});

/** A machine that answers every mail it gets, until it has got none for a whole round; gives how often it wrote. */
async function answerEverything(
  address: string,
  answer: (to: Mailed) => Parameters<PortalClient['sendMail']>[0],
): Promise<number> {
  const answered = new Set<string>();
  for (let round = 0; round < 6; round += 1) {
    const unanswered = (await desk.mailsTo(address)).filter((mail) => !answered.has(mail.messageId));
    if (unanswered.length === 0) break;
    for (const mail of unanswered) {
      answered.add(mail.messageId);
      const subject = unique('Away');
      await client.sendMail({ from: address, text: 'I am away until Monday.', subject, ...answer(mail) });
    }
    await desk.settle(account);
  }
  return answered.size;
}

describe('an auto-responder', () => {
  test('of a client that says what it is is heard once, and stops', async () => {
    const contact = await addContact(client, account);
    const subject = unique('Open it');
    await client.sendMail({ from: contact.email, subject, text: 'Hello.' });
    const ticket = await desk.ticketNamed(account, subject);
    await client.mailsWith(subject);
    const times = await answerEverything(contact.email, (mail) => ({
      to: replyAddress(mail),
      inReplyTo: mail.messageId,
      headers: { 'Auto-Submitted': 'auto-replied' },
    }));
    expect(times).toBe(1);
    expect((await desk.readTicket(account, ticket.id)).status).toBe('open');
    expect((await desk.ticketsOf(account)).filter((item) => item.openedBy.id === contact.id)).toHaveLength(1);
  });

  test('of a client without any mark stops too', async () => {
    const contact = await addContact(client, account);
    const subject = unique('Open it');
    await client.sendMail({ from: contact.email, subject, text: 'Hello.' });
    await client.mailsWith(subject);
    const times = await answerEverything(contact.email, (mail) => ({
      to: replyAddress(mail),
      inReplyTo: mail.messageId,
    }));
    expect(times).toBe(1);
    expect((await desk.ticketsOf(account)).filter((item) => item.openedBy.id === contact.id)).toHaveLength(1);
  });

  test.each([
    ['that says what it is', { 'Auto-Submitted': 'auto-replied' }],
    ['without any mark', undefined],
  ])('of a stranger %s gets one answer at most, and stops', async (_, headers) => {
    const stranger = addressOf('stranger');
    const subject = unique('Hello');
    await client.sendMail({ from: stranger, subject, text: 'Hello?' });
    await desk.record(subject);
    await client.until(async () => (await desk.mailsTo(stranger)).length > 0);
    const times = await answerEverything(stranger, (mail) => ({ to: replyAddress(mail), headers }));
    expect(times).toBe(1);
  });

  test('in CC of a ticket that says what it is does not write into it', async () => {
    const guest = addressOf('guest');
    const { ticket } = await desk.openTicket(account, { cc: [guest] });
    const times = await answerEverything(guest, (mail) => ({
      to: replyAddress(mail),
      inReplyTo: mail.messageId,
      headers: { 'Auto-Submitted': 'auto-replied' },
    }));
    expect(times).toBe(1);
    expect((await desk.readTicket(account, ticket.id)).messages).toHaveLength(1);
  });
});

describe('X-Auto-Response-Suppress', () => {
  test.each(['All', 'DR, AutoReply', 'OOF'])(
    '%s: a client’s mail is a ticket, a stranger’s gets no answer',
    async (asked) => {
      const headers = { 'X-Auto-Response-Suppress': asked };
      const subject = unique('A person');
      const stranger = addressOf('stranger');
      await client.sendMail({ from: account.owner.email, subject, text: 'Hello.', headers });
      await client.sendMail({ from: stranger, subject: `${subject} too`, text: 'Hello.', headers });
      expect((await desk.ticketNamed(account, subject)).openedBy.id).toBe(account.owner.id);
      expect((await desk.record(`${subject} too`)).outcome).not.toBe('answered');
      await desk.settle(account);
      expect(await desk.mailsTo(stranger)).toEqual([]);
    },
  );
});

const machines: [string, Record<string, string>][] = [
  ['Auto-Submitted in capitals', { 'AUTO-SUBMITTED': 'Auto-Replied' }],
  ['Auto-Submitted with a comment', { 'Auto-Submitted': 'auto-replied (vacation)' }],
  ['Auto-Submitted with a parameter', { 'Auto-Submitted': 'auto-generated; owner-token=1' }],
  ['an unknown word in Auto-Submitted', { 'Auto-Submitted': 'auto-vacation' }],
];

/** What is a machine’s from a stranger, and may be a person’s where the address is known. */
const weakSigns: [string, string, Record<string, string>][] = [
  ['List-Id alone', 'quarantined', { 'List-Id': 'News <news.people.test>' }],
  [
    'List-Id and List-Post',
    'quarantined',
    { 'List-Id': '<news.people.test>', 'List-Post': '<mailto:news@people.test>' },
  ],
  ['Precedence: junk', 'ticket', { Precedence: 'junk' }],
];

describe('a machine’s mail', () => {
  test.each(machines)(
    'with %s opens nothing, is answered nothing, and is recorded as ignored',
    async (_, headers) => {
      const contact = await addContact(client, account);
      const stranger = addressOf('machine');
      for (const from of [contact.email, stranger]) {
        const subject = unique('Machine');
        await client.sendMail({ from, subject, text: 'Beep.', headers });
        const record = await desk.record(subject);
        expect(record).toMatchObject({ outcome: 'ignored', from, reason: expect.stringMatching(/\w/) });
        expect(record.ticketId).toBeUndefined();
      }
      await desk.settle(account);
      expect(await desk.mailsTo(contact.email)).toEqual([]);
      expect(await desk.mailsTo(stranger)).toEqual([]);
    },
  );

  test.each(weakSigns)(
    'with %s is ignored from a stranger, of a contact it is %s; nobody is answered',
    async (_, outcome, headers) => {
      const contact = await addContact(client, account);
      const stranger = addressOf('machine');
      for (const [from, expected] of [
        [contact.email, outcome],
        [stranger, 'ignored'],
      ] as const) {
        const subject = unique('Machine');
        await client.sendMail({ from, subject, text: 'Beep.', headers });
        expect(await desk.record(subject)).toMatchObject({ outcome: expected, from });
      }
      await desk.settle(account);
      expect(await desk.mailsTo(contact.email)).toEqual([]);
      expect(await desk.mailsTo(stranger)).toEqual([]);
    },
  );

  test.each(['delivery-status', 'disposition-notification', 'feedback-report'])(
    'a report of type %s opens nothing',
    async (type) => {
      const subject = unique('Report');
      const report = crlf(
        `From: ${account.owner.email}`,
        `To: ${client.portal.supportAddress}`,
        `Subject: ${subject}`,
        `Message-ID: <${randomUUID()}@people.test>`,
        'MIME-Version: 1.0',
        `Content-Type: multipart/report; report-type=${type}; boundary="b"`,
        '',
        '--b',
        'Content-Type: text/plain',
        '',
        'This is a report.',
        '--b',
        `Content-Type: message/${type}`,
        '',
        'Reporting-UA: people.test',
        '',
        '--b--',
        '',
      );
      await sendRaw(client, report, { from: account.owner.email });
      expect((await desk.record(subject)).outcome).toBe('ignored');
      expect((await desk.ticketsOf(account)).map((ticket) => ticket.subject)).not.toContain(subject);
    },
  );

  test('a bounce with an empty sender opens nothing and gets no answer, whomever it names', async () => {
    for (const recipient of [account.owner.email, addressOf('nobody')]) {
      const { subject, message } = bounceOf(recipient, {});
      await sendRaw(client, message);
      expect((await desk.record(subject)).outcome).toBe('ignored');
    }
    await desk.settle(account);
    expect(await desk.mailsTo('MAILER-DAEMON@mx.people.test')).toEqual([]);
  });
});

describe('the portal’s own mail', () => {
  test.each([
    ['its own address', (own: string) => own],
    ['its own address in capitals', (own: string) => own.toUpperCase()],
    ['its own address with a name', (own: string) => `Annex <${own}>`],
    ['the address of a ticket', (_own: string, ofTicket: string) => ofTicket],
    ['its own address with a made-up token', (own: string) => own.replace('@', '+anything@')],
  ])('from %s opens nothing and is not answered', async (_, fromOf) => {
    const { replyTo } = await desk.openTicket(account);
    const { supportAddress } = client.portal;
    const from = fromOf(supportAddress, replyTo);
    const subject = unique('To myself');
    await client.sendMail({ from, subject, text: 'Hello, me.' });
    const record = await desk.record(subject);
    expect(record.ticketId).toBeUndefined();
    expect(record.outcome).toBe('ignored');
    await desk.settle(account);
    expect((await client.mails()).filter((mail) => mail.subject.includes(subject))).toEqual([]);
  });

  test('sent back as it was by the mail server of a client adds nothing to its ticket', async () => {
    const { ticket, mail } = await desk.openTicket(account);
    const raw = mail.raw.replace(/^Message-ID: .*$/im, `Message-ID: <${randomUUID()}@people.test>`);
    await sendRaw(client, raw, { from: account.owner.email });
    await desk.record(ticket.subject);
    await desk.settle(account);
    expect((await desk.readTicket(account, ticket.id)).messages).toHaveLength(1);
    expect((await desk.ticketsOf(account)).filter((item) => item.subject.includes(ticket.number))).toEqual(
      [],
    );
  });
});

describe('a person', () => {
  test.each([
    ['Precedence: first-class', { Precedence: 'first-class' }],
    ['Auto-Submitted: no', { 'Auto-Submitted': 'No' }],
    ['an importance', { Importance: 'high', 'X-Priority': '1' }],
  ])('with %s is no machine', async (_, headers) => {
    const subject = unique('By hand');
    const head = {
      From: account.owner.email,
      To: client.portal.supportAddress,
      Subject: subject,
      ...headers,
    };
    await sendRaw(client, written(head, 'Hello.'), { from: account.owner.email });
    expect((await desk.ticketNamed(account, subject)).messages[0].body).toBe('Hello.');
  });
});
