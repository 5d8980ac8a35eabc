import { beforeEach, describe, expect, test, vi } from 'vitest';
import { settle, stopAt, stoppages } from '../../support/faults/stoppages.ts';
import { attackers, chosen, email, twoPlaces } from './login-desk.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let desk: Awaited<ReturnType<typeof twoPlaces>>;
let userId: string;

beforeEach(async () => {
  desk = await twoPlaces();
  ({ userId } = await desk.provenIn(desk.newco));
  desk.portal.advance(60);
});

const refused = (issuedAt: Date) =>
  expect(desk.portal.authorizer(userId, issuedAt)).rejects.toThrow('invalid-token');

const changePassword = (body: object) =>
  desk.portal.call(userId, 'POST', '/v1/me/password', {
    body,
    // The directory in memory knows a user by the token.
    headers: { authorization: `Bearer ${userId}` },
  });

describe('accepting with a password', () => {
  test('refuses the tokens of its own second and lets its person in at once afterwards', async () => {
    const { portal, mallory, activate, mailedToken, press } = desk;
    const other = 'second@newco.test';
    const login = await activate(mallory, other, attackers);
    portal.advance(60);
    const second = portal.now;
    expect(await mailedToken(other)).toBeNull();
    await activate(desk.newco, other);
    await press((await mailedToken(other))!, { name: 'Second', password: chosen });
    await expect(portal.authorizer(login.userId, second)).rejects.toThrow('invalid-token');
    expect((await portal.authorizer(login.userId, portal.now)).userId).toBe(login.userId);
  });
});

describe('a second factor that a session set up at the user pool past the portal', () => {
  test.each([
    ['signing out everywhere', () => desk.portal.call(userId, 'POST', '/v1/me/sign-out-everywhere')],
    ['another password', () => changePassword({ current: chosen, new: 'Chosen-By-Nora-2' })],
  ])('ends with the sessions by %s', async (_, end) => {
    const user = desk.portal.directory.users.get(userId)!;
    user.factor = { secret: 'somebody-else’s', isOn: true };
    expect((await end()).status).toBe(204);
    expect(user.factor?.isOn).toBe(false);
  });
});

describe('signing out everywhere', () => {
  test('ends every session, and refuses the tokens of its own second and before', async () => {
    const { portal } = desk;
    const before = new Date(portal.now.getTime() - 30_000);
    const sameSecond = portal.now;
    const ended = portal.directory.users.get(userId)!.ended!;
    expect((await portal.call(userId, 'POST', '/v1/me/sign-out-everywhere')).status).toBe(204);
    expect(portal.directory.users.get(userId)!.ended).toBe(ended + 1);
    await refused(before);
    await refused(sameSecond);
    await refused(new Date(sameSecond.getTime() + 999));
  });

  test('accepts the tokens of sign-ins from the next second on', async () => {
    const { portal } = desk;
    const { now } = portal;
    await portal.call(userId, 'POST', '/v1/me/sign-out-everywhere');
    expect(portal.now.getTime()).toBeGreaterThan(now.getTime());
    expect((await portal.authorizer(userId, new Date(now.getTime() + 1000))).userId).toBe(userId);
    expect(portal.directory.signIn(email, chosen)).toBe(userId);
  });

  test('is nobody else’s matter', async () => {
    const { portal, mallory, newco } = desk;
    const { now } = portal;
    await portal.call(mallory.ownerId, 'POST', '/v1/me/sign-out-everywhere');
    expect((await portal.authorizer(userId, now)).userId).toBe(userId);
    expect((await portal.authorizer(newco.ownerId, now)).userId).toBe(newco.ownerId);
    await expect(portal.authorizer(mallory.ownerId, now)).rejects.toThrow('invalid-token');
  });

  test('refuses tokens even where the user pool is away; signing in waits until the outbox has repaired it', async () => {
    const { portal } = desk;
    const { now } = portal;
    const ended = portal.directory.users.get(userId)!.ended!;
    portal.directory.before = () => {
      throw new Error('away');
    };
    expect((await portal.call(userId, 'POST', '/v1/me/sign-out-everywhere')).status).toBe(204);
    portal.directory.before = () => {};
    await refused(now);
    portal.advance(1);
    await expect(portal.authorizer(userId)).rejects.toThrow('try-again');
    await portal.deliver();
    portal.advance(1);
    expect(portal.directory.users.get(userId)!.ended).toBe(ended + 1);
    expect((await portal.authorizer(userId)).userId).toBe(userId);
  });
});

describe('changing one’s password', () => {
  test('ends every session and token, this one too', async () => {
    const { portal } = desk;
    const { now } = portal;
    const ended = portal.directory.users.get(userId)!.ended!;
    expect((await changePassword({ current: chosen, new: 'Chosen-By-Nora-2' })).status).toBe(204);
    expect(portal.directory.signIn(email, chosen)).toBeNull();
    expect(portal.directory.signIn(email, 'Chosen-By-Nora-2')).toBe(userId);
    expect(portal.directory.users.get(userId)!.ended).toBeGreaterThan(ended);
    await refused(now);
    expect((await portal.authorizer(userId, new Date(now.getTime() + 1000))).userId).toBe(userId);
  });

  test('leaves the login proven, and its memberships as they are', async () => {
    const { portal, newco, opens } = desk;
    await changePassword({ current: chosen, new: 'Chosen-By-Nora-2' });
    expect((await portal.people.login(userId))!.proven).toBe(true);
    expect(await opens(userId, newco, '/tickets')).toBe(200);
  });

  test.each([
    ['a wrong current one', { current: attackers, new: 'Chosen-By-Nora-2' }, 'current'],
    ['a weak new one', { current: chosen, new: 'short' }, 'new'],
    ['no current one', { new: 'Chosen-By-Nora-2' }, 'current'],
    ['a new one that is too long', { current: chosen, new: 'Aa1!'.repeat(65) }, 'new'],
  ])('with %s is refused and ends nothing', async (_, body, field) => {
    const { portal } = desk;
    const answer = await changePassword(body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].path).toBe(field);
    expect(portal.directory.signIn(email, chosen)).toBe(userId);
    expect((await portal.authorizer(userId, portal.now)).userId).toBe(userId);
  });

  test.each(stoppages)(
    'and stopping at any step (it %s) leaves no session that began before a change',
    async (how) => {
      for (let nth = 1; ; nth++) {
        desk = await twoPlaces();
        ({ userId } = await desk.provenIn(desk.newco));
        const { portal } = desk;
        portal.advance(60);
        const before = portal.now;
        const stopped = await stopAt(portal, how, nth, () =>
          changePassword({ current: chosen, new: 'Chosen-By-Nora-2' }),
        );
        await settle(portal);
        const isChanged = portal.directory.signIn(email, 'Chosen-By-Nora-2') !== null;
        if (isChanged) await refused(before);
        expect((await portal.authorizer(userId)).userId, `stopped at call ${nth}`).toBe(userId);
        expect((await portal.people.login(userId))!.endingSessions).toBeUndefined();
        if (!stopped) return expect(nth).toBeGreaterThan(3);
      }
    },
  );

  test('leaves no password in any row', async () => {
    await changePassword({ current: chosen, new: 'Chosen-By-Nora-2' });
    const rows = JSON.stringify(desk.portal.table.all());
    expect(rows).not.toContain(chosen);
    expect(rows).not.toContain('Chosen-By-Nora-2');
  });
});

describe('what a person says of themselves', () => {
  const change = (body: object) => desk.portal.call(userId, 'PATCH', '/v1/me', { body });

  test('is changed by them and read back', async () => {
    const said = { name: 'Nora N.', language: 'de', timeZone: 'Europe/Berlin' };
    const changed = await change(said);
    expect(changed.status).toBe(200);
    expect(changed.body).toEqual({ id: userId, email, proven: true, secondFactor: false, ...said });
    expect((await desk.portal.call(userId, 'GET', '/v1/me')).body.user).toEqual(changed.body);
  });

  test('changes by what is named alone', async () => {
    await change({ language: 'fr' });
    await change({ timeZone: 'Europe/Paris' });
    expect((await change({ name: 'Nora' })).body).toMatchObject({
      name: 'Nora',
      language: 'fr',
      timeZone: 'Europe/Paris',
    });
  });

  test('leaves the account’s contact and other people as they are', async () => {
    const { portal, newco, contactsOf } = desk;
    await change({ name: 'Somebody Else' });
    const contacts = await portal.call(newco.ownerId, 'GET', contactsOf(newco));
    expect(contacts.body.items[0].name).toBe('Somebody');
    expect((await portal.people.login(newco.ownerId))!.name).toBe('Owner of Newco');
  });

  test.each([
    ['nothing', {}],
    ['an address', { email: 'other@newco.test' }],
    ['a proof', { proven: true }],
    ['a staff login', { staff: true }],
    ['no name', { name: ' ' }],
    ['a name in two lines', { name: 'Nora\nBcc: all@newco.test' }],
    ['a name that reads backwards', { name: 'Nora \u202Emoc.live' }],
    ['a name with a zero-width character', { name: 'No\u200Bra' }],
    ['a name with an isolate', { name: '\u2066Nora\u2069' }],
    ['a name with a mark of the byte order', { name: 'No\uFEFFra' }],
    ['a name that is a web address', { name: 'https://evil.test/pay' }],
    ['a name that is a host', { name: 'Pay at www.evil' }],
    ['a name that a mail client makes a link of', { name: 'evil.com' }],
    ['a name that is too long', { name: 'x'.repeat(121) }],
    ['a language that is none', { language: 'English!' }],
    ['a time zone that is none', { timeZone: 'Mars/Olympus' }],
  ])('is refused where it is %s', async (_, body) => {
    const { portal } = desk;
    await portal.authorizer(userId);
    const before = portal.table.all();
    expect((await change(body)).status).toBe(400);
    expect(portal.table.all()).toEqual(before);
  });

  test.each(['Nora O’Neill-Šimůnková', '山田 太郎', 'J. R. R. Tolkien', 'محمد علي', 'Dr. N. Newton Jr.'])(
    'may be %s',
    async (name) => {
      expect((await change({ name })).body.name).toBe(name);
    },
  );
});

describe('help with signing in', () => {
  const invited = 'invited@newco.test';

  beforeEach(async () => {
    await desk.activate(desk.newco, invited);
    await desk.portal.deliver();
    desk.portal.mails.length = 0;
  });

  test('mails the invitation once more, with a link that works', async () => {
    const { portal, help, mailedToken, press, userOf } = desk;
    portal.advance(3 * 24 * 3600);
    expect((await help(invited.toUpperCase())).status).toBe(202);
    const token = (await mailedToken(invited))!;
    expect(portal.mails.map(({ destinations }) => destinations)).toEqual([[invited]]);
    expect((await press(token, { name: 'Ivo', password: chosen })).status).toBe(200);
    expect(portal.directory.signIn(invited, chosen)).toBe(await userOf(invited));
  });

  const day = 24 * 3600;

  test('mails once a day for an account, three times unanswered, and anew once it was answered', async () => {
    const { portal, help, mailedToken, press, activate, mallory } = desk;
    const mailed: number[] = [];
    for (let days = 0; days < 4; days++) {
      for (let asked = 0; asked < 5; asked++) expect((await help(invited)).status).toBe(202);
      await portal.deliver();
      mailed.push(portal.mails.length);
      portal.advance(day);
    }
    // With the account's own, two of help are three.
    expect(mailed).toEqual([0, 1, 2, 2]);
    await press((await mailedToken(invited))!, { name: 'Ivo', password: chosen });
    await activate(mallory, invited);
    await portal.deliver();
    portal.advance(day);
    portal.mails.length = 0;
    await help(invited);
    await portal.deliver();
    expect(portal.mails.map(({ destinations }) => destinations)).toEqual([[invited]]);
  });

  test('counts what it mails among the account’s own', async () => {
    const { portal, help, newco, contactsOf } = desk;
    portal.advance(day);
    await help(invited);
    const { items } = (await portal.call(newco.ownerId, 'GET', contactsOf(newco))).body;
    const { id } = items.find((each: { email: string }) => each.email === invited);
    const again = await portal.call(newco.ownerId, 'POST', `${contactsOf(newco)}/${id}/invite`);
    expect([again.status, again.body.type.split('/').at(-1)]).toEqual([429, 'invitation-limit']);
  });

  test('mails for another account where one has mailed enough, three times on one day in all', async () => {
    const { portal, help, activate, mallory } = desk;
    await activate(mallory, invited);
    portal.advance(day);
    await portal.deliver();
    portal.mails.length = 0;
    for (let asked = 0; asked < 5; asked++) expect((await help(invited)).status).toBe(202);
    await portal.deliver();
    const accounts = portal.mails.map(({ text = '' }) => /Newco|Mallory/.exec(text)?.[0]);
    expect(accounts).toHaveLength(2);
    expect(new Set(accounts)).toEqual(new Set(['Mallory', 'Newco']));
  });

  test('counts for each address', async () => {
    const { portal, help } = desk;
    portal.advance(day);
    for (let asked = 0; asked < 4; asked++) await help('nobody@newco.test');
    await help(invited);
    await portal.deliver();
    expect(portal.mails.map(({ destinations }) => destinations)).toEqual([[invited]]);
  });

  test('answers and counts alike for who is invited, who is not and who is unknown', async () => {
    const { portal, help } = desk;
    portal.advance(day);
    const answers: unknown[] = [];
    for (const address of [invited, email, 'owner@newco.test', 'nobody@newco.test', 'stan@portal.test']) {
      for (let asked = 0; asked < 4; asked++) {
        const rows = portal.table.all().filter(({ pk }) => pk.startsWith('SIGN-IN-HELP#')).length;
        const answer = await help(address);
        const counted = portal.table.all().filter(({ pk }) => pk.startsWith('SIGN-IN-HELP#')).length;
        answers.push({ asked, answer, made: counted - rows });
      }
    }
    expect(answers.slice(4)).toEqual([
      ...answers.slice(0, 4),
      ...answers.slice(0, 4),
      ...answers.slice(0, 4),
      ...answers.slice(0, 4),
    ]);
    await portal.deliver();
    expect(new Set(portal.mails.flatMap(({ destinations }) => destinations))).toEqual(new Set([invited]));
  });

  test.each([{}, { email: 'nobody' }, { email: `${email}\nBcc: all@newco.test` }, { email, other: 1 }])(
    'is refused for %j',
    async (body) => {
      const answer = await desk.portal.call('', 'POST', '/v1/sign-in/help', { body, public: true });
      expect(answer.status).toBe(400);
    },
  );
});
