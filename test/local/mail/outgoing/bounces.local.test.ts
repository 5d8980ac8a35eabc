import { beforeAll, describe, expect, inject, test } from 'vitest';
import { bounceOf, crlf, MailDesk, type Opened, sendRaw } from '../../../support/desks/mail-desk.ts';
import { type Mailed, PortalClient } from '../../../support/local/portal-client.ts';
import {
  type Account,
  addContact,
  addressOf,
  addSubAccount,
  type Contact,
  type SubAccount,
  unique,
} from '../../people.ts';

const client = new PortalClient(inject('portal'));
const desk = new MailDesk(client);

const support = { emailPreferences: { support: true } };

let account: Account;
let dead: Contact;
let alive: Contact;
let opened: Opened;

beforeAll(async () => {
  account = await desk.openAccount();
  dead = await addContact(client, account, { email: addressOf('dead'), ...support });
  alive = await addContact(client, account, { email: addressOf('alive'), ...support });
  opened = await desk.openTicket(account);
});

/** Staff write in the ticket; gives the mail that this sent. */
async function mailOfNextReply(ticket = opened.ticket, home = account): Promise<Mailed> {
  const text = await desk.staffReply(home, ticket.id);
  const mails = await client.mailsWith(text);
  expect(mails).toHaveLength(1);
  return mails[0]!;
}

async function bounce(recipient: string, wishes: Parameters<typeof bounceOf>[1]): Promise<void> {
  const { subject, message } = bounceOf(recipient, wishes);
  await sendRaw(client, message);
  expect((await desk.record(subject)).outcome).toBe('ignored');
}

const everybody = () => [account.owner.email, alive.email, dead.email].sort();

describe('a delivery report that marks nobody', () => {
  test.each([
    ['quotes nothing', () => ({})],
    ['quotes a mail that is not ours', () => ({ quoting: '<1234@people.test>' })],
    ['says it is only late', () => ({ quoting: opened.mail.messageId, action: 'delayed', status: '4.4.1' })],
    ['says the mailbox is full for now', () => ({ quoting: opened.mail.messageId, status: '4.2.2' })],
    [
      'says it was delivered',
      () => ({ quoting: opened.mail.messageId, action: 'delivered', status: '2.0.0' }),
    ],
  ])('is one that %s', async (_, wishes) => {
    for (const recipient of [dead.email, account.owner.email]) await bounce(recipient, wishes());
    expect([...(await mailOfNextReply()).envelope.to].sort()).toEqual(everybody());
  });

  test.each(['dmarc=FAIL', 'spf=FAIL; dkim=FAIL', 'spam=FAIL'])(
    'is one whose sender is not proven: %s',
    async (given) => {
      const home = await desk.openAccount();
      const contact = await addContact(client, home, support);
      const { ticket, mail } = await desk.openTicket(home);
      const { subject, message } = bounceOf(contact.email, { quoting: mail.messageId });
      await sendRaw(client, crlf(`X-Local-Verdicts: ${given}`, message));
      await desk.record(subject);
      expect((await mailOfNextReply(ticket, home)).envelope.to).toContain(contact.email);
    },
  );

  test('is one that quotes a mail sent to somebody else', async () => {
    const other = await desk.openAccount();
    const theirs = await desk.openTicket(other);
    expect(theirs.mail.envelope.to).toEqual([other.owner.email]);
    await bounce(dead.email, { quoting: theirs.mail.messageId });
    await bounce(other.owner.email, { quoting: opened.mail.messageId });
    expect([...(await mailOfNextReply()).envelope.to].sort()).toEqual(everybody());
    expect((await mailOfNextReply(theirs.ticket, other)).envelope.to).toEqual([other.owner.email]);
  });
});

describe('a delivery report that quotes a mail sent there', () => {
  test.each(['text/rfc822-headers', 'message/rfc822'])(
    'as %s ends mail to that address, and to no other',
    async (quotedType) => {
      const contact = await addContact(client, account, { ...support, email: addressOf('gone') });
      const { ticket, mail } = await desk.openTicket(account);
      expect([...mail.envelope.to].sort()).toEqual([...everybody(), contact.email].sort());
      await bounce(contact.email, { quoting: mail.messageId, quotedType });
      expect([...(await mailOfNextReply(ticket)).envelope.to].sort()).toEqual(everybody());
      const again = await desk.openTicket(account);
      expect([...again.mail.envelope.to].sort()).toEqual(everybody());
    },
  );

  test('with a token of ours in its recipient, as our mails ask for it, does so too', async () => {
    const contact = await addContact(client, account, { ...support, email: addressOf('gone') });
    const { ticket, mail } = await desk.openTicket(account);
    await sendRaw(
      client,
      bounceOf(contact.email, { quoting: mail.messageId, to: mail.envelope.from }).message,
      {
        to: [mail.envelope.from],
      },
    );
    await client.until(async () => !(await mailOfNextReply(ticket)).envelope.to.includes(contact.email));
    expect(
      (await desk.readTicket(account, ticket.id)).messages.every((one: any) => one.author.kind !== 'guest'),
    ).toBe(true);
  });

  test('spares the opener of a ticket, whose owner still hears', async () => {
    const person: SubAccount = await addSubAccount(client, account, ['tickets']);
    const { ticket, mail } = await desk.openTicket(account, {}, person.token);
    expect(mail.to).toEqual([person.email]);
    await bounce(person.email.toUpperCase(), { quoting: mail.messageId });
    const next = await mailOfNextReply(ticket);
    expect(next.envelope.to).toEqual([account.owner.email]);
    expect(next.to).toEqual([account.owner.email]);
  });

  test('spares one in CC', async () => {
    const guest = addressOf('guest');
    const { ticket, mail } = await desk.openTicket(account, { cc: [guest] });
    expect(mail.envelope.to).toContain(guest);
    await bounce(guest, { quoting: mail.messageId });
    expect((await mailOfNextReply(ticket)).envelope.to).not.toContain(guest);
  });

  test('spares the owner, and sends nothing where nobody is left', async () => {
    const lonely = await desk.openAccount();
    const { ticket, mail } = await desk.openTicket(lonely);
    await bounce(lonely.owner.email, { quoting: mail.messageId });
    const text = await desk.staffReply(lonely, ticket.id);
    await desk.settle(account);
    expect((await client.mails()).filter((one) => one.text.includes(text))).toEqual([]);
    expect((await desk.readTicket(lonely, ticket.id)).messages).toHaveLength(2);
  });

  test('does not hold for the address that the contact has afterwards', async () => {
    const home = await desk.openAccount();
    const contact = await addContact(client, home, { ...support, email: addressOf('typo') });
    const { ticket, mail } = await desk.openTicket(home);
    await bounce(contact.email, { quoting: mail.messageId });
    expect((await mailOfNextReply(ticket, home)).envelope.to).not.toContain(contact.email);
    const email = addressOf('corrected');
    expect((await client.call(home.owner.token, 'PATCH', contact.path, { email })).status).toBe(200);
    expect((await mailOfNextReply(ticket, home)).envelope.to).toContain(email);
  });
});

describe('what SES says of a mail', () => {
  /** An event as SES publishes it, in the message of a queue. */
  function sesEvent(mail: Mailed, recipient: string, kind: 'Permanent' | 'Transient' | 'Complaint'): unknown {
    const messageId = mail.messageId.replace(/^<|@.*$/g, '');
    const timestamp = '2026-11-22T03:00:00.000Z';
    const recipients = [{ emailAddress: recipient, status: '5.1.1', action: 'failed' }];
    const head = { timestamp, source: mail.from, sendingAccountId: '000000000000', messageId };
    const what =
      kind === 'Complaint'
        ? {
            eventType: 'Complaint',
            complaint: { complainedRecipients: [{ emailAddress: recipient }], timestamp },
          }
        : {
            eventType: 'Bounce',
            bounce: { bounceType: kind, bounceSubType: 'General', bouncedRecipients: recipients, timestamp },
          };
    return { ...what, mail: { ...head, destination: mail.envelope.to, tags: {} } };
  }

  const queued = (event: unknown) => ({
    Records: [
      {
        messageId: unique('message'),
        receiptHandle: 'handle',
        body: JSON.stringify(event),
        attributes: { ApproximateReceiveCount: '1' },
        messageAttributes: {},
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:eu-west-1:000000000000:mail-events',
        awsRegion: 'eu-west-1',
      },
    ],
  });

  test.each(['Permanent', 'Complaint'] as const)('%s marks the address', async (kind) => {
    const home = await desk.openAccount();
    const contact = await addContact(client, home, { ...support, email: addressOf('ses') });
    const { ticket, mail } = await desk.openTicket(home);
    expect(mail.envelope.to).toContain(contact.email);
    const answer = await client.invoke('mail-events', queued(sesEvent(mail, contact.email, kind)));
    expect(answer?.batchItemFailures ?? []).toEqual([]);
    expect((await mailOfNextReply(ticket, home)).envelope.to).toEqual([home.owner.email]);
  });

  test('Transient marks nobody', async () => {
    const answer = await client.invoke('mail-events', queued(sesEvent(opened.mail, dead.email, 'Transient')));
    expect(answer?.batchItemFailures ?? []).toEqual([]);
    expect([...(await mailOfNextReply()).envelope.to].sort()).toEqual(everybody());
  });
});
