import { beforeEach, describe, expect, test } from 'vitest';
import { type Called, MemoryPortal } from '../../support/memory/memory-portal.ts';

interface Place {
  accountId: string;
  ownerId: string;
}

let portal: MemoryPortal;
let acme: Place;
let globex: Place;
/** A sub-account of Acme with `tickets`, who has accepted a part in Globex. */
let pia: string;

const address = 'pia@acme.test';

beforeEach(async () => {
  portal = new MemoryPortal();
  acme = await portal.createAccount('Acme', 'owner@acme.test');
  globex = await portal.createAccount('Globex', 'owner@globex.test');
  ({ userId: pia } = await portal.createSubAccount(acme.ownerId, acme.accountId, address, ['tickets']));
  await portal.createSubAccount(globex.ownerId, globex.accountId, address, ['tickets']);
});

const base = ({ accountId }: Place) => `/v1/accounts/${accountId}`;
const call = (userId: string, method: string, path: string, body?: object): Promise<Called> =>
  portal.call(userId, method, path, body ? { body } : {});
const ticket = { subject: 'The line is down', message: 'Since noon.' };
const open = async (userId: string, place = acme): Promise<string> =>
  (await call(userId, 'POST', `${base(place)}/tickets`, ticket)).body.id;
const write = (userId: string, id: string) =>
  call(userId, 'POST', `${base(acme)}/tickets/${id}/replies`, { message: 'More of it.' });
const move = (userId: string, id: string, to: { accountId: string } = globex) =>
  call(userId, 'POST', `${base(acme)}/tickets/${id}/move`, { accountId: to.accountId });

const forStaff = { status: 403, body: { type: expect.stringMatching(/staff-only$/) } };

async function stays(id: string): Promise<void> {
  expect(await call(acme.ownerId, 'GET', `${base(acme)}/tickets/${id}`)).toMatchObject({ status: 200 });
}

describe('a ticket is moved', () => {
  test('by who opened it, into an account that has proven them; staff’s answers go with it', async () => {
    const id = await open(pia);
    await write('stan', id);
    await write(pia, id);
    expect(await move(pia, id)).toMatchObject({ status: 200, body: { accountId: globex.accountId } });
    const there = await call(globex.ownerId, 'GET', `${base(globex)}/tickets/${id}`);
    expect(there.body.messages).toHaveLength(3);
    expect((await call(acme.ownerId, 'GET', `${base(acme)}/tickets/${id}`)).status).toBe(404);
  });

  test('into an account that has them as a contact without a login, where their address is proven', async () => {
    const south = await portal.createAccount('South', 'owner@south.test');
    await call(south.ownerId, 'POST', `${base(south)}/contacts`, { name: 'Pia', email: address });
    const id = await open(pia);
    expect(await move(pia, id, south)).toMatchObject({ status: 200, body: { accountId: south.accountId } });
  });

  test('by staff, whoever opened it and whoever wrote in it', async () => {
    const id = await open(pia);
    await write(acme.ownerId, id);
    expect(await move('stan', id)).toMatchObject({ status: 200 });
  });
});

describe('a ticket stays', () => {
  test('where a sub-account with `tickets` would carry the owner’s into an account that it made ready', async () => {
    const id = await open(acme.ownerId);
    // Mallory owns an account of her own, which now knows the owner's address.
    const mallory = await portal.createAccount('Mallory', 'mallory@mallory.test');
    const given = { name: 'Owner', email: 'owner@acme.test' };
    await call(mallory.ownerId, 'POST', `${base(mallory)}/contacts`, given);
    await portal.createSubAccount(acme.ownerId, acme.accountId, 'mallory@mallory.test', ['tickets']);
    expect(await move(mallory.ownerId, id, mallory)).toMatchObject(forStaff);
    expect(await move(mallory.ownerId, id)).toMatchObject(forStaff);
    await stays(id);
  });

  test('where somebody else of the account wrote in it', async () => {
    const id = await open(pia);
    await write(acme.ownerId, id);
    expect(await move(pia, id)).toMatchObject(forStaff);
    await stays(id);
  });

  test('where the one who wrote was removed since', async () => {
    const id = await open(pia);
    const other = await portal.createSubAccount(acme.ownerId, acme.accountId, 'max@acme.test', ['tickets']);
    await write(other.userId, id);
    await call(acme.ownerId, 'DELETE', `${base(acme)}/contacts/${other.contactId}`);
    expect(await move(pia, id)).toMatchObject(forStaff);
  });

  test('where staff opened it for somebody else, who has not written yet', async () => {
    const contact = await call(acme.ownerId, 'POST', `${base(acme)}/contacts`, {
      name: 'Max',
      email: 'max@acme.test',
    });
    const body = { ...ticket, contactId: contact.body.id };
    const { body: opened } = await call('stan', 'POST', `${base(acme)}/tickets`, body);
    expect(await move(pia, opened.id)).toMatchObject(forStaff);
    await stays(opened.id);
  });

  test('where it was opened by another person, for whom somebody chose a password', async () => {
    const contacts = `${base(acme)}/contacts`;
    const body = { name: 'Max', email: 'max@acme.test' };
    const max = await call(acme.ownerId, 'POST', contacts, body);
    await portal.receive(
      'From: max@acme.test\nTo: support@portal.test\nSubject: Help\nMessage-ID: <m@acme.test>\n\nHello.',
    );
    const [mailed] = (await call(acme.ownerId, 'GET', `${base(acme)}/tickets`)).body.items;
    expect(mailed.openedBy.id).toBe(max.body.id);
    // Who may manage contacts signs in as Max, and has an account that knows Max.
    const access = { permissions: ['tickets'], password: 'Correct-Horse-1' };
    await call(acme.ownerId, 'PUT', `${contacts}/${max.body.id}/sub-account`, access);
    await call(globex.ownerId, 'POST', `${base(globex)}/contacts`, body);
    const { userId } = await portal.people.byAddress('max@acme.test');
    expect((await move(userId!, mailed.id)).status).toBe(400);
    await stays(mailed.id);
  });

  test.each([
    ['is not known', async () => portal.createAccount('North', 'owner@north.test')],
    [
      'was invited, and has not accepted',
      async () => {
        const north = await portal.createAccount('North', 'owner@north.test');
        const contacts = `${base(north)}/contacts`;
        const made = await call(north.ownerId, 'POST', contacts, { name: 'Pia', email: address });
        const access = { permissions: ['tickets'] };
        await call(north.ownerId, 'PUT', `${contacts}/${made.body.id}/sub-account`, access);
        return north;
      },
    ],
    ['has to do with none', async () => ({ accountId: 'acct_nothing', ownerId: '' })],
  ])('where its opener %s in the other account, and no account is told apart from none', async (_, make) => {
    const id = await open(pia);
    const refused = await move(pia, id, await make());
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ path: 'accountId' }] } });
    await stays(id);
  });
});
