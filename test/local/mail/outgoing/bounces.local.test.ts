import { beforeAll, describe, expect, inject, test } from 'vitest';
import { bounceEvent } from '../../../support/mail-events.ts';
import { bounceOf, MailDesk, type Opened, sendRaw } from '../../../support/desks/mail-desk.ts';
import { type Mailed, PortalClient } from '../../../support/local/portal-client.ts';
import { type Account, addContact, addressOf, allOf, type Contact, unique } from '../../people.ts';

const client = new PortalClient(inject('portal'));
const desk = new MailDesk(client);

const support = { emailPreferences: { support: true } };

let account: Account;
let contact: Contact;
let opened: Opened;

beforeAll(async () => {
  account = await desk.openAccount();
  contact = await addContact(client, account, { email: addressOf('contact'), ...support });
  opened = await desk.openTicket(account);
});

/** Staff write in the ticket; gives the mails that this sent, once so many went out. */
async function mailsOfNextReply(count: number, ticket = opened.ticket, home = account): Promise<Mailed[]> {
  const text = await desk.staffReply(home, ticket.id);
  return client.until(async () => {
    const mails = (await client.mails()).filter((mail) => mail.text.includes(text));
    return mails.length >= count && mails;
  });
}

const inOrder = (groups: string[][]) =>
  groups.map((group) => group.toSorted()).toSorted(([a = ''], [b = '']) => a.localeCompare(b));
const receivers = (mails: Mailed[]) => inOrder(mails.map(({ envelope }) => envelope.to));

const becomes = (address: string, outcome: string, subtype?: string) =>
  client.control('mail', { address, outcome, ...(subtype ? { subtype } : {}) });

async function deadAddresses(): Promise<any[]> {
  return allOf(client, await desk.staff(), '/v1/staff/dead-addresses');
}

const marked = (address: string) =>
  client.until(async () => (await deadAddresses()).find((each) => each.address === address));

async function readTicket(ticket: any, home = account): Promise<any> {
  return (await client.call(await desk.staff(), 'GET', `${home.path}/tickets/${ticket.id}`)).body;
}

const linesIn = ({ messages }: any): string[] =>
  messages.filter((one: any) => one.author.kind === 'system').map((one: any) => one.body);

/** An account whose owner's address is dead. */
async function accountWithDeadOwner(subtype?: string) {
  const home = await desk.openAccount();
  const { ticket } = await desk.openTicket(home);
  const { email } = home.owner;
  await becomes(email, 'bounce', subtype);
  await mailsOfNextReply(1, ticket, home);
  const mark = await marked(email);
  return { home, ticket, email, mark };
}

describe('a notice that comes by mail', () => {
  test.each(['5.1.1', '5.7.1', '5.2.2', '4.2.2'])(
    'with %s and the Message-ID of a mail of ours marks nobody',
    async (status) => {
      for (const recipient of [contact.email, account.owner.email]) {
        const { subject, message } = bounceOf(recipient, { quoting: opened.mail.messageId, status });
        await sendRaw(client, message);
        const record = await desk.record(subject);
        expect(record.outcome).toBe('ignored');
        expect(record.reason).not.toBe('');
        expect(record.trace).toContain(`a notice by mail about ${recipient} ${status}: it marks no address`);
      }
      expect(receivers(await mailsOfNextReply(1))).toEqual([[account.owner.email, contact.email].toSorted()]);
    },
  );

  test('to the address of a ticket writes nothing into it', async () => {
    const { subject, message } = bounceOf(contact.email, {
      quoting: opened.mail.messageId,
      to: opened.replyTo,
    });
    await sendRaw(client, message, { to: [opened.replyTo] });
    expect((await desk.record(subject)).outcome).toBe('ignored');
    const { messages } = await readTicket(opened.ticket);
    expect(messages.every((one: any) => one.author.kind !== 'guest')).toBe(true);
  });

  test('from a stranger in copy, who knows the shared Message-ID, silences nobody', async () => {
    const home = await desk.openAccount();
    const eve = addressOf('eve');
    const { ticket } = await desk.openTicket(home, { cc: [eve] });
    const [shared] = await mailsOfNextReply(1, ticket, home);
    expect(shared!.envelope.to).toContain(eve);
    const { subject, message } = bounceOf(home.owner.email, { quoting: shared!.messageId });
    await sendRaw(client, message, { from: eve });
    expect((await desk.record(subject)).outcome).toBe('ignored');
    expect(receivers(await mailsOfNextReply(1, ticket, home))).toEqual([[home.owner.email, eve].toSorted()]);
  });
});

describe('what the mail service says', () => {
  test.each(['General', 'NoEmail', 'Suppressed', 'OnAccountSuppressionList'])(
    'Permanent/%s of a mail to one address ends mail there, and opens the ticket again for staff',
    async (subtype) => {
      const { home, ticket, email, mark } = await accountWithDeadOwner(subtype);
      expect(mark).toMatchObject({ reason: `Permanent/${subtype}`, accountId: home.id });
      const seen = await readTicket(ticket, home);
      expect(seen.status).toBe('open');
      expect(linesIn(seen)).toEqual([
        `Not delivered to ${email}: the mail service says Permanent/${subtype}`,
      ]);
      expect(linesIn(await desk.readTicket(home, ticket.id))).toEqual([]);

      const before = (await desk.mailsTo(email)).length;
      await desk.staffReply(home, ticket.id);
      await client.until(async () => (await readTicket(ticket, home)).status === 'answered');
      await desk.settle(account);
      expect(await desk.mailsTo(email)).toHaveLength(before);
      expect(linesIn(await readTicket(ticket, home))).toHaveLength(1);
    },
  );

  test('of a mail to several doubts the address: its next mail goes alone, and decides', async () => {
    const home = await desk.openAccount();
    const gone = await addContact(client, home, { email: addressOf('gone'), ...support });
    const { ticket } = await desk.openTicket(home);
    await becomes(gone.email, 'bounce');
    expect(receivers(await mailsOfNextReply(1, ticket, home))).toEqual([
      [gone.email, home.owner.email].toSorted(),
    ]);
    await client.until(async () => linesIn(await readTicket(ticket, home)).length === 1);
    expect((await deadAddresses()).map(({ address }) => address)).not.toContain(gone.email);

    const next = await mailsOfNextReply(2, ticket, home);
    expect(receivers(next)).toEqual(inOrder([[gone.email], [home.owner.email]]));
    await marked(gone.email);
    expect(receivers(await mailsOfNextReply(1, ticket, home))).toEqual([[home.owner.email]]);
    const { body } = await client.call(home.owner.token, 'GET', gone.path);
    expect(body.emailBounced).toMatchObject({ reason: 'Permanent/General', at: expect.any(String) });
  });

  test('of a full mailbox marks nobody: the ticket is open again, and mail goes on', async () => {
    const home = await desk.openAccount();
    const { ticket } = await desk.openTicket(home);
    await becomes(home.owner.email, 'transient');
    await mailsOfNextReply(1, ticket, home);
    await client.until(async () => (await readTicket(ticket, home)).status === 'open');
    expect((await deadAddresses()).map(({ address }) => address)).not.toContain(home.owner.email);
    expect(receivers(await mailsOfNextReply(1, ticket, home))).toEqual([[home.owner.email]]);
  });

  test('of a complaint takes the address off that ticket and that kind, and off nothing else', async () => {
    const home = await desk.openAccount();
    const angry = await addContact(client, home, { email: addressOf('angry'), ...support });
    const { ticket } = await desk.openTicket(home);
    await becomes(angry.email, 'complaint');
    await mailsOfNextReply(1, ticket, home);
    await client.until(async () => {
      const { body } = await client.call(home.owner.token, 'GET', angry.path);
      return body.emailPreferences.support === false;
    });
    await becomes(angry.email, 'deliver');
    expect(receivers(await mailsOfNextReply(1, ticket, home))).toEqual([[home.owner.email]]);
    expect((await deadAddresses()).map(({ address }) => address)).not.toContain(angry.email);
    await client.until(async () =>
      (await client.mails()).find(
        (mail) => mail.text.includes(angry.email) && mail.subject.includes('complained'),
      ),
    );
  });

  test('by refusing a mail for good parks it: nobody gets it, and nobody is marked', async () => {
    const home = await desk.openAccount();
    const { ticket } = await desk.openTicket(home);
    await becomes(home.owner.email, 'reject');
    const text = await desk.staffReply(home, ticket.id);
    await desk.settle(account);
    await becomes(home.owner.email, 'deliver');
    expect((await client.mails()).filter((mail) => mail.text.includes(text))).toEqual([]);
    expect((await deadAddresses()).map(({ address }) => address)).not.toContain(home.owner.email);
    expect(receivers(await mailsOfNextReply(1, ticket, home))).toEqual([[home.owner.email]]);
  });
});

describe('a mark is lifted', () => {
  test('by mail from the address', async () => {
    const { home, ticket, email } = await accountWithDeadOwner();
    await becomes(email, 'deliver');
    await client.sendMail({ from: email, subject: unique('I am here'), text: 'Hello.' });
    await client.until(async () => !(await deadAddresses()).some(({ address }) => address === email));
    expect(receivers(await mailsOfNextReply(1, ticket, home))).toEqual([[email]]);
  });

  test('by staff, on SES’s own list too', async () => {
    const { home, ticket, email } = await accountWithDeadOwner('OnAccountSuppressionList');
    const path = `/v1/staff/dead-addresses/${encodeURIComponent(email)}`;
    expect((await client.call(home.owner.token, 'DELETE', path)).status).toBe(403);
    expect((await client.call(await desk.staff(), 'DELETE', path)).status).toBe(204);
    expect((await client.call(await desk.staff(), 'DELETE', path)).status).toBe(404);
    const state = async () => (await (await fetch(`${client.portal.lambdaUrl}/controls`)).json()) as any;
    await client.until(async () => !(email in (await state()).mail));
    expect(receivers(await mailsOfNextReply(1, ticket, home))).toEqual([[email]]);
    await desk.settle(account);
    expect((await deadAddresses()).map(({ address }) => address)).not.toContain(email);
  });
});

test('an event about a mail that was never sent is done with, and marks nobody', async () => {
  const event = bounceEvent({
    messageId: '0102000000000000-00000000-0000-0000-0000-000000000000-000000',
    sentTo: [account.owner.email],
    recipients: [account.owner.email],
    sentAt: '2026-01-01T00:00:00.000Z',
  });
  const attributes = { ApproximateReceiveCount: '1' };
  const record = { messageId: unique('message'), body: JSON.stringify(event), attributes };
  const answer = await client.invoke('mail-events', {
    Records: [{ ...record, receiptHandle: 'handle', messageAttributes: {}, eventSource: 'aws:sqs' }],
  });
  expect(answer?.batchItemFailures ?? []).toEqual([]);
  expect((await deadAddresses()).map(({ address }) => address)).not.toContain(account.owner.email);
});
