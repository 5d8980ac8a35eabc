import { beforeEach, describe, expect, test, vi } from 'vitest';
import { loginRow } from '../../../shared/accounts/people-store.ts';
import { attackers, email } from '../logins/login-desk.ts';
import { type TriggerDesk, triggerDesk } from './trigger-desk.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let desk: TriggerDesk;
let userId: string;

beforeEach(async () => {
  desk = await triggerDesk();
  ({ userId } = await desk.provenIn(desk.newco));
  await desk.portal.deliver();
  desk.portal.advance(60);
  desk.portal.mails.length = 0;
});

const refused = (issuedAt: Date, who = userId) =>
  expect(desk.portal.authorizer(who, issuedAt)).rejects.toThrow('invalid-token');
const login = async (who = userId) => (await desk.portal.people.login(who))!;
const user = (who = userId) => desk.portal.directory.users.get(who)!;

describe('a recovered password', () => {
  test('ends sessions and tokens, the same second included, and lets its person in at once', async () => {
    const { portal, recover } = desk;
    const before = new Date(portal.now.getTime() - 30_000);
    const sameSecond = portal.now;
    const ended = user().ended!;
    await recover(userId);
    expect(user().ended).toBe(ended + 1);
    await refused(before);
    await refused(sameSecond);
    await refused(new Date(sameSecond.getTime() + 999));
    expect((await portal.authorizer(userId, portal.now)).userId).toBe(userId);
  });

  test('leaves nothing to be done: nobody ends the session that begins after it', async () => {
    const { portal, recover, waiting } = desk;
    await recover(userId);
    const ended = user().ended!;
    await portal.deliver();
    expect(waiting()).toEqual([]);
    portal.advance(120);
    await portal.sweep();
    expect(user().ended).toBe(ended);
    expect(await login()).not.toHaveProperty('endingSessions');
    expect(waiting()).toEqual([]);
  });

  test('is told to its person by mail', async () => {
    const { portal, recover, mailsTo } = desk;
    await recover(userId);
    await portal.deliver();
    expect(mailsTo(email).map(({ subject }) => subject)).toEqual(['Your password was changed']);
  });

  test('keeps the second factor of a proven login', async () => {
    user().factor = { secret: 'theirs', isOn: true };
    const secondFactor = { sinceSeconds: 1 };
    const before = await login();
    await desk.portal.table.transact([loginRow({ ...before, secondFactor }, { version: before.version })]);
    await desk.recover(userId);
    expect(user().factor?.isOn).toBe(true);
    expect(await login()).toMatchObject({ secondFactor });
  });

  test('drops one that was set up at the user pool past the portal: it would keep its person out', async () => {
    const addressChange = { id: 'c', email: 'new@newco.test', effectiveAtSeconds: null };
    const before = await login();
    await desk.portal.table.transact([loginRow({ ...before, addressChange }, { version: before.version })]);
    user().factor = { secret: 'somebody-else’s', isOn: true };
    await desk.recover(userId);
    expect(user().factor?.isOn).toBe(false);
    expect(await login()).toMatchObject({ addressChange });
  });

  test('of somebody else is nobody’s matter', async () => {
    const { portal, recover, newco } = desk;
    const { now } = portal;
    await recover(userId);
    expect((await portal.authorizer(newco.ownerId, now)).userId).toBe(newco.ownerId);
  });

  test('is written in the middle of other changes of the row', async () => {
    const { portal, recover } = desk;
    let once = true;
    portal.table.before = async (call) => {
      if (call !== 'transact' || !once) return;
      once = false;
      await portal.call(userId, 'PATCH', '/v1/me', { body: { name: 'Another Name' } });
    };
    await recover(userId);
    expect(once).toBe(false);
    expect(await login()).toMatchObject({ name: 'Another Name', proven: true });
    expect((await login()).notBeforeSeconds).toBeGreaterThan(0);
  });
});

describe('an unproven login', () => {
  const other = 'second@newco.test';
  let second: string;

  beforeEach(async () => {
    ({ userId: second } = await desk.activate(desk.newco, other, attackers));
    desk.portal.advance(60);
  });

  test('is proven by a recovered password, and what others chose for it is worth nothing', async () => {
    const { portal, recover } = desk;
    const { now } = portal;
    user(second).factor = { secret: 'theirs', isOn: true };
    await recover(second);
    expect((await login(second)).proven).toBe(true);
    expect(user(second).factor?.isOn).toBe(false);
    expect(portal.directory.signIn(other, attackers)).toBeNull();
    await refused(now, second);
    expect((await portal.authorizer(second, portal.now)).userId).toBe(second);
  });

  test('may accept in the portal afterwards, and what it was not asked for still waits', async () => {
    const { portal, recover, activate, mallory, statuses, accept } = desk;
    await activate(mallory, other);
    await recover(second);
    const { newco } = desk;
    expect(await statuses(second)).toEqual({ [newco.accountId]: 'active', [mallory.accountId]: 'invited' });
    expect((await accept(second, mallory)).status).toBe(204);
    expect(await statuses(second)).toMatchObject({ [mallory.accountId]: 'active' });
    expect(portal.mails).toEqual([]);
  });

  test('is not proven by a code that went to another address than its own', async () => {
    const { call } = desk;
    await call('PostConfirmation_ConfirmForgotPassword', second, null, { email: 'mallory@evil.test' });
    expect((await login(second)).proven).not.toBe(true);
  });

  test('that is disabled by then comes back by invitation alone', async () => {
    const { recover, leave, newco } = desk;
    await leave(second, newco);
    await recover(second);
    expect((await login(second)).proven).not.toBe(true);
  });
});

describe('where something fails', () => {
  const away = () => {
    throw new Error('away');
  };

  test('at the user pool, tokens are refused and the outbox ends the sessions', async () => {
    const { portal, recover, waiting } = desk;
    const { now } = portal;
    const ended = user().ended!;
    portal.directory.before = away;
    await recover(userId);
    await refused(now);
    const meanwhile = new Date(portal.now.getTime() + 5000);
    await expect(portal.authorizer(userId, meanwhile)).rejects.toThrow('try-again');
    // Who signed in by then is out again when it is repaired, rather than in without a refresh.
    portal.directory.before = () => {};
    portal.advance(10);
    await portal.deliver();
    expect(user().ended).toBe(ended + 1);
    await refused(meanwhile);
    expect(await login()).not.toHaveProperty('endingSessions');
    expect((await portal.authorizer(userId, portal.now)).userId).toBe(userId);
    expect(waiting()).toEqual([]);
  });

  test('the outbox goes on trying until the user pool is back', async () => {
    const { portal, recover } = desk;
    const ended = user().ended!;
    portal.directory.before = away;
    await recover(userId);
    await portal.deliver();
    expect(await login()).toHaveProperty('endingSessions');
    portal.directory.before = () => {};
    await portal.deliver();
    expect(user().ended).toBe(ended + 1);
    expect(await login()).not.toHaveProperty('endingSessions');
  });

  test('and the password is recovered once more meanwhile, the first repair ends nothing of the second', async () => {
    const { portal, recover, waiting } = desk;
    portal.directory.before = away;
    await recover(userId);
    portal.directory.before = () => {};
    await recover(userId);
    const ended = user().ended!;
    const { now } = portal;
    await portal.deliver();
    expect(user().ended).toBe(ended);
    expect((await portal.authorizer(userId, now)).userId).toBe(userId);
    expect(waiting()).toEqual([]);
  });

  test('and the machine stops half way, the sweep ends what was begun', async () => {
    const { portal, recover, waiting } = desk;
    const ended = user().ended!;
    portal.directory.before = () => {
      portal.table.before = away;
      throw new Error('stopped');
    };
    const told = portal.nudged.length;
    const { nudgeOutbox } = portal;
    portal.nudgeOutbox = async () => {};
    await recover(userId).catch(() => undefined);
    portal.nudgeOutbox = nudgeOutbox;
    portal.directory.before = () => {};
    portal.table.before = () => {};
    expect(portal.nudged).toHaveLength(told);
    portal.advance(61);
    await portal.sweep();
    expect(user().ended).toBe(ended + 1);
    expect(await login()).not.toHaveProperty('endingSessions');
    expect(waiting()).toEqual([]);
  });

  test('at the table, no session goes on and the pool hears that it failed', async () => {
    const { portal, recover } = desk;
    const ended = user().ended!;
    portal.table.before = away;
    await expect(recover(userId)).rejects.toThrow('away');
    portal.table.before = () => {};
    expect(user().ended).toBe(ended + 1);
  });

  test('two at once end well: the last one’s mark is gone, and nothing waits', async () => {
    const { portal, recover, waiting } = desk;
    await Promise.all([recover(userId), recover(userId)]);
    await portal.deliver();
    portal.advance(120);
    await portal.sweep();
    expect(await login()).not.toHaveProperty('endingSessions');
    expect(waiting()).toEqual([]);
    portal.advance(1);
    expect((await portal.authorizer(userId, portal.now)).userId).toBe(userId);
  });
});
