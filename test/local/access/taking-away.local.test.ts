import { describe, expect, inject, test } from 'vitest';
import { PortalClient } from '../../support/local/portal-client.ts';
import {
  acceptByLink,
  addContact,
  addSubAccount,
  allOf,
  grant,
  type Json,
  openAccount,
  password,
  problemType,
  readContact,
  sorted,
  unique,
  withinFiveSeconds,
} from '../people.ts';

const client = new PortalClient(inject('portal'));

/** Refused because the grant changed under way, or because it was looked up anew. */
function expectRefusedWrite(answer: { status: number; body: Json }): void {
  expect([403, 409]).toContain(answer.status);
  expect(answer.body.type).toBe(
    problemType(answer.status === 409 ? 'access-changed' : 'permission-required'),
  );
}

describe('taking a permission away', () => {
  test('a write sent at once does not land, and reads are refused within five seconds', async () => {
    const account = await openAccount(client);
    const person = await addSubAccount(client, account, ['tickets', 'invoices']);
    const tickets = `${account.path}/tickets`;
    expect((await client.call(person.token, 'GET', tickets)).status).toBe(200);
    expect((await client.call(person.token, 'GET', `${account.path}/invoices`)).status).toBe(200);

    expect((await grant(client, account, person, { permissions: ['invoices'] })).status).toBe(200);
    const write = await client.call(person.token, 'POST', tickets, { subject: 'Too late', message: 'No.' });
    expectRefusedWrite(write);
    await withinFiveSeconds(client, 403, () => client.call(person.token, 'GET', tickets));
    expect((await client.call(person.token, 'GET', `${account.path}/invoices`)).status).toBe(200);
    expect(await allOf(client, account.owner.token, tickets)).toEqual([]);
  });

  test('a write under a grant that was changed and given back answers access-changed, then goes through', async () => {
    const account = await openAccount(client);
    const person = await addSubAccount(client, account, ['tickets']);
    const tickets = `${account.path}/tickets`;
    await client.call(person.token, 'GET', tickets);
    await grant(client, account, person, { permissions: [] });
    await grant(client, account, person, { permissions: ['tickets'] });
    const opened = await withinFiveSeconds(client, 201, async () => {
      const answer = await client.call(person.token, 'POST', tickets, { subject: 'Back', message: 'Hello.' });
      if (answer.status !== 201) expectRefusedWrite(answer);
      return answer;
    });
    expect((await allOf(client, account.owner.token, tickets)).map((ticket) => ticket.id)).toEqual([
      opened.body.id,
    ]);
  });

  test('a manager who lost `contacts` cannot use the last moment to give itself or others anything', async () => {
    const account = await openAccount(client);
    const manager = await addSubAccount(client, account, ['contacts', 'tickets']);
    const other = await addContact(client, account);
    expect((await client.call(manager.token, 'GET', `${account.path}/contacts`)).status).toBe(200);
    await grant(client, account, manager, { permissions: ['tickets'] });
    const writes = await Promise.all([
      client.call(manager.token, 'PUT', `${other.path}/sub-account`, { permissions: ['tickets'], password }),
      client.call(manager.token, 'PATCH', other.path, { name: 'Somebody Else' }),
      client.call(manager.token, 'DELETE', other.path),
      client.call(manager.token, 'POST', `${account.path}/contacts`, {
        name: 'New',
        email: 'new@people.test',
      }),
    ]);
    for (const write of writes) expectRefusedWrite(write);
    const contacts = await allOf(client, account.owner.token, `${account.path}/contacts`);
    expect(sorted(contacts.map((contact) => contact.id))).toEqual(sorted([manager.id, other.id]));
    expect((await readContact(client, account, other)).body).toMatchObject({
      name: other.name,
      subAccount: null,
    });
    await withinFiveSeconds(client, 403, () => client.call(manager.token, 'GET', `${account.path}/contacts`));
  });

  test('ends what a key would repeat: the first answer is not read again by one who lost the right to it', async () => {
    const account = await openAccount(client);
    const person = await addSubAccount(client, account, ['tickets']);
    const key = { 'idempotency-key': unique('key') };
    const open = () =>
      client.call(
        person.token,
        'POST',
        `${account.path}/tickets`,
        { subject: 'A secret', message: 'Told once.' },
        key,
      );
    expect((await open()).status).toBe(201);
    await grant(client, account, person, { permissions: [] });
    const refused = await withinFiveSeconds(client, 403, open);
    expect(JSON.stringify(refused.body)).not.toContain('Told once.');
  });

  test('writes that race with the loss of the permission land before it or not at all', async () => {
    const account = await openAccount(client);
    const person = await addSubAccount(client, account, ['tickets']);
    const tickets = `${account.path}/tickets`;
    await client.call(person.token, 'GET', tickets);
    const racing = Array.from({ length: 8 }, (_, index) =>
      client.call(person.token, 'POST', tickets, { subject: `Race ${index}`, message: 'Now?' }),
    );
    expect((await grant(client, account, person, { permissions: [] })).status).toBe(200);
    const seenAfter = (await allOf(client, account.owner.token, tickets)).length;
    const answers = await Promise.all(racing);
    for (const answer of answers) if (answer.status !== 201) expectRefusedWrite(answer);
    const landed = answers.filter((answer) => answer.status === 201);
    const kept = await allOf(client, account.owner.token, tickets);
    expect(kept).toHaveLength(landed.length);
    expect(kept).toHaveLength(seenAfter);
  });
});

describe('deactivation', () => {
  test('leaves the login to one who owns another account', async () => {
    const account = await openAccount(client);
    const other = await openAccount(client);
    const contact = await addContact(client, account, { email: other.owner.email });
    expect((await grant(client, account, contact, { permissions: ['tickets'] })).status).toBe(200);
    await acceptByLink(client, account, other.owner);
    await client.call(account.owner.token, 'DELETE', `${contact.path}/sub-account`);
    const token = await client.signIn(other.owner.email, password);
    const me = await client.call(token, 'GET', '/v1/me');
    expect(me.body.memberships.map((part: Json) => [part.accountId, part.role])).toEqual([
      [other.id, 'owner'],
    ]);
    expect((await client.call(token, 'GET', `${account.path}/tickets`)).status).toBe(404);
    expect((await client.call(token, 'GET', `${other.path}/tickets`)).status).toBe(200);
  });

  test('and removal at the same time as activation leave no login without a contact', async () => {
    const account = await openAccount(client);
    for (let round = 0; round < 3; round += 1) {
      const contact = await addContact(client, account);
      const [activated, removed] = await Promise.all([
        grant(client, account, contact, { permissions: ['tickets'], password }),
        client.call(account.owner.token, 'DELETE', contact.path),
      ]);
      expect([200, 404, 409, 412]).toContain(activated.status);
      expect([204, 404, 409, 412]).toContain(removed.status);
      const there = (await client.call(account.owner.token, 'GET', contact.path)).status === 200;
      expect(there).toBe(removed.status !== 204);
      const token = await client.signIn(contact.email, password).catch(() => null);
      if (token === null) continue;
      const me = await client.call(token, 'GET', '/v1/me');
      expect(me.status === 200 ? me.body.memberships.length : 0).toBe(there ? 1 : 0);
    }
  });

  test('of the last part of a login stops it: no sign-in, no write, soon no read, and the contact stays', async () => {
    const account = await openAccount(client);
    const person = await addSubAccount(client, account, ['tickets']);
    const tickets = `${account.path}/tickets`;
    expect((await client.call(person.token, 'GET', tickets)).status).toBe(200);

    const ended = await client.call(account.owner.token, 'DELETE', `${person.path}/sub-account`);
    expect([200, 204]).toContain(ended.status);
    const write = await client.call(person.token, 'POST', tickets, { subject: 'Too late', message: 'No.' });
    expect([401, 403, 404, 409]).toContain(write.status);
    await expect(client.signIn(person.email, password)).rejects.toThrow();
    await withinFiveSeconds(client, 401, () => client.call(person.token, 'GET', tickets));
    await withinFiveSeconds(client, 401, () => client.call(person.token, 'GET', '/v1/me'));

    expect(await allOf(client, account.owner.token, tickets)).toEqual([]);
    const { body } = await readContact(client, account, person);
    expect(body).toMatchObject({ id: person.id, email: person.email });
    expect(body.subAccount === null || body.subAccount.status === 'inactive').toBe(true);
  });

  test('in one of two accounts leaves the other as it was', async () => {
    const left = await openAccount(client);
    const kept = await openAccount(client);
    const person = await addSubAccount(client, left, ['tickets']);
    const same = await addContact(client, kept, { email: person.email });
    expect((await grant(client, kept, same, { permissions: ['invoices'] })).status).toBe(200);
    person.token = await acceptByLink(client, kept, person);
    const memberships = () => client.call(person.token, 'GET', '/v1/me');
    await client.until(async () => (await memberships()).body.memberships.length === 2);

    await client.call(left.owner.token, 'DELETE', `${person.path}/sub-account`);
    const write = await client.call(person.token, 'POST', `${left.path}/tickets`, {
      subject: 'Too late',
      message: 'No.',
    });
    expect([403, 404, 409]).toContain(write.status);
    await withinFiveSeconds(client, 404, () => client.call(person.token, 'GET', left.path));
    expect((await memberships()).body.memberships.map((part: Json) => part.accountId)).toEqual([kept.id]);
    expect((await client.call(person.token, 'GET', `${kept.path}/invoices`)).status).toBe(200);
    const anew = await client.signIn(person.email, password);
    expect((await client.call(anew, 'GET', `${kept.path}/invoices`)).status).toBe(200);
    expect((await client.call(anew, 'GET', `${left.path}/tickets`)).status).toBe(404);
    expect(await allOf(client, left.owner.token, `${left.path}/tickets`)).toEqual([]);
  });

  test('a permission that is changed in one account is not changed in the other', async () => {
    const one = await openAccount(client);
    const two = await openAccount(client);
    const person = await addSubAccount(client, one, ['tickets']);
    const same = await addContact(client, two, { email: person.email });
    await grant(client, two, same, { permissions: ['tickets'] });
    person.token = await acceptByLink(client, two, person);
    await grant(client, one, person, { permissions: ['invoices'] });
    await withinFiveSeconds(client, 403, () => client.call(person.token, 'GET', `${one.path}/tickets`));
    expect((await client.call(person.token, 'GET', `${two.path}/tickets`)).status).toBe(200);
    expect((await client.call(person.token, 'GET', `${two.path}/invoices`)).status).toBe(403);
  });

  test('can be undone by an invitation: the login works again with the password that is chosen anew', async () => {
    const account = await openAccount(client);
    const person = await addSubAccount(client, account, ['tickets']);
    await client.call(account.owner.token, 'DELETE', `${person.path}/sub-account`);
    await expect(client.signIn(person.email, password)).rejects.toThrow();

    const again = await grant(client, account, person, { permissions: ['invoices'] });
    expect(again).toMatchObject({
      status: 200,
      body: { subAccount: { status: 'invited', permissions: ['invoices'] } },
    });
    await expect(client.signIn(person.email, password), 'the password it had').rejects.toThrow();
    const token = await acceptByLink(client, account, person);
    expect((await client.call(token, 'GET', `${account.path}/invoices`)).status).toBe(200);
    expect((await client.call(token, 'GET', `${account.path}/tickets`)).status).toBe(403);
    expect((await client.call(person.token, 'GET', `${account.path}/invoices`)).status).toBe(401);
  });

  test('of a contact that is removed altogether ends its part too', async () => {
    const account = await openAccount(client);
    const person = await addSubAccount(client, account, ['tickets'], { name: unique('Gone') });
    expect((await client.call(account.owner.token, 'DELETE', person.path)).status).toBe(204);
    expect((await client.call(account.owner.token, 'GET', person.path)).status).toBe(404);
    await expect(client.signIn(person.email, password)).rejects.toThrow();
    await withinFiveSeconds(client, 401, () => client.call(person.token, 'GET', `${account.path}/tickets`));
    expect(await allOf(client, account.owner.token, `${account.path}/contacts`)).toEqual([]);
  });
});
