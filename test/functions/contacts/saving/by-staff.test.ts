import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryPortal } from '../../../support/memory/memory-portal.ts';

let portal: MemoryPortal;
let accountId: string;
let ownerId: string;

beforeEach(async () => {
  portal = new MemoryPortal();
  ({ accountId, ownerId } = await portal.createAccount('Acme', 'owner@acme.test'));
  await portal.deliver();
  portal.mails.length = 0;
});

const contacts = () => `/v1/accounts/${accountId}/contacts`;
const person = { name: 'Bob', email: 'bob@acme.test' };
const make = (as: string, subAccount?: object) =>
  portal.call(as, 'POST', contacts(), { body: { ...person, ...(subAccount ? { subAccount } : {}) } });

async function toldOwner(): Promise<string[]> {
  await portal.deliver();
  const mails = portal.mails.filter(({ destinations }) => destinations.includes('owner@acme.test'));
  portal.mails.length = 0;
  return mails.map(({ text }) => text!);
}

describe('access that staff give, change or take', () => {
  test('is told to the owner each time, with what it was and what it is, and not who of them did it', async () => {
    const made = await make('stan', { permissions: ['tickets'] });
    const path = `${contacts()}/${made.body.id}`;
    const [given, ...more] = await toldOwner();
    expect(more).toEqual([]);
    expect(given).toMatch(/Bob \(bob@acme\.test\)[^]*Before: none\n\nNow: View & open support tickets/);
    expect(given).not.toContain('Stan');
    const body = { permissions: ['tickets', 'invoices'] };
    await portal.call('stan', 'PUT', `${path}/sub-account`, { body });
    expect(await toldOwner()).toEqual([expect.stringMatching(/Now: .*View & pay invoices/)]);
    await portal.call('stan', 'DELETE', `${path}/sub-account`);
    expect(await toldOwner()).toEqual([expect.stringContaining('Now: none')]);
    await make('stan', { permissions: ['tickets'] });
    await portal.call('stan', 'PUT', path, { body: { ...person, subAccount: { permissions: ['tickets'] } } });
    await toldOwner();
    await portal.call('stan', 'DELETE', path);
    expect(await toldOwner()).toEqual([expect.stringContaining('Now: none')]);
  });

  test('is told also where the owner switched all mail off', async () => {
    const off = { general: false, invoice: false, support: false, product: false, domain: false };
    await portal.call(ownerId, 'PATCH', `/v1/accounts/${accountId}`, { body: { emailPreferences: off } });
    await make('stan', { permissions: ['tickets'] });
    expect(await toldOwner()).toHaveLength(1);
  });

  test('is told where they approve a request for it', async () => {
    const made = await portal.createSubAccount(ownerId, accountId, 'sub@acme.test', ['tickets']);
    const requests = `/v1/accounts/${accountId}/access-requests`;
    const asked = await portal.call(made.userId, 'POST', requests, {
      body: { permissions: ['invoices'], message: 'Please' },
    });
    await toldOwner();
    await portal.call('stan', 'POST', `${requests}/${asked.body.id}/approve`);
    expect(await toldOwner()).toEqual([expect.stringMatching(/Now: .*View & pay invoices/)]);
  });

  test('is the owner’s own business where the account’s people do it, and no access where they note a contact', async () => {
    await make(ownerId, { permissions: ['tickets'] });
    const other = { name: 'Carl', email: 'carl@acme.test' };
    await portal.call('stan', 'POST', contacts(), { body: other });
    expect(await toldOwner()).toEqual([]);
  });
});

test('what was shown of a contact’s address says nothing of another one', async () => {
  const made = await make(ownerId);
  const key = { pk: `ACCOUNT#${accountId}`, sk: `CONTACT#${made.body.id}` };
  const proven = async () => (await portal.people.contact(accountId, made.body.id))!.proven;
  await portal.table.transact([{ update: key, set: { proven: true } }]);
  const path = `${contacts()}/${made.body.id}`;
  await portal.call(ownerId, 'PATCH', path, { body: { name: 'Robert', email: 'BOB@acme.test' } });
  expect(await proven()).toBe(true);
  await portal.call(ownerId, 'PATCH', path, { body: { email: 'robert@acme.test' } });
  expect(await proven()).toBeUndefined();
});
