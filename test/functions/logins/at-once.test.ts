import { describe, expect, test, vi } from 'vitest';
import { disagreements } from '../../support/desks/disagreements.ts';
import { interleave, settle, statusesOf, stopAt, stoppages } from '../../support/faults/stoppages.ts';
import type { Called } from '../../support/memory/memory-portal.ts';
import { chosen, email, twoPlaces } from './login-desk.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

/** A proven login with an invitation of another account, or a new login with its first. */
async function scene(proven: boolean) {
  const desk = await twoPlaces();
  if (proven) await desk.provenIn(desk.mallory);
  const { userId, path } = await desk.activate(desk.newco, email);
  const token = (await desk.mailedToken(email))!;
  desk.portal.advance(60);
  // As the gateway has it in its cache, so that only what the handlers do comes in between.
  const owner = await desk.portal.authorizer(desk.newco.ownerId);
  const own = await desk.portal.authorizer(userId);
  const { portal, newco } = desk;
  const answer = proven ? {} : { name: 'Nora', password: chosen };
  return {
    ...desk,
    userId,
    byLink: () => desk.press(token, answer),
    byRoute: () => portal.call('', 'POST', `/v1/me/memberships/${newco.accountId}/accept`, { cached: own }),
    declines: () => portal.call('', 'DELETE', `/v1/me/memberships/${newco.accountId}`, { cached: own }),
    removed: () => portal.call('', 'DELETE', path, { cached: owner }),
    ended: () => portal.call('', 'DELETE', `${path}/sub-account`, { cached: owner }),
    changed: () =>
      portal.call('', 'PUT', `${path}/sub-account`, { cached: owner, body: { permissions: ['invoices'] } }),
  };
}

type Scene = Awaited<ReturnType<typeof scene>>;
type Act = (scene: Scene) => Promise<Called>;

/** Every way in which the second can come in between the first, each on a scene of its own. */
async function everyWay(
  proven: boolean,
  first: Act,
  second: Act,
  verify: (scene: Scene, came: [Called, Called]) => Promise<void>,
): Promise<void> {
  for (let nth = 1; ; nth++) {
    const set = await scene(proven);
    const came = await interleave(
      set.portal,
      nth,
      () => first(set),
      () => second(set),
    );
    if (!came) {
      expect(nth).toBeGreaterThan(3);
      return;
    }
    expect(disagreements(set.portal, false), `in between before call ${nth}`).toEqual([]);
    await verify(set, came);
  }
}

const membership = ({ portal, userId, newco }: Scene) => portal.people.membership(userId, newco.accountId);

/** A press that meets another one is told so, or to come again. */
async function acceptedOnce(set: Scene, came: [Called, Called], statuses: number[]): Promise<void> {
  expect(statusesOf(came).map((status) => (status === 503 ? 409 : status))).toEqual(statuses);
  expect((await membership(set))!.invitation).toBeNull();
  const accepted = set.portal.table.all().filter(({ action }) => action === 'membership.accepted');
  expect(accepted.filter((entry) => JSON.stringify(entry).includes(set.newco.accountId))).toHaveLength(1);
  await settle(set.portal);
  expect(disagreements(set.portal)).toEqual([]);
}

describe('accepting twice at once', () => {
  test.each([true, false])('by the link accepts once (proven: %s)', async (proven) => {
    await everyWay(
      proven,
      ({ byLink }) => byLink(),
      ({ byLink }) => byLink(),
      (set, came) => acceptedOnce(set, came, [200, 409]),
    );
  });

  test('by the link and in the portal accepts once', async () => {
    await everyWay(
      true,
      ({ byLink }) => byLink(),
      ({ byRoute }) => byRoute(),
      (set, came) => acceptedOnce(set, came, [204, 409]),
    );
    await everyWay(
      true,
      ({ byRoute }) => byRoute(),
      ({ byLink }) => byLink(),
      (set, came) => acceptedOnce(set, came, [200, 404]),
    );
  });
});

describe('accepting while it is withdrawn', () => {
  const withdrawals: [string, Act][] = [
    ['the contact is deleted', ({ removed }) => removed()],
    ['the part is ended', ({ ended }) => ended()],
    ['it is declined', ({ declines }) => declines()],
  ];

  test.each(withdrawals)('leaves no membership where %s first', async (what, withdraw) => {
    // What waits is shown to its holder alone: an unproven login declines nothing.
    for (const proven of what === 'it is declined' ? [true] : [true, false]) {
      await everyWay(
        proven,
        ({ byLink }) => byLink(),
        withdraw,
        async (set, [accepted, withdrawn]) => {
          expect([accepted.status, withdrawn.status]).toEqual([409, 204]);
          expect(await membership(set)).toBeUndefined();
        },
      );
    }
  });

  test.each(withdrawals)('leaves no membership where it comes in between and %s', async (_, withdraw) => {
    await everyWay(
      true,
      withdraw,
      ({ byLink }) => byLink(),
      async (set, [withdrawn, accepted]) => {
        expect([withdrawn.status, accepted.status]).toEqual([204, expect.toBeOneOf([200, 409])]);
        expect(await membership(set)).toBeUndefined();
        await settle(set.portal);
        expect(disagreements(set.portal)).toEqual([]);
      },
    );
  });
});

test('accepting while its permissions are changed leaves the changed ones, accepted', async () => {
  for (const [first, second] of [
    [({ byLink }: Scene) => byLink(), ({ changed }: Scene) => changed()],
    [({ changed }: Scene) => changed(), ({ byLink }: Scene) => byLink()],
  ] as const) {
    await everyWay(true, first, second, async (set, came) => {
      expect(statusesOf(came)).toEqual([200, 200]);
      expect(await set.opens(set.userId, set.newco, '/invoices')).toBe(200);
      expect(await set.opens(set.userId, set.newco, '/tickets')).toBe(403);
    });
  }
});

describe.each(stoppages)('an acceptance of which a part %s', (how) => {
  test.each([true, false])('is whole after the next press (proven: %s)', async (proven) => {
    for (let nth = 1; ; nth++) {
      const set = await scene(proven);
      const { portal, userId, newco } = set;
      const stopped = await stopAt(portal, how, nth, set.byLink);
      if (!stopped) {
        expect(nth).toBeGreaterThan(1);
        break;
      }
      expect(disagreements(portal, false), `stopped at ${nth}`).toEqual([]);
      // A press that died keeps the next one out for half a minute at most.
      if ((await set.byLink()).status === 503) {
        portal.advance(31);
        expect((await set.byLink()).status).toBe(200);
      }
      expect((await membership(set))!.invitation).toBeNull();
      portal.advance(1);
      expect(portal.directory.signIn(email, chosen)).toBe(userId);
      expect(await set.opens(userId, newco, '/tickets')).toBe(200);
      await settle(portal);
      expect(disagreements(portal)).toEqual([]);
    }
  });

  test('never opens anything to who made the login', async () => {
    for (let nth = 1; ; nth++) {
      const desk = await twoPlaces();
      const { portal, mallory, newco } = desk;
      const { userId } = await desk.activate(mallory, email, 'Known-To-Mallory-1');
      await desk.activate(newco, email);
      const token = (await desk.mailedToken(email))!;
      portal.advance(60);
      const signedInAt = portal.now;
      await portal.authorizer(userId, signedInAt);
      const press = () => desk.press(token, { name: 'Nora', password: chosen });
      const stopped = await stopAt(portal, how, nth, press);
      const grants = await portal.authorizer(userId, signedInAt).then(
        (context) => context.grants,
        () => '',
      );
      expect(grants, `stopped at ${nth}`).not.toContain(newco.accountId);
      if (!stopped) return;
    }
  });
});
