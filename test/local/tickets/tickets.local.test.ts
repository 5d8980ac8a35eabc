import { beforeAll, describe, expect, inject, test } from 'vitest';
import { type Answered, PortalClient } from '../../support/local/portal-client.ts';
import {
  type Account,
  addContact,
  addSubAccount,
  allOf,
  type Json,
  openAccount,
  sorted,
  staffEmail,
  type SubAccount,
  unique,
} from '../people.ts';

const client = new PortalClient(inject('portal'));

let account: Account;
let person: SubAccount;
let staff: string;

beforeAll(async () => {
  account = await openAccount(client);
  person = await addSubAccount(client, account, ['tickets'], { name: 'Pia Person' });
  staff = await client.token(staffEmail);
});

const open = (token: string, subject = unique('Subject'), more: object = {}): Promise<Answered> =>
  client.call(token, 'POST', `${account.path}/tickets`, { subject, message: 'It is broken.', ...more });

const on = (token: string, ticket: Answered, action: string, body?: unknown): Promise<Answered> =>
  client.call(token, 'POST', `${account.path}/tickets/${ticket.body.id}/${action}`, body);

const read = (token: string, ticket: Answered): Promise<Answered> =>
  client.call(token, 'GET', `${account.path}/tickets/${ticket.body.id}`);

async function statusOf(ticket: Answered): Promise<string> {
  const [one, listed] = await Promise.all([
    read(account.owner.token, ticket),
    allOf(client, account.owner.token, `${account.path}/tickets`),
  ]);
  expect(listed.find((item) => item.id === ticket.body.id).status).toBe(one.body.status);
  return one.body.status;
}

describe('a ticket', () => {
  test('that a person opens in the portal has a number of six digits and the first message', async () => {
    const subject = unique('My printer');
    const opened = await open(person.token, subject, { priority: 'high', cc: ['friend@people.test'] });
    expect(opened.status).toBe(201);
    expect(opened.body).toMatchObject({
      id: expect.stringMatching(/^tkt_/),
      number: expect.stringMatching(/^\d{6}$/),
      accountId: account.id,
      subject,
      status: 'open',
      openedBy: { kind: 'contact', id: person.id, name: 'Pia Person' },
      priority: 'high',
      cc: ['friend@people.test'],
    });
    expect(opened.headers.get('location')).toBe(`${account.path}/tickets/${opened.body.id}`);
    expect(opened.body.messages).toHaveLength(1);
    expect(opened.body.messages[0]).toMatchObject({
      id: expect.stringMatching(/^msg_/),
      author: { kind: 'contact', name: 'Pia Person' },
      via: 'portal',
      body: 'It is broken.',
      private: false,
      createdAt: expect.stringMatching(/Z$/),
    });
    const again = await read(account.owner.token, opened);
    expect(again.body).toEqual(opened.body);
  });

  test('is read by everybody with `tickets`, and by nobody without', async () => {
    const opened = await open(account.owner.token);
    const reader = await addSubAccount(client, account, ['tickets']);
    const other = await addSubAccount(client, account, ['invoices']);
    expect((await read(reader.token, opened)).body).toMatchObject({ id: opened.body.id });
    expect((await on(reader.token, opened, 'replies', { message: 'Me too.' })).status).toBe(201);
    const refusals = [
      await read(other.token, opened),
      await on(other.token, opened, 'replies', { message: 'Me too.' }),
      await on(other.token, opened, 'close'),
      await on(other.token, opened, 'reopen'),
      await open(other.token),
    ];
    for (const refused of refusals)
      expect(refused).toMatchObject({ status: 403, body: { requiredPermission: 'tickets' } });
    expect((await read(account.owner.token, opened)).body.messages).toHaveLength(2);
  });

  test('keeps the text as it was written, and no markup of a message runs in a mail', async () => {
    const message = '<script>alert(1)</script> {{account}} ${1+1}\n\n> quoted?\n\t– “ünïcode” 🦊';
    const subject = unique('A <b>bold</b> subject');
    const opened = await open(person.token, subject, { message });
    expect(opened.body.messages[0].body).toBe(message);
    const [mail] = await client.mailsWith(opened.body.number);
    expect(mail!.text).toContain('<script>alert(1)</script> {{account}} ${1+1}');
    expect(mail!.html).not.toContain('<script>');
    expect(mail!.html).not.toContain('<b>bold');
    expect(mail!.subject).toBe(`[Ticket ID: ${opened.body.number}] ${subject}`);
  });
});

describe('the list of tickets', () => {
  test('is newest first, and filtered by status and by who opened it', async () => {
    const mine = await openAccount(client);
    const helper = await addSubAccount(client, mine, ['tickets']);
    const path = `${mine.path}/tickets`;
    const make = async (token: string, subject: string): Promise<string> => {
      const opened = await client.call(token, 'POST', path, { subject, message: 'Hello.' });
      return opened.body.id as string;
    };
    const first = await make(mine.owner.token, 'First');
    const second = await make(helper.token, 'Second');
    const third = await make(mine.owner.token, 'Third');
    await client.call(mine.owner.token, 'POST', `${path}/${first}/close`);
    await client.call(staff, 'POST', `${path}/${second}/replies`, { message: 'Done.' });
    const ids = async (query: string): Promise<string[]> =>
      (await allOf(client, helper.token, `${path}${query}`)).map((ticket) => ticket.id);
    expect(await ids('')).toEqual([third, second, first]);
    expect(await ids('?status=open')).toEqual([third]);
    expect(await ids('?status=closed')).toEqual([first]);
    expect(await ids('?status=answered')).toEqual([second]);
    expect(await ids('?status=on-hold')).toEqual([]);
    expect(await ids(`?openedBy=${helper.id}`)).toEqual([second]);
    expect(await ids(`?openedBy=${mine.owner.id}`)).toEqual([third, first]);
    expect(await ids(`?openedBy=${mine.owner.id}&status=closed`)).toEqual([first]);
    expect((await client.call(helper.token, 'GET', `${path}?status=lost`)).status).toBe(400);
  });

  test('filtered gives every match over its pages', async () => {
    const mine = await openAccount(client);
    const path = `${mine.path}/tickets`;
    const closed: string[] = [];
    for (let index = 0; index < 6; index += 1) {
      const ticket = await client.call(mine.owner.token, 'POST', path, {
        subject: `Number ${index}`,
        message: 'Hello.',
      });
      if (index % 2 === 0) {
        closed.unshift(ticket.body.id);
        await client.call(mine.owner.token, 'POST', `${path}/${ticket.body.id}/close`);
      }
    }
    const found: string[] = [];
    let cursor = '';
    do {
      const page = await client.call(mine.owner.token, 'GET', `${path}?status=closed&limit=2${cursor}`);
      found.push(...page.body.items.map((ticket: Json) => ticket.id as string));
      cursor = page.body.nextCursor === null ? '' : `&cursor=${encodeURIComponent(page.body.nextCursor)}`;
    } while (cursor !== '');
    expect(found).toEqual(closed);
  });
});

describe('the status of a ticket', () => {
  test('moves with who wrote last', async () => {
    const ticket = await open(person.token);
    expect(await statusOf(ticket)).toBe('open');
    expect((await on(staff, ticket, 'replies', { message: 'Try this.' })).status).toBe(201);
    expect(await statusOf(ticket)).toBe('answered');
    expect((await on(person.token, ticket, 'replies', { message: 'No luck.' })).status).toBe(201);
    expect(await statusOf(ticket)).toBe('customer-reply');
    await on(account.owner.token, ticket, 'replies', { message: 'Any news?' });
    expect(await statusOf(ticket)).toBe('customer-reply');
    await on(staff, ticket, 'replies', { message: 'Now it works.' });
    expect(await statusOf(ticket)).toBe('answered');
  });

  test('does not move with a private note', async () => {
    const ticket = await open(person.token);
    await on(staff, ticket, 'replies', { message: 'Look at the logs.', private: true });
    expect(await statusOf(ticket)).toBe('open');
  });

  test('is closed by a person, and open again when somebody says so or writes', async () => {
    const ticket = await open(person.token);
    expect(await on(person.token, ticket, 'close')).toMatchObject({
      status: 200,
      body: { status: 'closed' },
    });
    expect(await on(account.owner.token, ticket, 'reopen')).toMatchObject({ status: 200 });
    expect(await statusOf(ticket)).not.toBe('closed');

    await on(staff, ticket, 'close');
    expect(await statusOf(ticket)).toBe('closed');
    await on(person.token, ticket, 'replies', { message: 'It is broken again.' });
    expect(await statusOf(ticket)).toBe('customer-reply');

    await on(person.token, ticket, 'close');
    await on(staff, ticket, 'replies', { message: 'One thing more.' });
    expect(await statusOf(ticket)).toBe('answered');
  });

  test('is closed once by two who close it at the same time', async () => {
    const ticket = await open(person.token);
    const closes = await Promise.all([on(person.token, ticket, 'close'), on(staff, ticket, 'close')]);
    for (const close of closes) expect([200, 409]).toContain(close.status);
    expect(closes.map((close) => close.status)).toContain(200);
    expect(await statusOf(ticket)).toBe('closed');
    const log = await allOf(client, account.owner.token, `${account.path}/activity`);
    const closings = log.filter(
      (entry) => entry.subject.id === ticket.body.id && entry.after?.status === 'closed',
    );
    expect(closings).toHaveLength(1);
  });
});

describe('who wrote', () => {
  test('is said by kind and name: owner, contact, staff', async () => {
    const ticket = await open(account.owner.token);
    await on(person.token, ticket, 'replies', { message: 'From a contact.' });
    await on(staff, ticket, 'replies', { message: 'From staff.' });
    const { body } = await read(person.token, ticket);
    expect(body.openedBy).toEqual({ kind: 'owner', id: account.owner.id, name: 'Olive Owner' });
    expect(
      body.messages.map((message: Json) => [message.author.kind, message.author.name, message.body]),
    ).toEqual([
      ['owner', 'Olive Owner', 'It is broken.'],
      ['contact', 'Pia Person', 'From a contact.'],
      ['staff', expect.any(String), 'From staff.'],
    ]);
  });

  test('of a ticket that staff open for a person is staff, and the ticket is that person’s', async () => {
    const contact = await addContact(client, account, { name: 'Cora Contact' });
    const opened = await open(staff, unique('We noticed'), { contactId: contact.id });
    expect(opened.body).toMatchObject({
      openedBy: { kind: 'contact', id: contact.id },
      messages: [{ author: { kind: 'staff' } }],
    });
  });

  test('privately is shown to staff alone', async () => {
    const ticket = await open(person.token);
    const note = unique('Not for their eyes');
    const noted = await on(staff, ticket, 'replies', { message: note, private: true });
    expect(noted.status).toBe(201);
    expect(noted.body.messages.at(-1)).toMatchObject({
      body: note,
      private: true,
      author: { kind: 'staff' },
    });
    for (const token of [person.token, account.owner.token]) {
      const seen = await read(token, ticket);
      expect(seen.body.messages.filter((message: Json) => message.private)).toEqual([]);
      expect(JSON.stringify(seen.body)).not.toContain(note);
      const replied = await on(token, ticket, 'replies', { message: 'And now?' });
      expect(JSON.stringify(replied.body)).not.toContain(note);
      const log = await allOf(client, account.owner.token, `${account.path}/activity`);
      expect(JSON.stringify(log)).not.toContain(note);
      await on(staff, ticket, 'close');
      expect(JSON.stringify((await on(token, ticket, 'reopen')).body)).not.toContain(note);
      expect(JSON.stringify((await on(token, ticket, 'close')).body)).not.toContain(note);
    }
    const { messages } = (await read(staff, ticket)).body;
    expect(messages.map((message: Json) => message.body)).toContain(note);
  });

  test('at the same time as others is not lost', async () => {
    const ticket = await open(account.owner.token);
    const texts = Array.from({ length: 6 }, (_, index) => `Reply ${index}`);
    const tokens = [account.owner.token, person.token, staff];
    const answers = await Promise.all(
      texts.map((message, index) => on(tokens[index % 3]!, ticket, 'replies', { message })),
    );
    for (const answer of answers) expect([201, 409]).toContain(answer.status);
    const landed = texts.filter((_, index) => answers[index]!.status === 201);
    expect(landed).toEqual(texts);
    const { messages } = (await read(staff, ticket)).body;
    expect(sorted(messages.map((message: Json) => message.body))).toEqual(
      sorted(['It is broken.', ...texts]),
    );
    const ids = messages.map((message: Json) => message.id);
    expect(ids).toEqual(sorted(ids));
  });
});
