import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { CallerContext } from '../../../shared/http/authorise.ts';
import { interleave } from '../../support/faults/stoppages.ts';
import { totpOf } from '../../support/memory/memory-directory.ts';
import type { CallOptions } from '../../support/memory/memory-portal.ts';
import { chosen, email, twoPlaces } from './login-desk.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

const path = '/v1/me/second-factor';

let desk: Awaited<ReturnType<typeof twoPlaces>>;
let userId: string;

beforeEach(async () => {
  desk = await twoPlaces();
  ({ userId } = await desk.provenIn(desk.newco));
  desk.portal.advance(60);
  desk.portal.mails.length = 0;
});

/** The directory in memory knows a user by the token. */
const call = (method: string, of: string, options: CallOptions = {}) =>
  desk.portal.call(userId, method, of, {
    ...options,
    headers: { ...options.headers, authorization: `Bearer ${userId}` },
  });

async function begun(options: CallOptions = {}) {
  const answer = await call('POST', path, options);
  expect(answer.status).toBe(200);
  const code = (await desk.mailedCode(email))!;
  return { ...(answer.body as { secret: string; otpauthUri: string }), code };
}

const confirm = (body: object, options: CallOptions = {}) =>
  call('POST', `${path}/confirm`, { body, ...options });

async function setUp(): Promise<void> {
  const { code, secret } = await begun();
  expect((await confirm({ code, totp: totpOf(secret) })).status).toBe(204);
}

const stored = async () => (await desk.portal.people.login(userId))!;
const factor = () => desk.portal.directory.users.get(userId)!.factor;
const shown = async () => (await desk.portal.call(userId, 'GET', '/v1/me')).body.user.secondFactor;

describe('setting up a second factor', () => {
  test('answers a secret for an authenticator and mails a code; nothing counts yet', async () => {
    const { secret, otpauthUri, code } = await begun();
    const read = new URL(otpauthUri);
    expect([read.protocol, read.host]).toEqual(['otpauth:', 'totp']);
    expect(read.searchParams.get('secret')).toBe(secret);
    expect(decodeURIComponent(read.pathname)).toContain(email);
    expect(code).toMatch(/^\d{8}$/);
    expect(await shown()).toBe(false);
    expect(factor()?.isOn ?? false).toBe(false);
    expect((await desk.portal.authorizer(userId)).secondFactor).toBe('false');
  });

  test('keeps the secret in no row and out of the repeated answer', async () => {
    const headers = { 'idempotency-key': 'once' };
    const { secret } = await begun({ headers });
    expect(JSON.stringify(desk.portal.table.all())).not.toContain(secret);
    const repeated = await call('POST', path, { headers });
    expect(repeated.body).toEqual({ secret: null, otpauthUri: null });
    expect(factor()!.begun).toBe(secret);
  });

  test('counts once both codes are right, and ends every session and token', async () => {
    const { portal } = desk;
    const signedInAt = portal.now;
    const ended = portal.directory.users.get(userId)!.ended!;
    await setUp();
    expect(factor()!.isOn).toBe(true);
    expect(portal.directory.users.get(userId)!.ended).toBe(ended + 1);
    for (const at of [signedInAt, new Date(signedInAt.getTime() + 999)]) {
      await expect(portal.authorizer(userId, at)).rejects.toThrow('invalid-token');
    }
    expect((await portal.authorizer(userId, portal.now)).secondFactor).toBe('true');
    expect(await shown()).toBe(true);
  });

  test('tells the person by mail', async () => {
    const { portal } = desk;
    await setUp();
    portal.mails.length = 0;
    await portal.deliver();
    expect(portal.mails.map(({ destinations, subject }) => [destinations, subject])).toEqual([
      [[email], 'Signing in takes your second factor now'],
    ]);
  });

  test.each(['a wrong mailed code', 'a wrong code of the authenticator'])(
    'is refused for %s, and the user pool asks for none',
    async (what) => {
      const { code, secret } = await begun();
      const isMailed = what === 'a wrong mailed code';
      const body = {
        code: isMailed ? String((Number(code) + 1) % 1e8).padStart(8, '0') : code,
        totp: isMailed ? totpOf(secret) : '999999',
      };
      const refused = await confirm(body);
      expect([refused.status, refused.body.errors[0].path]).toEqual([400, isMailed ? 'code' : 'totp']);
      expect(factor()?.isOn ?? false).toBe(false);
      expect((await stored()).secondFactor).toBeUndefined();
      expect((await confirm({ code, totp: totpOf(secret) })).status).toBe(204);
    },
  );

  test('counts a wrong code of the authenticator as a try of the mailed one', async () => {
    const { code, secret } = await begun();
    for (let tries = 0; tries < 5; tries++) {
      expect((await confirm({ code, totp: '999999' })).body.errors[0].path).toBe('totp');
    }
    expect((await confirm({ code, totp: totpOf(secret) })).body.errors[0].path).toBe('code');
    expect(factor()?.isOn ?? false).toBe(false);
  });

  test('takes no code for another purpose', async () => {
    const { secret } = await begun();
    await call('POST', '/v1/me/prove-address');
    const code = (await desk.mailedCode(email))!;
    expect((await confirm({ code, totp: totpOf(secret) })).status).toBe(400);
  });

  test('proves a login that was not, as its code was mailed and typed in', async () => {
    const other = await desk.activate(desk.newco, 'dora@newco.test', chosen);
    userId = other.userId;
    const answer = await call('POST', path);
    const code = (await desk.mailedCode('dora@newco.test'))!;
    await confirm({ code, totp: totpOf(answer.body.secret) });
    expect(await stored()).toMatchObject({ proven: true });
  });

  test.each(['verifySecondFactor', 'requireSecondFactor'])(
    'counts for nothing where the user pool is away at %s, and goes on afterwards',
    async (at) => {
      const { directory } = desk.portal;
      const { code, secret } = await begun();
      directory.before = (name) => {
        if (name === at) throw new Error('away');
      };
      expect((await confirm({ code, totp: totpOf(secret) })).status).toBe(500);
      directory.before = () => {};
      expect((await stored()).secondFactor).toBeUndefined();
      await setUp();
      expect(await shown()).toBe(true);
    },
  );

  test('sets up none for a login that leaves its last account meanwhile, whenever that is', async () => {
    for (let nth = 1; ; nth++) {
      const { portal, newco } = desk;
      const cached = await portal.authorizer(userId);
      const { code, secret } = await begun({ cached });
      const own = `/v1/me/memberships/${newco.accountId}`;
      const came = await interleave(
        portal,
        nth,
        () => confirm({ code, totp: totpOf(secret) }, { cached }),
        () => portal.call('', 'DELETE', own, { cached }),
      );
      if (!came) break;
      // Once it is set up, the session that would leave has ended.
      const left = came[1].status === 204;
      expect(came[1].status, `left before call ${nth}`).toBe(left ? 204 : 401);
      expect((await stored()).secondFactor === undefined, `left before call ${nth}`).toBe(left);
      desk = await twoPlaces();
      ({ userId } = await desk.provenIn(desk.newco));
    }
    expect(await shown()).toBe(true);
  });

  test('ends the portal’s tokens even where the user pool fails to end its sessions', async () => {
    const { portal } = desk;
    const { code, secret } = await begun();
    portal.directory.before = (name) => {
      if (name === 'endSessions') throw new Error('away');
    };
    expect((await confirm({ code, totp: totpOf(secret) })).status).toBe(204);
    portal.directory.before = () => {};
    await expect(portal.authorizer(userId, portal.now)).rejects.toThrow('invalid-token');
    await portal.deliver();
    portal.advance(1);
    expect((await portal.authorizer(userId, portal.now)).secondFactor).toBe('true');
  });
});

describe('a second factor', () => {
  let old: CallerContext;

  beforeEach(async () => {
    old = await desk.portal.authorizer(userId);
    await setUp();
    desk.portal.advance(60);
    await desk.portal.deliver();
    desk.portal.mails.length = 0;
  });

  /** A token from before as the gateway may still have it, were its sessions not ended. */
  async function withoutFactor(): Promise<CallOptions> {
    const { table, people } = desk.portal;
    const { secondFactor } = (await people.login(userId))!;
    const key = { pk: `USER#${userId}`, sk: 'LOGIN' };
    await table.transact([{ update: key, set: { notBeforeSeconds: secondFactor!.sinceSeconds - 300 } }]);
    return { cached: old };
  }

  test.each([
    ['DELETE', path],
    ['POST', path],
  ])('is needed for %s %s', async (method, of) => {
    const refused = await call(method, of, await withoutFactor());
    expect([refused.status, refused.body.type.split('/').at(-1)]).toEqual([403, 'second-factor-required']);
    expect(factor()).toMatchObject({ isOn: true });
    expect(factor()!.begun).toBeUndefined();
    expect(await shown()).toBe(true);
  });

  test('is needed to take another one', async () => {
    const { code, secret } = await begun();
    const refused = await confirm({ code, totp: totpOf(secret) }, await withoutFactor());
    expect([refused.status, refused.body.type.split('/').at(-1)]).toEqual([403, 'second-factor-required']);
  });

  test('is removed in a session that used it, and the person is told by mail', async () => {
    const { portal } = desk;
    expect((await call('DELETE', path)).status).toBe(204);
    expect(factor()!.isOn).toBe(false);
    expect(await shown()).toBe(false);
    expect((await portal.authorizer(userId)).secondFactor).toBe('false');
    await portal.deliver();
    expect(portal.mails.map(({ destinations, subject }) => [destinations, subject])).toEqual([
      [[email], 'Signing in takes your password alone now'],
    ]);
  });

  test('counts no more before the user pool stops asking, and removing it again does what is left', async () => {
    const { portal } = desk;
    portal.directory.before = (name) => {
      if (name === 'dropSecondFactor') throw new Error('away');
    };
    expect((await call('DELETE', path)).status).toBe(500);
    portal.directory.before = () => {};
    expect((await portal.authorizer(userId)).secondFactor).toBe('false');
    expect(factor()!.isOn).toBe(true);
    expect((await call('DELETE', path)).status).toBe(204);
    expect(factor()!.isOn).toBe(false);
    await portal.deliver();
    expect(portal.mails).toHaveLength(1);
  });

  test('is replaced by another one, and the first works until then', async () => {
    const { portal } = desk;
    const { sinceSeconds } = (await stored()).secondFactor!;
    const { secret } = factor()!;
    const next = await begun();
    expect(factor()).toMatchObject({ secret, isOn: true });
    expect((await portal.authorizer(userId)).secondFactor).toBe('true');
    await confirm({ code: next.code, totp: totpOf(next.secret) });
    expect(factor()).toMatchObject({ secret: next.secret, isOn: true });
    expect((await stored()).secondFactor!.sinceSeconds).toBeGreaterThan(sinceSeconds);
  });

  test('that somebody set at the user pool alone counts for nothing', async () => {
    const { portal, newco } = desk;
    const { directory } = portal;
    const secret = await directory.beginSecondFactor(newco.ownerId);
    await directory.verifySecondFactor(newco.ownerId, totpOf(secret));
    await directory.requireSecondFactor(newco.ownerId);
    expect((await portal.authorizer(newco.ownerId)).secondFactor).toBe('false');
    expect((await portal.call(newco.ownerId, 'GET', '/v1/me')).body.user.secondFactor).toBe(false);
  });

  test('ends with the login’s last account, and is not there when it comes back', async () => {
    const { newco, leave, activate, mailedToken, press, portal } = desk;
    expect((await leave(userId, newco)).status).toBe(204);
    expect((await stored()).secondFactor).toBeUndefined();
    const { table, people } = portal;
    // As a release before this one left it.
    const secondFactor = { sinceSeconds: 1 };
    const key = { pk: `USER#${userId}`, sk: 'LOGIN' };
    await table.transact([{ update: key, set: { secondFactor } }]);
    await activate(desk.mallory, email);
    expect((await people.login(userId))!.secondFactor).toBeUndefined();
    await table.transact([{ update: key, set: { secondFactor } }]);
    const token = (await mailedToken(email))!;
    expect((await press(token, { name: 'Nora', password: chosen })).status).toBe(200);
    expect((await stored()).secondFactor).toBeUndefined();
    expect((await portal.authorizer(userId)).secondFactor).toBe('false');
  });
});
