import { beforeAll, describe, expect, inject, test } from 'vitest';
import { type Answered, PortalClient } from '../../support/local/portal-client.ts';
import {
  type Account,
  activityOf,
  addContact,
  addSubAccount,
  grant,
  type Json,
  openAccount,
  password,
  problemType,
  readContact,
  sorted,
  staffEmail,
  type SubAccount,
  withinFiveSeconds,
} from '../people.ts';

const client = new PortalClient(inject('portal'));

let account: Account;
let manager: SubAccount;

beforeAll(async () => {
  account = await openAccount(client);
  manager = await addSubAccount(client, account, ['contacts', 'tickets'], { name: 'Mona Manager' });
});

const ask = (person: SubAccount, permissions: string[]): Promise<Answered> =>
  client.call(person.token, 'POST', `${account.path}/access-requests`, { permissions, message: 'Please.' });

const decide = (token: string, request: Answered, decision: string): Promise<Answered> =>
  client.call(token, 'POST', `${account.path}/access-requests/${request.body.id}/${decision}`);

async function statusOf(request: Answered): Promise<string> {
  const list = await client.call(account.owner.token, 'GET', `${account.path}/access-requests?limit=100`);
  return list.body.items.find((item: Json) => item.id === request.body.id).status;
}

describe('requests that a delegate decides', () => {
  test('within its limits it approves, and the person is let in', async () => {
    const person = await addSubAccount(client, account, []);
    const request = await ask(person, ['tickets']);
    const approved = await decide(manager.token, request, 'approve');
    expect(approved).toMatchObject({
      status: 200,
      body: { status: 'approved', decidedBy: { name: 'Mona Manager' } },
    });
    await withinFiveSeconds(client, 200, () => client.call(person.token, 'GET', `${account.path}/tickets`));
  });

  test('beyond them it does not, and the request stays open for one who may', async () => {
    const person = await addSubAccount(client, account, []);
    const request = await ask(person, ['tickets', 'invoices', 'quotes']);
    const refused = await decide(manager.token, request, 'approve');
    expect(refused).toMatchObject({ status: 403, body: { type: problemType('delegation-limit') } });
    expect(sorted(refused.body.exceeds)).toEqual(['invoices', 'quotes']);
    expect(await statusOf(request)).toBe('open');
    expect((await readContact(client, account, person)).body.subAccount.permissions).toEqual([]);
    expect((await decide(account.owner.token, request, 'approve')).status).toBe(200);
    expect(await statusOf(request)).toBe('approved');
  });

  test('of a person who holds what it lacks it does not approve even what it holds', async () => {
    const biller = await addSubAccount(client, account, ['invoices']);
    const request = await ask(biller, ['tickets']);
    const refused = await decide(manager.token, request, 'approve');
    expect(refused).toMatchObject({
      status: 403,
      body: { type: problemType('delegation-limit'), exceeds: ['invoices'] },
    });
    expect(await statusOf(request)).toBe('open');
    expect((await readContact(client, account, biller)).body.subAccount.permissions).toEqual(['invoices']);
  });

  test('its own it does not approve', async () => {
    const request = await ask(manager, ['invoices']);
    expect(request.status).toBe(201);
    const refused = await decide(manager.token, request, 'approve');
    expect(refused).toMatchObject({ status: 403, body: { type: problemType('delegation-limit') } });
    expect(await statusOf(request)).toBe('open');
    const { permissions } = (await readContact(client, account, manager)).body.subAccount;
    expect(sorted(permissions)).toEqual(['contacts', 'tickets']);
  });

  test('without `contacts` nobody decides', async () => {
    const person = await addSubAccount(client, account, []);
    const request = await ask(person, ['tickets']);
    for (const decision of ['approve', 'reject'])
      expect(await decide(person.token, request, decision)).toMatchObject({
        status: 403,
        body: { requiredPermission: 'contacts' },
      });
    expect(await statusOf(request)).toBe('open');
  });

  test('staff approve anything', async () => {
    const person = await addSubAccount(client, account, []);
    const request = await ask(person, ['invoices', 'contacts']);
    const approved = await decide(await client.token(staffEmail), request, 'approve');
    expect(approved).toMatchObject({ status: 200, body: { decidedBy: { kind: 'staff' } } });
    const { permissions } = (await readContact(client, account, person)).body.subAccount;
    expect(sorted(permissions)).toEqual(['contacts', 'invoices']);
    await grant(client, account, person, { permissions: [] });
  });
});

describe('the activity log', () => {
  test('has every change of access with who, what, before and after, newest first', async () => {
    const mine = await openAccount(client);
    const delegate = await addSubAccount(client, mine, ['contacts', 'tickets'], { name: 'Dora Delegate' });
    const contact = await addContact(client, mine, { name: 'Peter Person' });
    const path = `${contact.path}/sub-account`;
    await client.call(delegate.token, 'PUT', path, { permissions: ['tickets'], password });
    await grant(client, mine, contact, {
      permissions: ['invoices', 'tickets'],
      expiresAt: '2099-12-31T00:00:00Z',
      note: 'For the audit',
    });
    const token = await client.signIn(contact.email, password);
    const request = await client.call(token, 'POST', `${mine.path}/access-requests`, {
      permissions: ['quotes'],
      message: 'Please.',
    });
    await client.call(mine.owner.token, 'POST', `${mine.path}/access-requests/${request.body.id}/approve`);
    await client.call(await client.token(staffEmail), 'DELETE', path);

    const log = await activityOf(client, mine);
    const changes = log.filter(
      (entry) => entry.subject.id === contact.id && entry.action.startsWith('sub-account.'),
    );
    for (const entry of changes) {
      expect(entry).toMatchObject({ id: expect.any(String), at: expect.stringMatching(/Z$/) });
      expect(entry.subject).toEqual({ kind: 'contact', id: contact.id, name: 'Peter Person' });
    }
    expect(
      changes.map(({ actor, before, after }) => [
        actor.kind,
        sorted(before?.permissions ?? []),
        sorted(after?.permissions ?? []),
      ]),
    ).toEqual([
      ['staff', ['invoices', 'quotes', 'tickets'], []],
      ['owner', ['invoices', 'tickets'], ['invoices', 'quotes', 'tickets']],
      ['owner', ['tickets'], ['invoices', 'tickets']],
      ['contact', [], ['tickets']],
    ]);
    expect(changes[3].actor).toEqual({ kind: 'contact', id: delegate.id, name: 'Dora Delegate' });
    expect(changes[2].actor).toEqual({ kind: 'owner', id: mine.owner.id, name: mine.owner.name });
    expect(changes[2].after).toMatchObject({ note: 'For the audit' });
    expect(new Date(changes[2].after.expiresAt).toISOString()).toBe('2099-12-31T00:00:00.000Z');
    const times = log.map((entry) => entry.at);
    expect(times).toEqual(sorted(times).toReversed());
    expect(JSON.stringify(log)).not.toContain(password);
  });

  test('has the request and the decision, the removal of a contact, and nothing of what was refused', async () => {
    const mine = await openAccount(client);
    const delegate = await addSubAccount(client, mine, ['contacts']);
    const person = await addSubAccount(client, mine, ['tickets'], { name: 'Rita Refused' });
    const before = await activityOf(client, mine);
    const refused = await client.call(delegate.token, 'PUT', `${person.path}/sub-account`, {
      permissions: ['tickets', 'contacts'],
    });
    expect(refused.status).toBe(403);
    expect(await activityOf(client, mine)).toEqual(before);

    const asked = await client.call(person.token, 'POST', `${mine.path}/access-requests`, {
      permissions: ['invoices'],
      message: 'Please.',
    });
    await client.call(mine.owner.token, 'POST', `${mine.path}/access-requests/${asked.body.id}/reject`);
    await client.call(mine.owner.token, 'DELETE', person.path);
    const news = (await activityOf(client, mine)).slice(0, -before.length);
    expect(news.at(-1)).toMatchObject({ actor: { kind: 'contact', id: person.id } });
    expect(news.at(-2)).toMatchObject({
      actor: { kind: 'owner', id: mine.owner.id },
      before: { status: 'open' },
      after: { status: 'rejected' },
    });
    const lost = news.find((entry) => entry.before?.permissions?.includes('tickets'));
    expect(lost).toMatchObject({
      actor: { kind: 'owner' },
      subject: { id: person.id, name: 'Rita Refused' },
    });
  });

  test('is read page by page without a gap or a repeat', async () => {
    const mine = await openAccount(client);
    for (let index = 0; index < 4; index += 1) await addContact(client, mine, { name: `Contact ${index}` });
    const whole = await activityOf(client, mine);
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = await client.call(mine.owner.token, 'GET', `${mine.path}/activity?limit=2${query}`);
      expect(page.body.items.length).toBeLessThanOrEqual(2);
      ids.push(...page.body.items.map((entry: Json) => entry.id as string));
      cursor = page.body.nextCursor;
    } while (cursor !== null);
    expect(ids).toEqual(whole.map((entry) => entry.id));
    expect(new Set(ids).size).toBe(5);
  });
});
