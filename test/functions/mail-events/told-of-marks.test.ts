import { beforeEach, describe, expect, test } from 'vitest';
import { EventDesk } from './event-desk.ts';

const owner = 'owner@acme.test';
const told = { at: '2026-03-01T10:00:00.000Z', reason: 'Permanent/General' };

let desk: EventDesk;
let ticketId: string;

beforeEach(async () => {
  desk = await new EventDesk().open();
  ticketId = await desk.ticket();
});

test('an account is told of its own mail alone', async () => {
  const other = await desk.portal.createAccount('Globex', 'owner@globex.test');
  const shared = { name: 'Both', email: 'both@people.test' };
  await desk.contact(shared.email, ['general']);
  await desk.portal.call(other.ownerId, 'POST', `/v1/accounts/${other.accountId}/contacts`, { body: shared });
  await desk.sent();
  const ticket = await desk.ticket({ cc: [shared.email] });
  const [group] = await desk.reply(ticket);
  await desk.bounce(group!, shared.email);
  const alone = (await desk.reply(ticket)).find(
    ({ destinations }) => destinations.length === 1 && destinations[0] === shared.email,
  );
  await desk.bounce(alone!, shared.email);

  const seen = async (userId: string, accountId: string) => {
    const { body } = await desk.portal.call(userId, 'GET', `/v1/accounts/${accountId}/contacts`);
    return body.items.find(({ email }: { email: string }) => email === shared.email).emailBounced;
  };
  expect(await seen(desk.ownerId, desk.accountId)).toEqual(told);
  expect(await seen(other.ownerId, other.accountId)).toBeUndefined();
  expect(await seen('stan', other.accountId)).toEqual(told);
});

test('staff see an owner’s mark where they look up accounts', async () => {
  const [mail] = await desk.reply(ticketId);
  const path = `/v1/staff/accounts/${desk.accountId}`;
  expect((await desk.portal.call('stan', 'GET', path)).body.owner).not.toHaveProperty('emailBounced');
  await desk.bounce(mail!, owner);
  expect((await desk.portal.call('stan', 'GET', path)).body.owner.emailBounced).toEqual(told);
  const { body } = await desk.portal.call('stan', 'GET', '/v1/staff/accounts');
  expect(body.items[0].owner.emailBounced).toEqual(told);
});

describe('who is read to be dead is written to be dead too:', () => {
  /** Mail of the account to this contact's address comes back for good; gives the contact's id. */
  async function deadContact(email: string, more: object = {}): Promise<string> {
    const body = { name: 'Dee', email, emailPreferences: { general: true }, ...more };
    const made = await desk.portal.call(desk.ownerId, 'POST', `${desk.base}/contacts`, { body });
    await desk.sent();
    const ticket = await desk.ticket({ cc: [email] });
    const [group] = await desk.reply(ticket);
    await desk.bounce(group!, email);
    const alone = (await desk.reply(ticket)).find(
      ({ destinations }) => destinations.length === 1 && destinations[0] === email,
    );
    await desk.bounce(alone!, email);
    return made.body.id;
  }

  test.each([
    ['PATCH', '', { name: 'Dee Dee' }],
    ['PATCH', '', {}],
    ['PUT', '', { name: 'Dee Dee' }],
    ['PUT', '/sub-account', { permissions: ['tickets'] }],
  ])('%s of a contact%s with %j answers what its reading answers', async (method, under, body) => {
    const path = `${desk.base}/contacts/${await deadContact('dee@people.test')}`;
    const answer = await desk.portal.call(desk.ownerId, method, path + under, { body });
    expect(answer.body).toMatchObject({ emailBounced: told });
    expect((await desk.portal.call(desk.ownerId, 'GET', path)).body).toEqual(answer.body);
  });

  test('a contact who is recorded under a dead address, or invited there again', async () => {
    const id = await deadContact('dee@people.test', { subAccount: { permissions: ['tickets'] } });
    desk.portal.advance(2 * 24 * 3600);
    const path = `${desk.base}/contacts/${id}`;
    const again = await desk.portal.call(desk.ownerId, 'POST', `${path}/invite`);
    expect(again).toMatchObject({ status: 200, body: { emailBounced: told } });
    await desk.portal.call(desk.ownerId, 'DELETE', path);
    const body = { name: 'Dee', email: 'dee@people.test' };
    const made = await desk.portal.call(desk.ownerId, 'POST', `${desk.base}/contacts`, { body });
    expect(made.body).toMatchObject({ emailBounced: told });
  });

  test('a contact’s new address is told of, not the one of before', async () => {
    const path = `${desk.base}/contacts/${await deadContact('dee@people.test')}`;
    const body = { email: 'dee@elsewhere.test' };
    const moved = await desk.portal.call(desk.ownerId, 'PATCH', path, { body });
    expect(moved.body).not.toHaveProperty('emailBounced');
  });

  test('an account that staff change, close, or make for its owner', async () => {
    const [mail] = await desk.reply(ticketId);
    await desk.bounce(mail!, owner);
    const path = `/v1/staff/accounts/${desk.accountId}`;
    const changed = await desk.portal.call('stan', 'PATCH', path, { body: { status: 'blocked' } });
    expect(changed.body.owner).toMatchObject({ emailBounced: told });
    const body = { name: 'Acme Two', owner: { name: 'Olga', email: owner } };
    const made = await desk.portal.call('stan', 'POST', '/v1/staff/accounts', { body });
    expect(made.body.owner).toMatchObject({ emailBounced: told });
    for (const { id } of (await desk.portal.call('stan', 'GET', `${desk.base}/tickets`)).body.items)
      await desk.portal.call('stan', 'POST', `${desk.base}/tickets/${id}/close`);
    const closed = await desk.portal.call('stan', 'POST', `${path}/close`, { body: {} });
    expect(closed).toMatchObject({ status: 200, body: { owner: { emailBounced: told } } });
  });
});

test('an owner’s mark stands on the account’s card, read or changed, for those who see that of contacts', async () => {
  const { portal, base, ownerId } = desk;
  const add = async (email: string, permissions: string[]) =>
    (await portal.createSubAccount(ownerId, desk.accountId, email, permissions)).userId;
  const manager = await add('manager@people.test', ['contacts']);
  const other = await add('other@people.test', ['tickets', 'profile']);
  await desk.sent();
  const [mail] = await desk.reply(ticketId);
  await desk.bounce(mail!, owner);
  for (const user of [ownerId, manager, 'stan']) {
    expect((await portal.call(user, 'GET', base)).body).toMatchObject({ emailBounced: told });
  }
  expect((await portal.call(other, 'GET', base)).body).not.toHaveProperty('emailBounced');
  const changed = await portal.call(ownerId, 'PATCH', base, { body: { name: 'Acme Ltd' } });
  expect(changed.body).toEqual((await portal.call(ownerId, 'GET', base)).body);
  expect(changed.body).toMatchObject({ emailBounced: told });
});
