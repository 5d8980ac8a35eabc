import { beforeEach, describe, expect, test, vi } from 'vitest';
import { interleave } from '../../support/faults/stoppages.ts';
import type { CallOptions } from '../../support/memory/memory-portal.ts';
import { attackers, chosen, twoPlaces } from './login-desk.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

const email = 'dora@newco.test';
const ask = '/v1/me/prove-address';
const confirm = `${ask}/confirm`;

let desk: Awaited<ReturnType<typeof twoPlaces>>;
let userId: string;

beforeEach(async () => {
  desk = await twoPlaces();
  ({ userId } = await desk.activate(desk.newco, email, attackers));
  desk.portal.advance(60);
});

const post = (path: string, body?: object, options: CallOptions = {}) =>
  desk.portal.call(userId, 'POST', path, { ...options, ...(body === undefined ? {} : { body }) });
const type = (code: string, options: CallOptions = {}) => post(confirm, { code }, options);
const isProven = async () => (await desk.portal.people.login(userId))!.proven === true;
const inSession = async (session: string): Promise<CallOptions> => ({
  cached: await desk.portal.authorizer(userId, desk.portal.now, session),
});

async function asked(options: CallOptions = {}): Promise<string> {
  expect((await post(ask, undefined, options)).status).toBe(202);
  return (await desk.mailedCode(email))!;
}

/** Other digits than these. */
const wrong = (code: string, by = 1) => String((Number(code) + by) % 100_000_000).padStart(8, '0');

describe('a mailed code', () => {
  test('has eight digits, goes to the login’s own address alone, and is in no row and no task', async () => {
    const { portal } = desk;
    await post(ask);
    const waiting = JSON.stringify(portal.table.all());
    const code = (await desk.mailedCode(email))!;
    expect(code).toMatch(/^\d{8}$/);
    expect(portal.mails.map(({ destinations }) => destinations)).toEqual([[email]]);
    expect(portal.mails[0]!.subject).not.toContain(code);
    expect(waiting).not.toContain(code);
    expect(JSON.stringify(portal.table.all())).not.toContain(code);
  });

  test('typed into its own session proves the login, once', async () => {
    const code = await asked();
    expect(await isProven()).toBe(false);
    expect((await type(code)).status).toBe(204);
    expect((await desk.portal.call(userId, 'GET', '/v1/me')).body.user.proven).toBe(true);
    const again = await type(code);
    expect([again.status, again.body.errors[0].path]).toEqual([400, 'code']);
  });

  test('is answered alike where the request is repeated, and mailed once', async () => {
    const headers = { 'idempotency-key': 'once' };
    await asked({ headers });
    const repeated = await post(ask, undefined, { headers });
    expect([repeated.status, repeated.headers['idempotent-replayed']]).toEqual([202, 'true']);
    const code = (await desk.mailedCode(email))!;
    expect(desk.portal.mails).toHaveLength(1);
    const typed = { headers: { 'idempotency-key': 'typed' } };
    expect((await type(code, typed)).status).toBe(204);
    expect((await type(code, typed)).status).toBe(204);
  });

  test('is worth nothing in another session, and trying it there costs the first session nothing', async () => {
    const code = await asked(await inSession('first'));
    const other = await inSession('second');
    for (let tries = 0; tries < 6; tries++) expect((await type(code, other)).status).toBe(400);
    expect(await isProven()).toBe(false);
    expect((await type(code, await inSession('first'))).status).toBe(204);
  });

  test('is worth nothing to another login in a session of the same name', async () => {
    const code = await asked(await inSession('first'));
    const mallory = await desk.portal.authorizer(desk.mallory.ownerId, desk.portal.now, 'first');
    const typed = await desk.portal.call('', 'POST', confirm, { body: { code }, cached: mallory });
    expect(typed.status).toBe(400);
  });

  test('needs a session', async () => {
    const { session: _, ...cached } = await desk.portal.authorizer(userId);
    expect((await post(ask, undefined, { cached })).status).toBe(409);
    expect((await type('00000000', { cached })).status).toBe(409);
  });

  test('works for 15 minutes', async () => {
    const code = await asked();
    desk.portal.advance(15 * 60 - 1);
    expect((await type(code)).status).toBe(204);
    const late = await asked();
    desk.portal.advance(15 * 60);
    expect((await type(late)).status).toBe(400);
  });

  test('may be tried five times, the right time included', async () => {
    const code = await asked();
    for (let tries = 1; tries <= 4; tries++) expect((await type(wrong(code, tries))).status).toBe(400);
    expect((await type(code)).status).toBe(204);
    const second = await asked();
    for (let tries = 1; tries <= 5; tries++) expect((await type(wrong(second, tries))).status).toBe(400);
    expect((await type(second)).status).toBe(400);
  });

  test('may be tried five times also where all tries come at once', async () => {
    const code = await asked();
    const guesses = Array.from({ length: 30 }, (_, by) => wrong(code, by + 1));
    await Promise.all([...guesses, code].map((guess) => type(guess)));
    expect(await isProven()).toBe(false);
    expect(desk.portal.table.all().find(({ pk }) => pk === `CODE#${userId}`)!['tries']).toBe(5);
  });

  test('proves once where it is typed in twice at once', async () => {
    const code = await asked();
    const typed = await Promise.all([type(code), type(code)]);
    expect(typed.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 400]);
  });

  test('takes the place of the one before', async () => {
    const first = await asked();
    const second = await asked();
    expect(second).not.toBe(first);
    expect((await type(first)).status).toBe(400);
    expect((await type(second)).status).toBe(204);
  });

  test('is for one purpose', async () => {
    const { portal } = desk;
    const headers = { authorization: `Bearer ${userId}` };
    await post('/v1/me/second-factor', undefined, { headers });
    const factor = (await desk.mailedCode(email))!;
    expect((await type(factor)).status).toBe(400);
    await asked();
    expect((await type(factor)).status).toBe(400);
    expect(portal.mails).toHaveLength(2);
  });

  test('is for the address that the login had', async () => {
    const code = await asked();
    const { table } = desk.portal;
    await table.transact([
      { update: { pk: `USER#${userId}`, sk: 'LOGIN' }, set: { email: 'other@newco.test' } },
    ]);
    expect((await type(code)).status).toBe(400);
    expect(await isProven()).toBe(false);
  });

  test('is not mailed late: after its time, or after another one took its place', async () => {
    const { portal } = desk;
    await post(ask);
    portal.advance(16 * 60);
    await portal.deliver();
    expect(portal.mails).toHaveLength(0);
    await post(ask);
    await post(ask);
    await portal.deliver();
    expect(portal.mails).toHaveLength(1);
  });

  test('is worth nothing once the sessions ended, also where the gateway still knows the token', async () => {
    const before = await inSession('first');
    const code = await asked(before);
    await desk.portal.call(userId, 'POST', '/v1/me/sign-out-everywhere');
    expect((await type(code, before)).status).toBe(401);
    expect((await post(ask, undefined, before)).status).toBe(401);
    expect(await isProven()).toBe(false);
  });

  test.each([{}, { code: '1234567' }, { code: '123456789' }, { code: 12345678 }, { code: '1234567a' }])(
    'is refused by its form: %j',
    async (body) => {
      expect((await post(confirm, body)).status).toBe(400);
    },
  );
});

describe('codes of one day', () => {
  test('are ten for an address and purpose, then 429 with nothing mailed, and again on the next day', async () => {
    const { portal } = desk;
    for (let codes = 0; codes < 10; codes++) await asked(await inSession(`session ${codes}`));
    const rows = portal.table.all();
    const refused = await post(ask, undefined, await inSession('another'));
    expect([refused.status, refused.body.type.split('/').at(-1)]).toEqual([429, 'too-many-codes']);
    expect(portal.table.all()).toEqual(rows);
    const headers = { authorization: `Bearer ${userId}` };
    expect((await post('/v1/me/second-factor', undefined, { headers })).status).toBe(200);
    portal.advance(24 * 3600);
    await asked();
  });

  test('are ten also where all are asked for at once', async () => {
    const answers = await Promise.all(Array.from({ length: 14 }, () => post(ask)));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(4);
  });
});

describe('proving by a code', () => {
  test('shows what waits for the person, to be accepted without a mailed link', async () => {
    const { mallory, statuses, accept, opens } = desk;
    await desk.activate(mallory, email);
    expect(Object.keys(await statuses(userId))).toEqual([desk.newco.accountId]);
    expect((await accept(userId, mallory)).status).toBe(409);
    await type(await asked());
    expect((await statuses(userId))[mallory.accountId]).toBe('invited');
    expect((await accept(userId, mallory)).status).toBe(204);
    expect(await opens(userId, mallory)).toBe(200);
  });

  test('ends every other session, and leaves the password', async () => {
    const { portal } = desk;
    const signedInAt = portal.now;
    await type(await asked(await inSession('own')), await inSession('own'));
    expect((await portal.authorizer(userId, signedInAt, 'own')).userId).toBe(userId);
    await expect(portal.authorizer(userId, signedInAt, 'other')).rejects.toThrow('invalid-token');
    expect(portal.directory.signIn(email, attackers)).toBe(userId);
  });

  test('of a login that is proven changes nothing else', async () => {
    const { portal } = desk;
    const proven = await desk.provenIn(desk.newco, 'proven@newco.test');
    portal.advance(60);
    const signedInAt = portal.now;
    const cached = await portal.authorizer(proven.userId, signedInAt, 'own');
    await portal.call('', 'POST', ask, { cached });
    const code = (await desk.mailedCode('proven@newco.test'))!;
    expect((await portal.call('', 'POST', confirm, { cached, body: { code } })).status).toBe(204);
    expect((await portal.authorizer(proven.userId, signedInAt, 'other')).userId).toBe(proven.userId);
    expect(portal.directory.signIn('proven@newco.test', chosen)).toBe(proven.userId);
  });

  test('proves no login that leaves its last account meanwhile, whenever that is', async () => {
    for (let nth = 1; ; nth++) {
      const { portal, newco } = desk;
      const cached = await portal.authorizer(userId);
      const code = await asked({ cached });
      const own = `/v1/me/memberships/${newco.accountId}`;
      const leave = () => portal.call('', 'DELETE', own, { cached });
      const came = await interleave(portal, nth, () => type(code, { cached }), leave);
      if (!came) break;
      expect(await isProven(), `left before call ${nth}`).toBe(false);
      desk = await twoPlaces();
      ({ userId } = await desk.activate(desk.newco, email, attackers));
    }
    expect(await isProven()).toBe(true);
  });
});
