import { beforeAll, describe, expect, inject, test } from 'vitest';
import { type Answered, PortalClient } from '../../support/local/portal-client.ts';
import {
  type Account,
  addContact,
  addressOf,
  addSubAccount,
  allOf,
  type Json,
  openAccount,
  password,
  readContact,
  staffEmail,
  unique,
} from '../people.ts';

const client = new PortalClient(inject('portal'));

let account: Account;

beforeAll(async () => {
  account = await openAccount(client);
  for (let index = 0; index < 5; index += 1) await addContact(client, account, { name: `Contact ${index}` });
});

const asOwner = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Answered> => client.call(account.owner.token, method, path, body, headers);

describe('a list', () => {
  test('has 25 items unless told otherwise, and a cursor as long as there are more', async () => {
    const many = await openAccount(client);
    await Promise.all(
      Array.from({ length: 27 }, (_, index) => addContact(client, many, { name: `Contact ${index}` })),
    );
    const first = await client.call(many.owner.token, 'GET', `${many.path}/contacts`);
    expect(first.body.items).toHaveLength(25);
    const cursor = encodeURIComponent(first.body.nextCursor);
    const second = await client.call(many.owner.token, 'GET', `${many.path}/contacts?cursor=${cursor}`);
    expect(second.body.items).toHaveLength(2);
    expect(second.body.nextCursor).toBeNull();
    const ids = [...first.body.items, ...second.body.items].map((item: Json) => item.id);
    expect(new Set(ids).size).toBe(27);
  });

  test('ends with its last item, whatever the size of its pages', async () => {
    for (const limit of [1, 2, 4, 5, 6, 100]) {
      const names: string[] = [];
      let cursor = '';
      do {
        const page = await asOwner('GET', `${account.path}/contacts?limit=${limit}${cursor}`);
        expect(page.body.items.length).toBeLessThanOrEqual(limit);
        names.push(...page.body.items.map((item: Json) => item.name as string));
        cursor = page.body.nextCursor === null ? '' : `&cursor=${encodeURIComponent(page.body.nextCursor)}`;
      } while (cursor !== '');
      expect(names, `limit=${limit}`).toEqual([0, 1, 2, 3, 4].map((index) => `Contact ${index}`));
    }
  });

  test('takes limits from 1 to 100 and no others', async () => {
    for (const limit of ['0', '101', 'abc', '-1', '1.5', '', '5x', '99999999999999999999']) {
      const query = `limit=${encodeURIComponent(limit)}`;
      for (const list of ['contacts', 'tickets', 'activity', 'access-requests', 'invoices']) {
        const answer = await asOwner('GET', `${account.path}/${list}?${query}`);
        expect(answer.status, `${list}?${query}`).toBe(400);
        expect(new Set(answer.body.errors.map((error: Json) => error.path))).toEqual(new Set(['limit']));
      }
    }
  });

  test('refuses a cursor that was changed by hand, made up, or taken from another list or account', async () => {
    const { nextCursor } = (await asOwner('GET', `${account.path}/contacts?limit=2`)).body;
    const flip = (text: string, at: number) =>
      text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
    const other = await openAccount(client);
    for (const index of [0, 1]) await addContact(client, other, { name: `Other ${index}` });
    const foreign = await client.call(other.owner.token, 'GET', `${other.path}/contacts?limit=1`);
    const ofActivity = await asOwner('GET', `${account.path}/activity?limit=2`);
    const bad: [string, string][] = [
      ['changed in its middle', flip(nextCursor, Math.floor(nextCursor.length / 2))],
      ['changed at its beginning', flip(nextCursor, 0)],
      ['cut', nextCursor.slice(0, -4)],
      ['lengthened', `${nextCursor}AAAA`],
      ['empty', ''],
      ['garbage', 'garbage'],
      ['a page number', '2'],
      ['a made-up key', Buffer.from(JSON.stringify({ pk: other.id, sk: 'x' })).toString('base64url')],
      ['of another account', foreign.body.nextCursor],
      ['of another list', ofActivity.body.nextCursor],
    ];
    for (const [why, cursor] of bad) {
      expect(cursor, why).toEqual(expect.any(String));
      const answer = await asOwner('GET', `${account.path}/contacts?cursor=${encodeURIComponent(cursor)}`);
      expect(answer, why).toMatchObject({ status: 400, body: { errors: [{ path: 'cursor' }] } });
    }
    const good = await asOwner('GET', `${account.path}/contacts?cursor=${encodeURIComponent(nextCursor)}`);
    expect(good.body.items).toHaveLength(3);
  });
});

describe('If-Match', () => {
  test('with the ETag that was read changes; with a stale one it is 412 and nothing changes', async () => {
    const contact = await addContact(client, account);
    const etag = (await readContact(client, account, contact)).headers.get('etag')!;
    expect(etag).toMatch(/^(W\/)?".+"$/);
    const one = await asOwner('PATCH', contact.path, { name: 'One' }, { 'if-match': etag });
    expect(one).toMatchObject({ status: 200, body: { name: 'One' } });
    const two = await asOwner('PATCH', contact.path, { name: 'Two' }, { 'if-match': etag });
    expect(two.status).toBe(412);
    expect(two.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect((await asOwner('DELETE', contact.path, undefined, { 'if-match': etag })).status).toBe(412);
    const now = await readContact(client, account, contact);
    expect(now.body.name).toBe('One');
    expect(one.headers.get('etag')).toBe(now.headers.get('etag'));
    expect((await asOwner('PATCH', contact.path, { name: 'Three' })).status).toBe(200);
    await asOwner('DELETE', contact.path);
  });

  test('of a contact covers its sub-account', async () => {
    const person = await addSubAccount(client, account, ['tickets']);
    const etag = (await readContact(client, account, person)).headers.get('etag')!;
    const sub = `${person.path}/sub-account`;
    const changed = await asOwner('PUT', sub, { permissions: ['invoices'] }, { 'if-match': etag });
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).not.toBe(etag);
    for (const [method, path, body] of [
      ['PATCH', person.path, { name: 'Stale' }],
      ['DELETE', person.path],
      ['PUT', sub, { permissions: ['quotes'] }],
      ['DELETE', sub],
    ] as [string, string, unknown?][])
      expect((await asOwner(method, path, body, { 'if-match': etag })).status, `${method} ${path}`).toBe(412);
    const now = await readContact(client, account, person);
    expect(now.body).toMatchObject({ name: person.name, subAccount: { permissions: ['invoices'] } });
    const renamed = await asOwner(
      'PATCH',
      person.path,
      { name: 'Fresh' },
      {
        'if-match': now.headers.get('etag')!,
      },
    );
    expect(renamed.status).toBe(200);
    await asOwner('DELETE', person.path);
  });

  test('of the account guards its profile', async () => {
    const mine = await openAccount(client);
    const patch = (name: string, etag: string) =>
      client.call(mine.owner.token, 'PATCH', mine.path, { name }, { 'if-match': etag });
    const etag = (await client.call(mine.owner.token, 'GET', mine.path)).headers.get('etag')!;
    const answers = await Promise.all([patch('One', etag), patch('Two', etag)]);
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    for (const answer of answers) expect([200, 409, 412]).toContain(answer.status);
    expect((await patch('Three', '"made-up"')).status).toBe(412);
    const won = answers.find((answer) => answer.status === 200)!;
    expect((await client.call(mine.owner.token, 'GET', mine.path)).body.name).toBe(won.body.name);
  });
});

describe('Idempotency-Key', () => {
  const withKey = (key: string) => ({ 'idempotency-key': key });

  test('repeated, returns the first answer and makes nothing new', async () => {
    const path = `${account.path}/contacts`;
    const key = withKey(unique('key'));
    const body = { name: 'Once', email: addressOf('once') };
    const first = await asOwner('POST', path, body, key);
    expect(first.status).toBe(201);
    const repeated = await asOwner('POST', path, body, key);
    expect(repeated.status).toBe(201);
    expect(repeated.body).toEqual(first.body);
    for (const header of ['location', 'etag'])
      expect(repeated.headers.get(header), header).toBe(first.headers.get(header));
    const made = await allOf(client, account.owner.token, path);
    expect(made.filter((contact) => contact.name === 'Once')).toHaveLength(1);
    await asOwner('DELETE', `${path}/${first.body.id}`);
    expect((await asOwner('POST', path, body, key)).body).toEqual(first.body);
    const after = await allOf(client, account.owner.token, path);
    expect(after.filter((contact) => contact.name === 'Once')).toEqual([]);
  });

  test('with another body is 422, and with another key is another thing', async () => {
    const mine = await openAccount(client);
    const path = `${mine.path}/tickets`;
    const key = withKey(unique('key'));
    const open = (subject: string, headers: Record<string, string>) =>
      client.call(mine.owner.token, 'POST', path, { subject, message: 'Hello.' }, headers);
    const first = await open('First', key);
    const other = await open('Second', key);
    expect(other.status).toBe(422);
    expect(other.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect((await open('First', withKey(unique('key')))).body.id).not.toBe(first.body.id);
    expect((await open('First', {})).status).toBe(201);
    const subjects = (await allOf(client, mine.owner.token, path)).map((ticket) => ticket.subject);
    expect(subjects).toEqual(['First', 'First', 'First']);
  });

  test('twice at once makes one thing', async () => {
    const mine = await openAccount(client);
    const path = `${mine.path}/tickets`;
    const key = withKey(unique('key'));
    const body = { subject: unique('At once'), message: 'Hello.' };
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => client.call(mine.owner.token, 'POST', path, body, key)),
    );
    const made = await allOf(client, mine.owner.token, path);
    expect(made).toHaveLength(1);
    for (const answer of answers) expect([201, 409]).toContain(answer.status);
    const ids = answers.filter((answer) => answer.status === 201).map((answer) => answer.body.id);
    expect(new Set(ids)).toEqual(new Set([made[0].id]));
    const repeated = await client.call(mine.owner.token, 'POST', path, body, key);
    expect(repeated).toMatchObject({ status: 201, body: { id: made[0].id } });
    const [mail] = await client.mailsWith(body.subject);
    expect(mail!.to).toEqual([mine.owner.email]);
    expect((await client.mails()).filter((sent) => sent.subject.includes(body.subject))).toHaveLength(1);
  });

  test('belongs to the one who used it, and to the path', async () => {
    const mine = await openAccount(client);
    const key = withKey(unique('key'));
    const body = { subject: 'Mine', message: 'Hello.' };
    const first = await client.call(mine.owner.token, 'POST', `${mine.path}/tickets`, body, key);
    const foreign = await asOwner('POST', `${account.path}/tickets`, body, key);
    expect(foreign.status).toBe(201);
    expect(foreign.body.id).not.toBe(first.body.id);
    expect(foreign.body.accountId).toBe(account.id);
    const person = await addSubAccount(client, mine, ['tickets']);
    const other = await client.call(person.token, 'POST', `${mine.path}/tickets`, body, key);
    if (other.status === 201) expect(other.body.openedBy.id).toBe(person.id);
    else expect(other.status).toBe(422);
    expect(await allOf(client, mine.owner.token, `${mine.path}/tickets`)).toHaveLength(
      other.status === 201 ? 2 : 1,
    );
  });

  test('of a request that was refused does not stand in the way of the right one', async () => {
    const key = withKey(unique('key'));
    const path = `${account.path}/contacts`;
    const email = addressOf('later');
    expect((await asOwner('POST', path, { name: 5, email }, key)).status).toBe(400);
    const right = await asOwner('POST', path, { name: 'Later', email }, key);
    expect([201, 422]).toContain(right.status);
    expect((await asOwner('POST', path, { name: 'Later', email }, withKey(unique('key')))).status).toBe(
      right.status === 201 ? 409 : 201,
    );
  });

  test('gives the first answer for creating an account and for a reply as well', async () => {
    const staff = await client.token(staffEmail);
    const key = withKey(unique('key'));
    const body = { name: unique('Once'), owner: { name: 'Olive', email: addressOf('once'), password } };
    const created = await client.call(staff, 'POST', '/v1/staff/accounts', body, key);
    expect(created.status).toBe(201);
    expect((await client.call(staff, 'POST', '/v1/staff/accounts', body, key)).body).toEqual(created.body);
    const found = await allOf(client, staff, `/v1/staff/accounts?q=${body.name}`);
    expect(found).toHaveLength(1);

    const opened = await asOwner('POST', `${account.path}/tickets`, { subject: 'Reply', message: 'Hello.' });
    const replies = `${account.path}/tickets/${opened.body.id}/replies`;
    const twice = [
      await asOwner('POST', replies, { message: 'Once' }, key),
      await asOwner('POST', replies, { message: 'Once' }, key),
    ];
    expect(twice.map((answer) => answer.status)).toEqual([201, 201]);
    const read = await asOwner('GET', `${account.path}/tickets/${opened.body.id}`);
    expect(read.body.messages).toHaveLength(2);
  });
});
