import { beforeAll, describe, expect, inject, test } from 'vitest';
import { type Answered, PortalClient } from '../../support/local/portal-client.ts';
import {
  acceptByLink,
  type Account,
  addContact,
  addSubAccount,
  allOf,
  type Contact,
  grant,
  type Json,
  nobody,
  openAccount,
  password,
  problemType,
  readContact,
  staffEmail,
  withoutRequestId,
} from '../people.ts';

const client = new PortalClient(inject('portal'));

type Tried = [method: string, path: string, body?: unknown];

let mine: Account;
let theirs: Account;
let theirContact: Contact;
let theirTicket: string;
let theirRequest: string;

beforeAll(async () => {
  mine = await openAccount(client);
  theirs = await openAccount(client);
  theirContact = await addContact(client, theirs);
  const asker = await addSubAccount(client, theirs, ['tickets']);
  const request = await client.call(asker.token, 'POST', `${theirs.path}/access-requests`, {
    permissions: ['invoices'],
    message: 'Please.',
  });
  theirRequest = request.body.id;
  const opened = await client.call(theirs.owner.token, 'POST', `${theirs.path}/tickets`, {
    subject: 'A secret of theirs',
    message: 'Nobody else reads this.',
  });
  theirTicket = opened.body.id;
});

const asMe = (...[method, path, body]: Tried): Promise<Answered> =>
  client.call(mine.owner.token, method, path, body);

/** Every call that names a contact, a ticket or a request under this path. */
const callsOn = (path: string, contact: string, ticket: string, request: string): Tried[] => [
  ['GET', `${path}/contacts/${contact}`],
  ['PATCH', `${path}/contacts/${contact}`, { name: 'Taken Over' }],
  ['DELETE', `${path}/contacts/${contact}`],
  ['PUT', `${path}/contacts/${contact}/sub-account`, { permissions: ['tickets'] }],
  ['DELETE', `${path}/contacts/${contact}/sub-account`],
  ['GET', `${path}/contacts/${contact}/effective-access`],
  ['GET', `${path}/tickets/${ticket}`],
  ['POST', `${path}/tickets/${ticket}/replies`, { message: 'I was here.' }],
  ['POST', `${path}/tickets/${ticket}/close`],
  ['POST', `${path}/tickets/${ticket}/reopen`],
  ['POST', `${path}/access-requests/${request}/approve`],
  ['POST', `${path}/access-requests/${request}/reject`],
];

const callsOfAccount = (path: string): Tried[] => [
  ['GET', path],
  ['PATCH', path, { name: 'Taken Over' }],
  ['GET', `${path}/contacts`],
  ['POST', `${path}/contacts`, { name: 'Planted', email: 'planted@people.test' }],
  ['GET', `${path}/access-requests`],
  ['POST', `${path}/access-requests`, { permissions: ['tickets'], message: 'Let me in.' }],
  ['GET', `${path}/activity`],
  ['GET', `${path}/tickets`],
  ['POST', `${path}/tickets`, { subject: 'Planted', message: 'Planted.' }],
  ['GET', `${path}/invoices`],
];

const nothing = '01HZZZZZZZZZZZZZZZZZZZZZZZ';

/** What these calls answer is a 404, and the same as where there is nothing at all. */
async function expectSameAsNothing(real: Tried[], unreal: Tried[]): Promise<void> {
  for (const [index, call] of real.entries()) {
    const [refused, missing] = [await asMe(...call), await asMe(...unreal[index]!)];
    const which = call.slice(0, 2).join(' ');
    expect(refused.status, which).toBe(404);
    expect(missing.status, which).toBe(404);
    expect(withoutRequestId(refused), which).toEqual(withoutRequestId(missing));
    const typeOf = (answer: Answered) => answer.headers.get('content-type');
    expect(typeOf(refused), which).toBe(typeOf(missing));
    expect(refused.headers.get('etag'), which).toBeNull();
    expect(JSON.stringify(refused.body), which).not.toContain(theirs.name);
  }
}

async function expectTheirsUntouched(): Promise<void> {
  const { token } = theirs.owner;
  expect((await client.call(token, 'GET', theirs.path)).body.name).toBe(theirs.name);
  expect((await readContact(client, theirs, theirContact)).body).toMatchObject({
    name: theirContact.name,
    subAccount: null,
  });
  expect(await allOf(client, token, `${theirs.path}/contacts`)).toHaveLength(2);
  const tickets = await allOf(client, token, `${theirs.path}/tickets`);
  expect(tickets.map((ticket) => [ticket.id, ticket.status])).toEqual([[theirTicket, 'open']]);
  const ticket = await client.call(token, 'GET', `${theirs.path}/tickets/${theirTicket}`);
  expect(ticket.body.messages).toHaveLength(1);
  const requests = await allOf(client, token, `${theirs.path}/access-requests`);
  expect(requests.map((request) => request.status)).toEqual(['open']);
}

describe('another account', () => {
  test('its whole path reads as the path of no account, for reading and for writing', async () => {
    const unreal = `/v1/accounts/acct_${nothing}`;
    await expectSameAsNothing(callsOfAccount(theirs.path), callsOfAccount(unreal));
    const ids = [theirContact.id, theirTicket, theirRequest] as const;
    await expectSameAsNothing(callsOn(theirs.path, ...ids), callsOn(unreal, ...ids));
    await expectTheirsUntouched();
  });

  test('its ids under one’s own path read as ids of nothing', async () => {
    await expectSameAsNothing(
      callsOn(mine.path, theirContact.id, theirTicket, theirRequest),
      callsOn(mine.path, `con_${nothing}`, `tkt_${nothing}`, `req_${nothing}`),
    );
    await expectTheirsUntouched();
  });

  test('a part in both does not carry an id of one over to the other', async () => {
    const person = await addSubAccount(client, mine, ['tickets', 'contacts']);
    const same = await addContact(client, theirs, { email: person.email });
    await grant(client, theirs, same, { permissions: ['tickets', 'contacts'] });
    person.token = await acceptByLink(client, theirs, person);
    const read = (path: string) => client.call(person.token, 'GET', path);
    await client.until(async () => (await read(`${theirs.path}/tickets/${theirTicket}`)).status === 200);
    expect((await read(`${mine.path}/tickets/${theirTicket}`)).status).toBe(404);
    expect((await read(`${mine.path}/contacts/${theirContact.id}`)).status).toBe(404);
    expect(await allOf(client, person.token, `${mine.path}/tickets`)).toEqual([]);
    await client.call(theirs.owner.token, 'DELETE', same.path);
    expect((await readContact(client, mine, person)).body.subAccount.status).toBe('active');
  });

  test('a cursor of its list opens nothing of it', async () => {
    for (const number of [1, 2]) await addContact(client, theirs, { name: `Paged ${number}` });
    const theirPage = await client.call(theirs.owner.token, 'GET', `${theirs.path}/contacts?limit=1`);
    const cursor = encodeURIComponent(theirPage.body.nextCursor);
    const answer = await asMe('GET', `${mine.path}/contacts?limit=100&cursor=${cursor}`);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).not.toContain('Paged');
    for (const contact of await allOf(client, theirs.owner.token, `${theirs.path}/contacts`))
      if (contact.name.startsWith('Paged'))
        await client.call(theirs.owner.token, 'DELETE', `${theirs.path}/contacts/${contact.id}`);
  });

  test('an id that is no id answers as nothing, whatever is written in it', async () => {
    const odd = [
      '%2e%2e%2f',
      `${theirs.id}%2Ftickets`,
      '%00',
      'null',
      '*',
      `con_${nothing}%0d%0aX-Evil:%201`,
      'x'.repeat(2000),
      '%F0%9F%92%A9',
      `${theirContact.id}%23`,
      '__proto__',
    ];
    for (const id of odd)
      for (const list of ['contacts', 'tickets']) {
        const url = `${client.portal.apiUrl}${mine.path}/${list}/${id}`;
        const answer = await fetch(url, { headers: { authorization: `Bearer ${mine.owner.token}` } });
        const text = await answer.text();
        expect([400, 404], `${list}/${id}: ${text}`).toContain(answer.status);
        expect(text).not.toContain(theirs.name);
      }
  });
});

describe('what the caller says about itself', () => {
  test('changes nothing: forged headers of a gateway, of an authorizer, of a user', async () => {
    const person = await addSubAccount(client, mine, ['tickets']);
    const context = { accountId: theirs.id, userId: theirs.owner.id, role: 'owner', staff: 'true' };
    const forged: Record<string, string> = {
      'x-amzn-oidc-identity': theirs.owner.id,
      'x-amzn-oidc-data': Buffer.from(JSON.stringify(context)).toString('base64'),
      'x-amzn-request-context': JSON.stringify({ authorizer: { lambda: context } }),
      'x-amzn-apigateway-api-id': 'local',
      'x-amzn-requestcontext-authorizer': JSON.stringify(context),
      'x-apigateway-event': encodeURIComponent(JSON.stringify({ requestContext: { authorizer: context } })),
      'x-apigateway-context': encodeURIComponent(JSON.stringify(context)),
      'x-user-id': theirs.owner.id,
      'x-user': theirs.owner.email,
      'x-account-id': theirs.id,
      'x-role': 'staff',
      'x-staff': 'true',
      'x-permissions': '*',
      'cognito-groups': 'staff',
      'x-forwarded-user': staffEmail,
      'x-original-url': `${theirs.path}/tickets`,
      'x-rewrite-url': `${theirs.path}/tickets`,
      'x-http-method-override': 'DELETE',
      forwarded: 'for=127.0.0.1;host=portal.test',
    };
    const tries: [string, string, number][] = [
      ['GET', `${theirs.path}/tickets`, 404],
      ['GET', `${mine.path}/invoices`, 403],
      ['GET', '/v1/staff/accounts', 403],
      ['GET', `${mine.path}/tickets`, 200],
    ];
    for (const [method, path, status] of tries) {
      const plain = await client.call(person.token, method, path);
      const answer = await client.call(person.token, method, path, undefined, forged);
      expect(answer.status, path).toBe(status);
      expect(plain.status, path).toBe(status);
    }
    const me = await client.call(person.token, 'GET', '/v1/me', undefined, forged);
    expect(me.body).toMatchObject({ user: { email: person.email }, staff: false });
    expect(me.body.memberships.map((part: Json) => part.accountId)).toEqual([mine.id]);
    expect((await client.call(nobody, 'GET', '/v1/me', undefined, forged)).status).toBe(401);
    expect((await readContact(client, mine, person)).status).toBe(200);
  });

  test('in query or body changes nothing either', async () => {
    const contact = await addContact(client, mine);
    const path = `${mine.path}/tickets`;
    expect((await asMe('GET', `${path}?accountId=${theirs.id}`)).status).toBe(400);
    const planted = { subject: 'Planted', message: 'Planted.', accountId: theirs.id };
    expect((await asMe('POST', path, planted)).status).toBe(400);
    expect((await asMe('PATCH', contact.path, { accountId: theirs.id })).status).toBe(400);
    const staffField = { subject: 'Planted', message: 'Planted.', author: { kind: 'staff' } };
    expect((await asMe('POST', path, staffField)).status).toBe(400);
    expect(await allOf(client, mine.owner.token, path)).toEqual([]);
    await expectTheirsUntouched();
  });
});

describe('what is for staff', () => {
  test('is refused to everybody else, and nothing comes of it', async () => {
    const person = await addSubAccount(client, mine, ['tickets']);
    const email = `planted-${mine.id.toLowerCase()}@people.test`;
    const body = { name: 'Planted', owner: { name: 'Planted', email, password } };
    for (const token of [mine.owner.token, person.token]) {
      const listed = await client.call(token, 'GET', '/v1/staff/accounts');
      expect(listed.status).toBe(403);
      expect(JSON.stringify(listed.body)).not.toContain('acct_');
      expect((await client.call(token, 'POST', '/v1/staff/accounts', body)).status).toBe(403);
    }
    expect((await client.call(nobody, 'GET', '/v1/staff/accounts')).status).toBe(401);
    await expect(client.signIn(email, password)).rejects.toThrow();
    const staff = await client.token(staffEmail);
    const accounts = await allOf(client, staff, '/v1/staff/accounts');
    expect(accounts.map((account) => account.owner.email)).not.toContain(email);
    expect(accounts.map((account) => account.id)).toEqual(expect.arrayContaining([mine.id, theirs.id]));
  });

  test('in a ticket is refused to a person of the account: private notes, and opening for another', async () => {
    const person = await addSubAccount(client, mine, ['tickets'], { name: 'Pia Person' });
    const other = await addContact(client, mine);
    const path = `${mine.path}/tickets`;
    const opened = await client.call(person.token, 'POST', path, { subject: 'Mine', message: 'Hello.' });
    const note = { message: 'A note of my own', private: true };
    const refused = await client.call(person.token, 'POST', `${path}/${opened.body.id}/replies`, note);
    expect([400, 403]).toContain(refused.status);
    const forOther = { subject: 'Not mine', message: 'Hello.', contactId: other.id };
    expect([400, 403]).toContain((await client.call(person.token, 'POST', path, forOther)).status);
    const tickets = await allOf(client, mine.owner.token, path);
    expect(tickets).toHaveLength(1);
    const read = await client.call(mine.owner.token, 'GET', `${path}/${opened.body.id}`);
    expect(read.body.messages).toHaveLength(1);
  });

  test('a staff login finds accounts by the beginning of their name', async () => {
    const staff = await client.token(staffEmail);
    const found = await allOf(client, staff, `/v1/staff/accounts?q=${encodeURIComponent(theirs.name)}`);
    expect(found.map((account) => account.id)).toEqual([theirs.id]);
    const me = await client.call(staff, 'GET', '/v1/me');
    expect(me).toMatchObject({ status: 200, body: { staff: { roles: ['administrator'] }, memberships: [] } });
    expect((await client.call(staff, 'GET', `/v1/accounts/acct_${nothing}/tickets`)).status).toBe(404);
  });

  test('an owner who has a login keeps it: with a password the account is refused, without one it is one more', async () => {
    const staff = await client.token(staffEmail);
    const owner = { name: 'Olive', email: mine.owner.email };
    const refused = await client.call(staff, 'POST', '/v1/staff/accounts', {
      name: 'Second',
      owner: { ...owner, password: 'Another-Password-2026' },
    });
    expect(refused.status).toBe(409);
    expect(refused.body.type).toMatch(problemType(''));
    await expect(client.signIn(mine.owner.email, 'Another-Password-2026')).rejects.toThrow();
    const parts = async () => (await client.call(mine.owner.token, 'GET', '/v1/me')).body.memberships;
    expect(await parts()).toHaveLength(1);

    const made = await client.call(staff, 'POST', '/v1/staff/accounts', { name: 'Second', owner });
    expect(made.status).toBe(201);
    const second = { accountId: made.body.id, accountName: 'Second', role: 'owner' };
    // It waits for whoever proves the address, and changes nothing before.
    expect(await parts()).toHaveLength(1);
    const path = `/v1/accounts/${made.body.id}`;
    expect((await client.call(mine.owner.token, 'GET', path)).status).toBe(404);

    const account = { ...mine, id: made.body.id as string, path, name: 'Second' };
    mine.owner.token = await acceptByLink(client, account, mine.owner);
    expect(await parts()).toContainEqual(expect.objectContaining({ ...second, status: 'active' }));
    expect((await client.call(mine.owner.token, 'GET', path)).status).toBe(200);
    await client.signIn(mine.owner.email, password);
  });
});
