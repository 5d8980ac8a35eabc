import { beforeAll, describe, expect, inject, test } from 'vitest';
import { MailDesk, type Opened, sendRaw, written } from '../../../support/desks/mail-desk.ts';
import { PortalClient } from '../../../support/local/portal-client.ts';
import { type Account, addContact, addressOf, type Contact, unique } from '../../people.ts';

const client = new PortalClient(inject('portal'));
const desk = new MailDesk(client);

let account: Account;
let opener: Contact;

beforeAll(async () => {
  account = await desk.openAccount();
  opener = await addContact(client, account, { name: 'Pia Person' });
});

/** A ticket that the contact opened by mail. */
async function openByMail(): Promise<Opened> {
  const subject = unique('Conversation');
  await client.sendMail({ from: opener.email, subject, text: 'It began so.' });
  const ticket = await desk.ticketNamed(account, subject);
  const [mail] = await client.mailsWith(`[Ticket ID: ${ticket.number}]`);
  const replyTo = /^Reply-To: (.*)$/im.exec(mail!.raw)![1]!;
  return { ticket, mail: mail!, replyTo };
}

describe('a reply with one lead alone', () => {
  test.each([
    ['the token in To', ({ replyTo }: Opened) => ({ to: replyTo })],
    ['the token in capitals', ({ replyTo }: Opened) => ({ to: replyTo.toUpperCase() })],
    ['the token with a display name', ({ replyTo }: Opened) => ({ to: `Support at Annex <${replyTo}>` })],
    ['the token in Cc', ({ replyTo }: Opened) => ({ to: addressOf('friend'), cc: replyTo })],
    [
      'the token in the envelope',
      ({ replyTo }: Opened) => ({
        to: 'undisclosed-recipients:;',
        envelope: { from: opener.email, to: [replyTo] },
      }),
    ],
    ['In-Reply-To', ({ mail }: Opened) => ({ inReplyTo: mail.messageId })],
    ['References', ({ mail }: Opened) => ({ references: `<older@people.test> ${mail.messageId}` })],
    ['the number in the subject', ({ ticket }: Opened) => ({ subject: `RE: [Ticket ID: ${ticket.number}]` })],
    [
      'the number in a subject that was encoded',
      ({ ticket }: Opened) => ({ subject: `Réponse – [Ticket ID: ${ticket.number}] Größe` }),
    ],
  ])('finds its ticket by %s', async (_, lead) => {
    const opened = await openByMail();
    const text = unique('Answer');
    const subject = unique('Something else');
    await client.sendMail({ from: opener.email, subject, text, ...lead(opened) });
    const message = await desk.messageIn(account, opened.ticket.id, text);
    expect(message).toMatchObject({
      body: text,
      via: 'email',
      author: { kind: 'contact', name: 'Pia Person' },
    });
    expect((await desk.readTicket(account, opened.ticket.id)).messages).toHaveLength(2);
    expect((await desk.ticketsOf(account)).map((ticket) => ticket.subject)).not.toContain(subject);
  });

  test('is recorded as a reply to that ticket', async () => {
    const { ticket, replyTo } = await openByMail();
    const subject = unique('Recorded');
    await client.sendMail({ from: opener.email, to: replyTo, subject, text: 'An answer.' });
    expect(await desk.record(subject)).toMatchObject({
      outcome: 'reply',
      ticketId: ticket.id,
      from: opener.email,
    });
  });
});

describe('a reply whose leads disagree', () => {
  test('follows the token rather than In-Reply-To, and In-Reply-To rather than the subject', async () => {
    const [one, two] = [await openByMail(), await openByMail()];
    const texts = [unique('By token'), unique('By reference')];
    await client.sendMail({
      from: opener.email,
      to: one.replyTo,
      inReplyTo: two.mail.messageId,
      subject: `Re: ${two.mail.subject}`,
      text: texts[0],
    });
    await desk.messageIn(account, one.ticket.id, texts[0]!);
    await client.sendMail({
      from: opener.email,
      inReplyTo: one.mail.messageId,
      subject: `Re: ${two.mail.subject}`,
      text: texts[1],
    });
    await desk.messageIn(account, one.ticket.id, texts[1]!);
    expect((await desk.readTicket(account, two.ticket.id)).messages).toHaveLength(1);
  });

  test('with a number that no ticket has is a new ticket', async () => {
    const subject = `[Ticket ID: 000000] ${unique('No such ticket')}`;
    await client.sendMail({
      from: opener.email,
      subject,
      inReplyTo: '<nothing@people.test>',
      text: 'Hello.',
    });
    expect((await desk.ticketNamed(account, subject)).messages).toHaveLength(1);
  });
});

describe('a conversation', () => {
  test('goes on through what staff wrote, each answer to the mail before', async () => {
    const { ticket } = await openByMail();
    for (let turn = 1; turn <= 3; turn += 1) {
      const said = await desk.staffReply(account, ticket.id);
      const [mail] = await client.mailsWith(said);
      const text = unique('Turn');
      await client.sendMail({ from: opener.email, inReplyTo: mail!.messageId, subject: 'Re: it', text });
      await desk.messageIn(account, ticket.id, text);
    }
    const { messages } = await desk.readTicket(account, ticket.id);
    expect(messages.map((message: any) => message.author.kind)).toEqual([
      'contact',
      'staff',
      'contact',
      'staff',
      'contact',
      'staff',
      'contact',
    ]);
  });

  test('takes in one in CC who answers the mail that opened it', async () => {
    const guest = addressOf('guest');
    const subject = unique('To both');
    const messageId = `<${unique('first')}@people.test>`;
    await client.sendMail({ from: opener.email, cc: guest, subject, messageId, text: 'Hello, both of you.' });
    const ticket = await desk.ticketNamed(account, subject);
    const text = unique('Me too');
    await client.sendMail({
      from: guest,
      cc: opener.email,
      inReplyTo: messageId,
      subject: `Re: ${subject}`,
      text,
    });
    expect(await desk.messageIn(account, ticket.id, text)).toMatchObject({ author: { kind: 'guest' } });
  });

  test('takes in whom a participant puts in CC on a reply, and sends them what follows', async () => {
    const { ticket, replyTo } = await openByMail();
    const guest = addressOf('guest');
    const text = unique('With a copy');
    await client.sendMail({ from: opener.email, to: replyTo, cc: guest, subject: 'Re:', text });
    await desk.messageIn(account, ticket.id, text);
    expect((await desk.readTicket(account, ticket.id)).cc).toEqual([guest]);
    const [mail] = await client.mailsWith(await desk.staffReply(account, ticket.id));
    expect([...mail!.envelope.to].sort()).toEqual([opener.email, account.owner.email, guest].sort());
  });

  test('is found by a reply that came by hand, without a Message-ID and without a date', async () => {
    const { ticket, replyTo } = await openByMail();
    const text = unique('Bare');
    await sendRaw(client, written({ From: opener.email, To: replyTo }, text), {
      from: opener.email,
      to: [replyTo],
    });
    await desk.messageIn(account, ticket.id, text);
  });
});

describe('a reply to a closed ticket', () => {
  test.each([
    ['by token', ({ replyTo }: Opened) => ({ to: replyTo, subject: 'Again' })],
    ['by References', ({ mail }: Opened) => ({ references: mail.messageId, subject: 'Again' })],
    ['by subject', ({ mail }: Opened) => ({ subject: `Re: ${mail.subject}` })],
  ])('reopens it: %s', async (_, lead) => {
    const opened = await openByMail();
    const path = `${account.path}/tickets/${opened.ticket.id}`;
    expect((await client.call(await desk.staff(), 'POST', `${path}/close`)).body.status).toBe('closed');
    const text = unique('It is back');
    await client.sendMail({ from: opener.email, text, ...lead(opened) });
    await desk.messageIn(account, opened.ticket.id, text);
    expect((await desk.readTicket(account, opened.ticket.id)).status).toBe('customer-reply');
    const open = await desk.ticketsOf(account, '?status=customer-reply');
    expect(open.map((ticket) => ticket.id)).toContain(opened.ticket.id);
  });
});
