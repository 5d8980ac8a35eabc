import { beforeAll, describe, expect, inject, test } from 'vitest';
import { MailDesk } from '../../support/desks/mail-desk.ts';
import { type Answered, PortalClient } from '../../support/local/portal-client.ts';
import {
  acceptByLink,
  type Account,
  addContact,
  addSubAccount,
  type SubAccount,
  unique,
  withoutRequestId,
} from '../people.ts';
import { pathOf, ticketCalls } from './ticket-calls.ts';

const client = new PortalClient(inject('portal'));
const desk = new MailDesk(client);

let account: Account;
let person: SubAccount;
let staff: string;
const { listed, open, queued, read } = ticketCalls(client, () => ({ account, staff }));

beforeAll(async () => {
  account = await desk.openAccount();
  person = await addSubAccount(client, account, ['tickets'], { name: 'Pia Person' });
  staff = await desk.staff();
});

describe('a ticket moved to another account that knows its opener', () => {
  /** A ticket that one person, of two accounts, opened by mail in the first with a file. */
  async function twoHomes() {
    const [from, to] = [await desk.openAccount(), await desk.openAccount()];
    const mover = await addSubAccount(client, from, ['tickets']);
    const there = await addContact(client, to, { email: mover.email });
    const subject = unique('Wrong house');
    const attachments = [{ filename: 'log.txt', content: 'Hello' }];
    await client.sendMail({ from: mover.email, subject, text: 'Hello.', attachments });
    const ticket = await desk.ticketNamed(from, subject);
    const [mail] = await client.mailsWith(`[Ticket ID: ${ticket.number}]`);
    return { from, to, mover, there, ticket, mail: mail! };
  }
  const move = (token: string, ticket: any, to: Account): Promise<Answered> =>
    client.call(token, 'POST', `${pathOf(ticket)}/move`, { accountId: to.id });

  test('is gone from the old path and whole under the new one, with number, messages and files', async () => {
    const { from, to, there, ticket } = await twoHomes();
    const moved = await move(staff, ticket, to);
    expect(moved).toMatchObject({
      status: 200,
      body: { id: ticket.id, number: ticket.number, accountId: to.id },
    });
    for (const token of [from.owner.token, staff])
      expect((await client.call(token, 'GET', `${from.path}/tickets/${ticket.id}`)).status).toBe(404);
    expect(await listed('', from.owner.token, from)).toEqual([]);
    const now = await desk.readTicket(to, ticket.id);
    expect(now).toMatchObject({ subject: ticket.subject, openedBy: { kind: 'contact', id: there.id } });
    expect(now.messages.map((message: any) => message.body)).toEqual(['Hello.']);
    expect(await listed('', to.owner.token, to)).toEqual([ticket.id]);
    const [file] = now.messages[0].attachments;
    const link = await client.call(to.owner.token, 'GET', `${to.path}/attachments/${file.id}`);
    expect(await (await fetch(link.body.url)).text()).toBe('Hello');
    expect((await client.call(from.owner.token, 'GET', `${from.path}/attachments/${file.id}`)).status).toBe(
      404,
    );
    expect(await queued('?status=open', ticket)).toMatchObject({ accountId: to.id });
  });

  test('is answered by mail in its new place, by every lead, and mails the people there', async () => {
    const { from, to, mover, ticket, mail } = await twoHomes();
    await move(staff, ticket, to);
    const replyTo = /^Reply-To: (.*)$/im.exec(mail.raw)![1]!;
    for (const lead of [{ to: replyTo }, { inReplyTo: mail.messageId }, { subject: `Re: ${mail.subject}` }]) {
      const text = unique('Answer');
      await client.sendMail({ from: mover.email, subject: 'Re:', text, ...lead });
      await desk.messageIn(to, ticket.id, text);
      const [passedOn] = await client.mailsWith(text);
      expect(passedOn!.envelope.to).toEqual([to.owner.email]);
    }
    const said = await desk.staffReply(to, ticket.id);
    const [mailed] = await client.mailsWith(said);
    expect([...mailed!.envelope.to].sort()).toEqual([mover.email, to.owner.email].sort());
    expect(await listed('', from.owner.token, from)).toEqual([]);
  });

  test('is closed to those of the old account who take no part in it', async () => {
    const { from, to, ticket, mail } = await twoHomes();
    await move(staff, ticket, to);
    const subject = unique('Still mine');
    const replyTo = /^Reply-To: (.*)$/im.exec(mail.raw)![1]!;
    await client.sendMail({ from: from.owner.email, to: replyTo, subject, text: 'Hello?' });
    expect((await desk.record(subject)).ticketId).not.toBe(ticket.id);
    expect((await desk.readTicket(to, ticket.id)).messages).toHaveLength(1);
  });

  test('is moved by a person who may use tickets in both, and by nobody else', async () => {
    const { from, to, mover, there, ticket } = await twoHomes();
    for (const token of [mover.token, from.owner.token]) {
      const refused = await move(token, ticket, to);
      expect([400, 403, 404]).toContain(refused.status);
      const nowhere = await move(token, ticket, { ...to, id: 'acct_nothing' });
      expect(withoutRequestId(refused), 'as if it did not exist').toEqual(withoutRequestId(nowhere));
    }
    expect((await move(to.owner.token, ticket, to)).status).toBe(404);
    expect((await desk.readTicket(from, ticket.id)).accountId).toBe(from.id);
    const access = { permissions: ['tickets'] };
    expect((await client.call(to.owner.token, 'PUT', `${there.path}/sub-account`, access)).status).toBe(200);
    const token = await acceptByLink(client, to, mover);
    const moved = await client.until(async () => {
      const answer = await move(token, ticket, to);
      return answer.status === 200 && answer;
    });
    expect(moved).toMatchObject({ status: 200, body: { accountId: to.id } });
  });

  test('is not moved where its opener is unknown, nor where there is no account', async () => {
    const stranger = await desk.openAccount();
    const ticket = await open({}, person.token);
    for (const to of [stranger, { ...stranger, id: 'acct_nothing' }]) {
      const refused = await move(staff, ticket, to);
      expect(refused.status).toBeGreaterThanOrEqual(400);
      expect(refused.status).toBeLessThan(500);
    }
    expect((await read(ticket)).accountId).toBe(account.id);
    expect(await listed('', stranger.owner.token, stranger)).toEqual([]);
  });
});
