import { randomUUID } from 'node:crypto';
import { describe, expect, inject, test } from 'vitest';
import { type Mailed, PortalClient } from '../../../support/local/portal-client.ts';
import {
  acceptByLink,
  type Account,
  addContact,
  addressOf,
  allOf,
  grant,
  type Json,
  nobody,
  openAccount,
  sorted,
  staffEmail,
  unique,
} from '../../people.ts';

const client = new PortalClient(inject('portal'));

const ticketsOf = (account: Account): Promise<Json[]> =>
  allOf(client, account.owner.token, `${account.path}/tickets`);

const readTicket = async (account: Account, id: string): Promise<Json> =>
  (await client.call(account.owner.token, 'GET', `${account.path}/tickets/${id}`)).body;

/** The ticket with this subject, once there is one. */
const ticketNamed = (account: Account, subject: string): Promise<Json> =>
  client.until(async () => {
    const found = (await ticketsOf(account)).find((ticket) => ticket.subject === subject);
    return found && readTicket(account, found.id);
  });

/** The message of a ticket that holds this text, once it is there. */
const messageIn = (account: Account, id: string, text: string): Promise<Json> =>
  client.until(async () =>
    (await readTicket(account, id)).messages.find((message: Json) => message.body.includes(text)),
  );

const mailsTo = async (address: string): Promise<Mailed[]> =>
  (await client.mails()).filter((mail) => mail.envelope.to.includes(address));

/** A mail that came in after others has become a ticket and was confirmed: those before it were looked at too. */
async function somethingLater(account: Account): Promise<void> {
  const subject = unique('Later');
  await client.sendMail({ from: account.owner.email, subject, text: 'Hello.' });
  await client.mailsWith(subject);
}

describe('a mail to support', () => {
  test('from a contact without a login is a ticket of the account, opened by that person', async () => {
    const account = await openAccount(client);
    const contact = await addContact(client, account, { name: 'Cora Contact' });
    const subject = unique('No dial tone');
    const text = 'The line is dead.\n\nSince Monday.\n\n-- \nCora\nAcme';
    await client.sendMail({ from: `"Somebody Else" <${contact.email}>`, subject, text });
    const ticket = await ticketNamed(account, subject);
    expect(ticket).toMatchObject({
      accountId: account.id,
      status: 'open',
      openedBy: { kind: 'contact', id: contact.id, name: 'Cora Contact' },
      messages: [{ author: { kind: 'contact', name: 'Cora Contact' }, via: 'email', private: false }],
    });
    expect(ticket.messages[0].body).toBe('The line is dead.\n\nSince Monday.');
    expect(ticket.messages[0].quoted).toContain('Cora');
    const [confirmation] = await client.mailsWith(`[Ticket ID: ${ticket.number}]`);
    expect(confirmation!.to).toEqual([contact.email]);
    expect(confirmation!.cc).toEqual([account.owner.email]);
  });

  test('from the owner is the owner’s, in whatever case the address is written', async () => {
    const account = await openAccount(client);
    const subject = unique('Mine');
    await client.sendMail({ from: account.owner.email.toUpperCase(), subject, text: 'Hello.' });
    const ticket = await ticketNamed(account, subject);
    expect(ticket.openedBy).toMatchObject({ kind: 'owner', id: account.owner.id });
    expect(ticket.messages[0].author.kind).toBe('owner');
  });

  test('in other alphabets, in HTML alone or without a subject is a ticket that can be read', async () => {
    const account = await openAccount(client);
    const subject = `Größe 東京 🦊 ${unique('x')}`;
    const html = '<p>Das <b>Paket</b> fehlt &amp; ich warte.</p><script>alert(1)</script>';
    await client.sendMail({ from: account.owner.email, subject, html });
    const [message] = (await ticketNamed(account, subject)).messages;
    expect(message.body).toContain('Das Paket fehlt & ich warte.');
    expect(message.body).not.toMatch(/<|alert/);
    const text = unique('No subject');
    await client.sendMail({ from: account.owner.email, text });
    const ticket = await client.until(async () =>
      (await ticketsOf(account)).find((item) => item.subject !== subject),
    );
    expect(ticket.subject).not.toBe('');
    expect((await readTicket(account, ticket.id)).messages[0].body).toBe(text);
  });

  test('from one who is in two accounts belongs to the one that they have accepted, and else asks them', async () => {
    const younger = await openAccount(client);
    const older = await openAccount(client);
    const email = addressOf('dev');
    const second = await addContact(client, younger, { email });
    const first = await addContact(client, older, { email });
    await grant(client, older, first, { permissions: ['tickets'] });
    await acceptByLink(client, older, first);
    const subject = unique('Which one');
    await client.sendMail({ from: email, subject, text: 'Hello.' });
    expect((await ticketNamed(older, subject)).openedBy.id).toBe(first.id);

    await client.call(older.owner.token, 'DELETE', first.path);
    const after = unique('Then the other');
    await client.sendMail({ from: email, subject: after, text: 'Hello.' });
    const link = await client.until(async () =>
      (await mailsTo(email)).flatMap(({ text }) => /\/v1\/mail\/[\w.-]+/.exec(text)?.[0] ?? []).at(-1),
    );
    const shown = await client.call(nobody, 'GET', link);
    expect(shown.body).toMatchObject({ subject: after, account: { owner: younger.owner.email } });
    expect(await ticketsOf(younger)).toEqual([]);
    expect((await client.call(nobody, 'POST', link, { answer: 'yes' })).status).toBe(200);
    expect((await ticketNamed(younger, after)).openedBy.id).toBe(second.id);
    expect((await ticketsOf(older)).map((ticket) => ticket.subject)).toEqual([subject]);
  });

  test('that arrives several times at once is one ticket, with one confirmation', async () => {
    const account = await openAccount(client);
    const subject = unique('Once');
    const date = new Date();
    const mail = {
      from: account.owner.email,
      subject,
      text: 'Hello.',
      messageId: `<${randomUUID()}@x.test>`,
      date,
    };
    await Promise.all(Array.from({ length: 5 }, () => client.sendMail(mail)));
    const ticket = await ticketNamed(account, subject);
    await client.sendMail(mail);
    await somethingLater(account);
    expect((await ticketsOf(account)).filter((item) => item.subject === subject)).toHaveLength(1);
    expect((await readTicket(account, ticket.id)).messages).toHaveLength(1);
    const confirmations = await client.mailsWith(subject);
    expect(confirmations).toHaveLength(1);
  });

  test('with the Message-ID of another but another text is another message', async () => {
    const account = await openAccount(client);
    const messageId = `<${randomUUID()}@x.test>`;
    const subjects = [unique('One'), unique('Two')];
    for (const subject of subjects)
      await client.sendMail({ from: account.owner.email, subject, text: `Text of ${subject}`, messageId });
    for (const subject of subjects) await ticketNamed(account, subject);
  });

  test('keeps those whom its writer put in CC, and sends them the replies', async () => {
    const account = await openAccount(client);
    const person = await addContact(client, account);
    const colleague = await addContact(client, account);
    const guest = addressOf('guest');
    const { supportAddress } = client.portal;
    const subject = unique('Copy');
    const cc = [`Guest <${guest}>`, colleague.email, account.owner.email, supportAddress, person.email];
    await client.sendMail({ from: person.email, subject, text: 'Hello.', cc });
    const ticket = await ticketNamed(account, subject);
    expect(ticket.cc).toEqual(expect.arrayContaining([guest, colleague.email]));
    expect(ticket.cc).not.toContain(supportAddress);
    const staff = await client.token(staffEmail);
    const message = unique('Reply');
    await client.call(staff, 'POST', `${account.path}/tickets/${ticket.id}/replies`, { message });
    const [mail] = await client.mailsWith(message);
    expect(mail!.to).toEqual([person.email]);
    expect(sorted(mail!.cc)).toEqual(sorted([account.owner.email, guest, colleague.email]));

    const answer = unique('From the guest');
    await client.sendMail({
      from: `Gus Guest <${guest}>`,
      subject: 'Re:',
      text: answer,
      inReplyTo: mail!.messageId,
    });
    const written = await messageIn(account, ticket.id, answer);
    expect(written).toMatchObject({ author: { kind: 'guest' }, via: 'email' });
    const [passedOn] = await client.mailsWith(answer);
    expect(passedOn!.envelope.to).not.toContain(guest);
    expect(sorted(passedOn!.envelope.to)).toEqual(
      sorted([person.email, account.owner.email, colleague.email]),
    );
    expect((await readTicket(account, ticket.id)).status).toBe('customer-reply');
  });

  test('keeps twenty of those in CC, however many there are', async () => {
    const account = await openAccount(client);
    const subject = unique('Many');
    const cc = Array.from({ length: 30 }, (_, index) => `copy${index}.${unique('c')}@people.test`);
    await client.sendMail({ from: account.owner.email, subject, text: 'Hello.', cc });
    expect((await ticketNamed(account, subject)).cc).toHaveLength(20);
  });
});

describe('an answer by mail', () => {
  interface Conversation {
    account: Account;
    ticket: Json;
    first: Mailed;
    opener: string;
  }

  async function converse(): Promise<Conversation> {
    const account = await openAccount(client);
    const person = await addContact(client, account, { name: 'Pia Person' });
    const subject = unique('Conversation');
    await client.sendMail({ from: person.email, subject, text: 'It began so.' });
    const ticket = await ticketNamed(account, subject);
    const [first] = await client.mailsWith(`[Ticket ID: ${ticket.number}]`);
    return { account, ticket, first: first!, opener: person.email };
  }

  test('finds its ticket by In-Reply-To, by References, and by the number in its subject', async () => {
    const { account, ticket, first, opener } = await converse();
    const ways = [
      { subject: 'Re: whatever', inReplyTo: first.messageId },
      { subject: 'AW: something', references: `<a@b.test> ${first.messageId} <c@d.test>` },
      { subject: `Re: Fwd: [Ticket ID: ${ticket.number}] Changed by hand` },
    ];
    for (const way of ways) {
      const text = unique('Answer');
      await client.sendMail({
        from: opener,
        text: `${text}\n\nOn Monday, Support wrote:\n> It began so.`,
        ...way,
      });
      const message = await messageIn(account, ticket.id, text);
      expect(message).toMatchObject({
        body: text,
        author: { kind: 'contact', name: 'Pia Person' },
        via: 'email',
      });
      expect(message.quoted).toContain('> It began so.');
    }
    expect(await ticketsOf(account)).toHaveLength(1);
  });

  test('of a colleague and of the owner joins the ticket as theirs', async () => {
    const { account, ticket, first } = await converse();
    const colleague = await addContact(client, account, { name: 'Carl Colleague' });
    await grant(client, account, colleague, { permissions: ['tickets'] });
    await acceptByLink(client, account, colleague);
    for (const [from, kind, name] of [
      [colleague.email, 'contact', 'Carl Colleague'],
      [account.owner.email, 'owner', 'Olive Owner'],
    ] as const) {
      const text = unique('Joined');
      await client.sendMail({ from, text, subject: 'Re:', inReplyTo: first.messageId });
      expect((await messageIn(account, ticket.id, text)).author).toEqual({ kind, name });
      const [mail] = await client.mailsWith(text);
      expect(mail!.envelope.to).not.toContain(from);
    }
  });

  test('reopens a closed ticket', async () => {
    const { account, ticket, first, opener } = await converse();
    await client.call(account.owner.token, 'POST', `${account.path}/tickets/${ticket.id}/close`);
    const text = unique('Again');
    await client.sendMail({ from: opener, text, subject: 'Re:', inReplyTo: first.messageId });
    await messageIn(account, ticket.id, text);
    expect((await readTicket(account, ticket.id)).status).toBe('customer-reply');
  });

  test('that arrives several times at once is one message', async () => {
    const { account, ticket, first, opener } = await converse();
    const text = unique('Once');
    const mail = {
      from: opener,
      text,
      subject: 'Re:',
      inReplyTo: first.messageId,
      messageId: `<${randomUUID()}@x.test>`,
      date: new Date(),
    };
    await Promise.all(Array.from({ length: 4 }, () => client.sendMail(mail)));
    await messageIn(account, ticket.id, text);
    await somethingLater(account);
    expect((await readTicket(account, ticket.id)).messages).toHaveLength(2);
    expect(await client.mailsWith(text)).toHaveLength(1);
  });

  test('of a person of another account joins nothing and is a ticket of its own account', async () => {
    const { account, ticket, first } = await converse();
    const other = await openAccount(client);
    const subject = `Re: [Ticket ID: ${ticket.number}] ${unique('Not mine')}`;
    await client.sendMail({
      from: other.owner.email,
      text: 'Let me in.',
      subject,
      inReplyTo: first.messageId,
    });
    const own = await client.until(async () => (await ticketsOf(other)).at(0));
    expect(own).toMatchObject({ accountId: other.id, openedBy: { id: other.owner.id } });
    expect(own.id).not.toBe(ticket.id);
    expect((await readTicket(account, ticket.id)).messages).toHaveLength(1);
    const about = (await mailsTo(other.owner.email)).map((mail) => mail.text).join('\n');
    expect(about).not.toContain('It began so.');
  });

  test('of a stranger joins nothing, by a real Message-ID or by the number in its subject', async () => {
    const { account, ticket, first } = await converse();
    for (const way of [
      { subject: 'Re: conversation', inReplyTo: first.messageId, references: first.messageId },
      { subject: `Re: [Ticket ID: ${ticket.number}] conversation` },
    ]) {
      const stranger = addressOf('stranger');
      const text = unique('Let me in');
      await client.sendMail({ from: `Pia Person <${stranger}>`, text, ...way });
      await client.until(async () => (await mailsTo(stranger)).length > 0);
      const answers = (await mailsTo(stranger)).map((mail) => `${mail.subject} ${mail.text}`).join('\n');
      expect(answers).not.toContain('It began so.');
      expect(answers).not.toContain(account.name);
    }
    await somethingLater(account);
    const now = await readTicket(account, ticket.id);
    expect(now).toMatchObject({ status: 'open', cc: [] });
    expect(now.messages).toHaveLength(1);
    expect((await ticketsOf(account)).map((item) => item.id)).toContain(ticket.id);
    expect(await ticketsOf(account)).toHaveLength(2);
  });
});
