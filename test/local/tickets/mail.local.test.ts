import { beforeAll, describe, expect, inject, test } from 'vitest';
import { type Answered, type Mailed, PortalClient } from '../../support/local/portal-client.ts';
import {
  type Account,
  addContact,
  addressOf,
  addSubAccount,
  type Contact,
  openAccount,
  sorted,
  staffEmail,
  type SubAccount,
  unique,
} from '../people.ts';

const client = new PortalClient(inject('portal'));

let staff: string;

beforeAll(async () => {
  staff = await client.token(staffEmail);
});

/** An account with one of each: a person with tickets, another one, two who get mail about support, one who does not. */
interface Cast {
  account: Account;
  person: SubAccount;
  colleague: SubAccount;
  supporter: SubAccount;
  reader: Contact;
  quiet: Contact;
}

async function gather(): Promise<Cast> {
  const account = await openAccount(client);
  return {
    account,
    person: await addSubAccount(client, account, ['tickets'], { email: addressOf('person') }),
    colleague: await addSubAccount(client, account, ['tickets'], { email: addressOf('colleague') }),
    supporter: await addSubAccount(client, account, ['tickets'], {
      email: addressOf('supporter'),
      emailPreferences: { support: true },
    }),
    reader: await addContact(client, account, {
      email: addressOf('reader'),
      emailPreferences: { support: true },
    }),
    quiet: await addContact(client, account, {
      email: addressOf('quiet'),
      emailPreferences: { general: true, invoice: true, product: true, domain: true, support: false },
    }),
  };
}

const open = (account: Account, token: string, more: object = {}): Promise<Answered> =>
  client.call(token, 'POST', `${account.path}/tickets`, {
    subject: unique('Subject'),
    message: unique('It is broken'),
    ...more,
  });

/** Replies with a text of its own, and gives that text. */
async function reply(token: string, ticket: Answered, more: object = {}): Promise<string> {
  const message = unique('A reply');
  const path = `/v1/accounts/${ticket.body.accountId}/tickets/${ticket.body.id}/replies`;
  const answer = await client.call(token, 'POST', path, { message, ...more });
  expect(answer.status).toBe(201);
  return message;
}

/** The one mail with this text, and that it is the only one. */
async function theMail(text: string): Promise<Mailed> {
  const mails = await client.mailsWith(text);
  expect(mails).toHaveLength(1);
  const [mail] = mails as [Mailed];
  expect(new Set(mail.envelope.to).size, 'nobody twice').toBe(mail.envelope.to.length);
  expect(sorted(mail.envelope.to), 'as its head says').toEqual(sorted([...mail.to, ...mail.cc]));
  return mail;
}

async function expectMail(text: string, to: string, cc: string[]): Promise<Mailed> {
  const mail = await theMail(text);
  expect(mail.to).toEqual([to]);
  expect(sorted(mail.cc)).toEqual(sorted(cc));
  return mail;
}

const confirmed = (ticket: Answered): string => ticket.body.messages[0].body;

describe('a ticket of a contact', () => {
  test('mails that person and the owner, and no other contact whatever it wants', async () => {
    const { account, person, colleague } = await gather();
    const ticket = await open(account, person.token);
    await expectMail(confirmed(ticket), person.email, [account.owner.email]);
    await expectMail(await reply(staff, ticket), person.email, [account.owner.email]);
    await expectMail(await reply(colleague.token, ticket), person.email, [account.owner.email]);
  });

  test('never mails who wrote, and puts the owner in To where the opener did', async () => {
    const { account, person } = await gather();
    const ticket = await open(account, person.token);
    await expectMail(await reply(person.token, ticket), account.owner.email, []);
    await expectMail(await reply(account.owner.token, ticket), person.email, []);
  });

  test('spares an owner whose switch for support is off', async () => {
    const { account, person } = await gather();
    const off = { emailPreferences: { support: false } };
    expect((await client.call(account.owner.token, 'PATCH', account.path, off)).status).toBe(200);
    const ticket = await open(account, person.token);
    await expectMail(confirmed(ticket), person.email, []);
    await expectMail(await reply(staff, ticket), person.email, []);
    const unheard = await reply(person.token, ticket);
    await expectMail(await reply(staff, ticket), person.email, []);
    expect((await client.mails()).filter((mail) => mail.text.includes(unheard))).toEqual([]);
  });

  test('that staff open for it mails that contact and the owner', async () => {
    const { account, reader } = await gather();
    const ticket = await open(account, staff, { contactId: reader.id });
    await expectMail(confirmed(ticket), reader.email, [account.owner.email]);
    await expectMail(await reply(staff, ticket), reader.email, [account.owner.email]);
  });

  test('mails the owner alone once the contact has been removed', async () => {
    const { account, person } = await gather();
    const ticket = await open(account, person.token);
    await theMail(confirmed(ticket));
    expect((await client.call(account.owner.token, 'DELETE', person.path)).status).toBe(204);
    const mail = await theMail(await reply(staff, ticket));
    expect(mail.envelope.to).toEqual([account.owner.email]);
  });

  test('mails the address that the contact has now', async () => {
    const { account, reader } = await gather();
    const ticket = await open(account, staff, { contactId: reader.id });
    const email = addressOf('moved');
    expect((await client.call(account.owner.token, 'PATCH', reader.path, { email })).status).toBe(200);
    await expectMail(await reply(staff, ticket), email, [account.owner.email]);
  });

  test('still mails a contact whose login was ended', async () => {
    const { account, person } = await gather();
    const ticket = await open(account, person.token);
    await client.call(account.owner.token, 'DELETE', `${person.path}/sub-account`);
    await expectMail(await reply(staff, ticket), person.email, [account.owner.email]);
  });
});

describe('a ticket of the owner', () => {
  test('mails the owner and every contact with support on, with a login or without', async () => {
    const { account, supporter, reader, person } = await gather();
    const ticket = await open(account, account.owner.token);
    const others = [supporter.email, reader.email];
    await expectMail(confirmed(ticket), account.owner.email, others);
    await expectMail(await reply(staff, ticket), account.owner.email, others);
    await expectMail(await reply(person.token, ticket), account.owner.email, others);
    await expectMail(await reply(supporter.token, ticket), account.owner.email, [reader.email]);
  });

  test('does not mail the owner what it wrote itself', async () => {
    const { account, supporter, reader } = await gather();
    const ticket = await open(account, account.owner.token);
    const mail = await theMail(await reply(account.owner.token, ticket));
    expect(sorted(mail.envelope.to)).toEqual(sorted([supporter.email, reader.email]));
  });

  test('mails it even where its switch for support is off', async () => {
    const { account, supporter, reader } = await gather();
    const off = { emailPreferences: { support: false } };
    await client.call(account.owner.token, 'PATCH', account.path, off);
    const ticket = await open(account, account.owner.token);
    await expectMail(confirmed(ticket), account.owner.email, [supporter.email, reader.email]);
    await expectMail(await reply(staff, ticket), account.owner.email, [supporter.email, reader.email]);
  });

  test('follows what contacts want now: switched on, switched off, removed', async () => {
    const { account, supporter, reader, quiet } = await gather();
    const ticket = await open(account, account.owner.token);
    const prefer = (contact: Contact, support: boolean) =>
      client.call(account.owner.token, 'PATCH', contact.path, { emailPreferences: { support } });
    await prefer(quiet, true);
    await prefer(reader, false);
    await expectMail(await reply(staff, ticket), account.owner.email, [supporter.email, quiet.email]);
    await client.call(account.owner.token, 'DELETE', supporter.path);
    await expectMail(await reply(staff, ticket), account.owner.email, [quiet.email]);
  });

  test('that staff open without naming anybody is the owner’s', async () => {
    const { account, supporter, reader } = await gather();
    const ticket = await open(account, staff);
    expect(ticket.body.openedBy).toMatchObject({ kind: 'owner', id: account.owner.id });
    await expectMail(confirmed(ticket), account.owner.email, [supporter.email, reader.email]);
  });
});

describe('the CC list of a ticket', () => {
  test('gets replies too, a contact among it included', async () => {
    const { account, person, quiet } = await gather();
    const guest = addressOf('guest');
    const ticket = await open(account, person.token, { cc: [guest, quiet.email] });
    expect(ticket.body.cc).toEqual([guest, quiet.email]);
    const cc = [account.owner.email, guest, quiet.email];
    await expectMail(confirmed(ticket), person.email, cc);
    await expectMail(await reply(staff, ticket), person.email, cc);
  });

  test('mails nobody twice, in whatever case an address is written', async () => {
    const { account, person } = await gather();
    const guest = addressOf('guest');
    const ticket = await open(account, person.token, {
      cc: [account.owner.email.toUpperCase(), person.email, guest, guest.toUpperCase()],
    });
    const mail = await theMail(await reply(staff, ticket));
    expect(sorted(mail.envelope.to.map((address) => address.toLowerCase()))).toEqual(
      sorted([person.email, account.owner.email, guest]),
    );
  });

  test('has twenty addresses at most', async () => {
    const { account, person } = await gather();
    const many = Array.from({ length: 21 }, (_, index) => `copy${index}@people.test`);
    expect((await open(account, person.token, { cc: many })).status).toBe(400);
    const ticket = await open(account, person.token, { cc: many.slice(1) });
    expect(ticket).toMatchObject({ status: 201, body: { cc: many.slice(1) } });
    const mail = await theMail(confirmed(ticket));
    expect(mail.envelope.to).toHaveLength(22);
  });

  test('does not hold the address of support itself', async () => {
    const { account, person } = await gather();
    const guest = addressOf('guest');
    const ticket = await open(account, person.token, { cc: [client.portal.supportAddress, guest] });
    if (ticket.status === 400) return;
    const mail = await theMail(await reply(staff, ticket));
    expect(mail.envelope.to).not.toContain(client.portal.supportAddress);
  });
});

describe('the address of support', () => {
  test('gets no mail of a ticket, although somebody recorded it as a contact’s', async () => {
    const { account, supporter, reader } = await gather();
    const recorded = await client.call(account.owner.token, 'POST', `${account.path}/contacts`, {
      name: 'Loop',
      email: client.portal.supportAddress,
      emailPreferences: { support: true },
    });
    expect([201, 400, 409]).toContain(recorded.status);
    const ticket = await open(account, account.owner.token);
    await expectMail(confirmed(ticket), account.owner.email, [supporter.email, reader.email]);
  });
});

describe('the mails of a ticket', () => {
  test('carry its number, come from support, and hang together as one conversation', async () => {
    const { account, person } = await gather();
    const ticket = await open(account, person.token);
    const texts = [confirmed(ticket), await reply(staff, ticket)];
    await theMail(texts[1]!);
    texts.push(await reply(person.token, ticket));
    await theMail(texts[2]!);
    texts.push(await reply(staff, ticket));
    const mails: Mailed[] = [];
    for (const text of texts) mails.push(await theMail(text));
    for (const mail of mails) {
      expect(mail.subject).toBe(`[Ticket ID: ${ticket.body.number}] ${ticket.body.subject}`);
      expect(mail.from).toBe(client.portal.supportAddress);
      expect(mail.envelope.from).not.toBe('');
    }
    expect(mails[0]!.raw, 'a confirmation').toMatch(/^Auto-Submitted: auto-(generated|replied)/im);
    const ids = mails.map((mail) => mail.messageId);
    expect(new Set(ids).size).toBe(4);
    for (const [index, mail] of mails.entries()) {
      if (index === 0) continue;
      const earlier = ids.slice(0, index);
      expect(earlier, 'In-Reply-To').toContain(mail.inReplyTo);
      const head = mail.raw.replace(/\r?\n\r?\n[^]*$/, '').replace(/\r?\n[ \t]+/g, ' ');
      const references = /^References: (.*)$/im.exec(head)?.[1]?.match(/<[^>]+>/g) ?? [];
      expect(references, 'References').toContain(mail.inReplyTo);
    }
  });

  test('never tell of a private note', async () => {
    const { account, person } = await gather();
    const ticket = await open(account, person.token);
    await theMail(confirmed(ticket));
    const note = await reply(staff, ticket, { private: true });
    await expectMail(await reply(staff, ticket), person.email, [account.owner.email]);
    const mails = await client.mails();
    expect(mails.filter((mail) => JSON.stringify(mail).includes(note))).toEqual([]);
    expect(mails.filter((mail) => mail.subject.includes(ticket.body.number))).toHaveLength(2);
  });

  test('of a ticket opened with a key that was repeated are not repeated', async () => {
    const { account, person } = await gather();
    const body = { subject: unique('Subject'), message: unique('Once') };
    const key = { 'idempotency-key': unique('key') };
    const path = `${account.path}/tickets`;
    for (let times = 0; times < 3; times += 1)
      expect((await client.call(person.token, 'POST', path, body, key)).status).toBe(201);
    const ticket = await client.call(person.token, 'POST', path, body, key);
    await theMail(await reply(staff, ticket));
    await theMail(body.message);
  });
});
