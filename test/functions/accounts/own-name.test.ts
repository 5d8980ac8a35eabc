import { beforeEach, describe, expect, test } from 'vitest';
import { onTrigger } from '../../../functions/sign-in/on-trigger.ts';
import { loginRow } from '../../../shared/accounts/people-store.ts';
import { portalUrl } from '../../support/memory/memory-dependencies.ts';
import { attackers, chosen, email, type LoginDesk, type Place, twoPlaces } from '../logins/login-desk.ts';

let desk: LoginDesk & { newco: Place; mallory: Place };
let userId: string;
/** What Mallory's account calls the login that it made. */
const theirWord = 'Somebody';

beforeEach(async () => {
  desk = await twoPlaces();
  ({ userId } = await desk.activate(desk.mallory, email, attackers));
});

async function typeCode(): Promise<void> {
  await desk.portal.call(userId, 'POST', '/v1/me/prove-address');
  const body = { code: await desk.mailedCode(email) };
  expect((await desk.portal.call(userId, 'POST', '/v1/me/prove-address/confirm', { body })).status).toBe(204);
}

async function recoverPassword(): Promise<void> {
  const { portal } = desk;
  portal.directory.users.get(userId)!.password = chosen;
  await onTrigger(
    { ...portal.outbox(), portalUrl, secondOver: portal.secondOver },
    {
      triggerSource: 'PostConfirmation_ConfirmForgotPassword',
      userName: userId,
      request: { userAttributes: { email, name: theirWord } },
    },
  );
}

const sayName = (name: string) => desk.portal.call(userId, 'PATCH', '/v1/me', { body: { name } });
const openOwn = () => desk.openFor('Nora Ltd', { name: 'Nora as staff know her', email });
const ownerOf = async ({ accountId }: Place) => (await desk.portal.people.account(accountId))!.owner.name;
/** Who did it, as the account reads of what they do there. */
async function actorIn({ accountId }: Place): Promise<string> {
  const path = `/v1/accounts/${accountId}`;
  const changed = await desk.portal.call(userId, 'PATCH', path, { body: { address: { line1: 'Street 1' } } });
  expect(changed.status).toBe(200);
  const { items } = (await desk.portal.call(userId, 'GET', `${path}/activity`)).body;
  return items[0].actor.name;
}

describe.each([
  ['a code that was typed in', typeCode],
  ['a recovered password', recoverPassword],
])('a login that is proven by %s', (_, prove) => {
  test('carries the name that another account gave into none: neither before nor once it is accepted', async () => {
    await prove();
    desk.portal.advance(60);
    const own = await openOwn();
    expect(await ownerOf(own)).toBe('Nora as staff know her');
    expect((await desk.accept(userId, own)).status).toBe(204);
    expect(await ownerOf(own)).toBe('Nora as staff know her');
    expect(await actorIn(own)).toBe(email);
    expect(JSON.stringify(ofAccount(own))).not.toContain(theirWord);
  });

  test('carries no name either that somebody said in its session before', async () => {
    expect((await sayName('The Provider')).status).toBe(200);
    await prove();
    desk.portal.advance(60);
    const own = await openOwn();
    await desk.accept(userId, own);
    expect(await ownerOf(own)).toBe('Nora as staff know her');
  });

  test('is called what its person says from then on', async () => {
    await prove();
    desk.portal.advance(60);
    expect((await sayName('Nora Newton')).status).toBe(200);
    const own = await openOwn();
    expect(await ownerOf(own)).toBe('Nora Newton');
    await desk.accept(userId, own);
    expect(await actorIn(own)).toBe('Nora Newton');
  });

  test('owns an account that changed hands under the name that staff said', async () => {
    await prove();
    desk.portal.advance(60);
    const { portal, newco } = desk;
    const body = { email, name: 'Nora as staff know her', reason: 'Sold' };
    const path = `/v1/staff/accounts/${newco.accountId}/owner`;
    const asked = await portal.call('stan', 'PUT', path, { body });
    expect(asked.body.nextOwner.name).toBe('Nora as staff know her');
    await desk.accept(userId, newco);
    portal.advance(24 * 3600);
    for (let rounds = 0; rounds < 2; rounds++) {
      await portal.deliver();
      await portal.sweep();
    }
    expect(await ownerOf(newco)).toBe('Nora as staff know her');
    expect(JSON.stringify(ofAccount(newco))).not.toContain(theirWord);
  });
});

describe('a name', () => {
  test('that was said on the invitation’s page is the person’s own', async () => {
    const own = await openOwn();
    await desk.press((await desk.mailedToken(email))!, { name: 'Nora Newton', password: chosen });
    expect(await ownerOf(own)).toBe('Nora Newton');
    expect(await ownerOf(await openOwn())).toBe('Nora Newton');
    expect(JSON.stringify(ofAccount(own))).not.toContain(theirWord);
  });

  test('of a login that was proven before this was written down is the person’s own', async () => {
    const { namedBySelf: _, ...login } = (await desk.portal.people.login(userId))!;
    const before = { ...login, name: 'Nora Newton', proven: true };
    await desk.portal.table.transact([loginRow(before, { version: login.version })]);
    expect(await ownerOf(await openOwn())).toBe('Nora Newton');
  });

  test('of a login that ended is nobody’s', async () => {
    await typeCode();
    await sayName('Nora Newton');
    expect((await desk.leave(userId, desk.mallory)).status).toBe(204);
    await openOwn();
    await recoverPassword();
    desk.portal.advance(60);
    expect(await ownerOf(await openOwn())).toBe('Nora as staff know her');
  });
});

/** All that an account keeps. */
function ofAccount({ accountId }: Place) {
  return desk.portal.table.all().filter(({ pk }) => pk === `ACCOUNT#${accountId}`);
}
