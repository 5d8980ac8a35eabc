import { beforeEach, describe, expect, test, vi } from 'vitest';
import { TableBusy } from '../../../shared/table/table.ts';
import { disagreements } from '../../support/desks/disagreements.ts';
import { type Called, MemoryPortal } from '../../support/memory/memory-portal.ts';
import { interleave, settle, statusesOf } from '../../support/faults/stoppages.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

const email = 'carla@people.test';
const password = 'Correct-Horse-2';

async function scene() {
  const portal = new MemoryPortal();
  const acme = await portal.createAccount('Acme', 'owner@acme.test');
  const other = await portal.createAccount('Other', 'owner@other.test');
  const record = async (place: typeof acme) => {
    const body = { name: 'Carla', email };
    const path = `/v1/accounts/${place.accountId}/contacts`;
    return `${path}/${(await portal.call(place.ownerId, 'POST', path, { body })).body.id}`;
  };
  const inAcme = await record(acme);
  const inOther = await record(other);
  // As the gateway has it in its cache: so that only what the handlers do comes in between.
  const cached = {
    acme: await portal.authorizer(acme.ownerId),
    other: await portal.authorizer(other.ownerId),
  };
  const give = (contact: string, body: object): Promise<Called> =>
    portal.call('', 'PUT', `${contact}/sub-account`, {
      body,
      cached: contact === inAcme ? cached.acme : cached.other,
    });
  const end = (contact: string): Promise<Called> =>
    portal.call('', 'DELETE', `${contact}/sub-account`, {
      cached: contact === inAcme ? cached.acme : cached.other,
    });
  const users = () => [...portal.directory.users.values()].filter((user) => user.email === email);
  return { portal, inAcme, inOther, give, end, users };
}

type Scene = Awaited<ReturnType<typeof scene>>;

/** Every way in which the second can come in between the first, each on a scene of its own. */
async function everyWay(
  prepare: (scene: Scene) => Promise<void>,
  first: (scene: Scene) => Promise<Called>,
  second: (scene: Scene) => Promise<Called>,
  verify: (scene: Scene, came: [Called, Called]) => Promise<void> | void,
): Promise<void> {
  for (let nth = 1; ; nth++) {
    const set = await scene();
    await prepare(set);
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
    await settle(set.portal);
    expect(disagreements(set.portal), `in between before call ${nth}`).toEqual([]);
    await verify(set, came);
  }
}

const nothing = async () => {};

describe('two activations at once', () => {
  test('of one contact make one login, and both are told so', async () => {
    await everyWay(
      nothing,
      ({ give, inAcme }) => give(inAcme, { permissions: ['tickets'] }),
      ({ give, inAcme }) => give(inAcme, { permissions: ['tickets'] }),
      async ({ users, portal }, came) => {
        expect(came.map((called) => called.status)).toEqual([200, 200]);
        expect(users()).toHaveLength(1);
        expect(portal.mails.filter((mail) => mail.subject?.includes('An invitation'))).toHaveLength(1);
      },
    );
  });

  test('of one contact with passwords leave one password, that of the one who was first', async () => {
    await everyWay(
      nothing,
      ({ give, inAcme }) => give(inAcme, { permissions: ['tickets'], password }),
      ({ give, inAcme }) => give(inAcme, { permissions: ['tickets'], password: 'Another-Horse-3' }),
      async ({ users, portal }, came) => {
        expect(users()).toHaveLength(1);
        expect(statusesOf(came)).toEqual([200, 409]);
        const winner = came[0].status === 200 ? password : 'Another-Horse-3';
        const { userId } = await portal.people.byAddress(email);
        expect(portal.directory.signIn(email, winner)).toBe(userId);
      },
    );
  });

  test('of one person in two accounts make one login with two parts', async () => {
    await everyWay(
      nothing,
      ({ give, inAcme }) => give(inAcme, { permissions: ['tickets'] }),
      ({ give, inOther }) => give(inOther, { permissions: ['invoices'] }),
      async ({ users, portal }, came) => {
        expect(came.map((called) => called.status)).toEqual([200, 200]);
        expect(users()).toHaveLength(1);
        const { userId } = await portal.people.byAddress(email);
        expect((await portal.people.login(userId!))!.accounts).toBe(2);
      },
    );
  });
});

describe('an activation and the end of the last other part at once', () => {
  const activeInAcme = async ({ give, inAcme, portal }: Scene) => {
    await give(inAcme, { permissions: ['tickets'], password });
    await settle(portal);
  };
  /** With the password where the end came later, with a new one behind the invitation where it came first. */
  const remains = async ({ portal, users }: Scene) => {
    expect(users()).toMatchObject([{ enabled: true, verified: true }]);
    const { userId } = await portal.people.byAddress(email);
    expect((await portal.people.login(userId!))!.accounts).toBe(1);
  };

  test('leave the login there, where the end comes in between', async () => {
    await everyWay(
      activeInAcme,
      ({ give, inOther }) => give(inOther, { permissions: ['tickets'] }),
      ({ end, inAcme }) => end(inAcme),
      remains,
    );
  });

  test('leave the login there, where the activation comes in between', async () => {
    await everyWay(
      activeInAcme,
      ({ end, inAcme }) => end(inAcme),
      ({ give, inOther }) => give(inOther, { permissions: ['tickets'] }),
      remains,
    );
  });

  test('leave the login there, even where the outbox was quicker than the first request', async () => {
    await everyWay(
      activeInAcme,
      ({ end, inAcme }) => end(inAcme),
      async ({ give, inOther, portal }) => {
        const given = await give(inOther, { permissions: ['tickets'] });
        await portal.deliver();
        return given;
      },
      remains,
    );
  });
});

describe('two ends at once', () => {
  test('of one part end it once', async () => {
    await everyWay(
      async ({ give, inAcme }) => void (await give(inAcme, { permissions: ['tickets'] })),
      ({ end, inAcme }) => end(inAcme),
      ({ end, inAcme }) => end(inAcme),
      async (_, came) => {
        expect(statusesOf(came)).toEqual([204, 404]);
      },
    );
  });

  test('of the last two parts disable the login', async () => {
    await everyWay(
      async ({ give, inAcme, inOther }) => {
        await give(inAcme, { permissions: ['tickets'] });
        await give(inOther, { permissions: ['tickets'] });
      },
      ({ end, inAcme }) => end(inAcme),
      ({ end, inOther }) => end(inOther),
      async ({ users }, came) => {
        expect(came.map((called) => called.status)).toEqual([204, 204]);
        expect(users()).toMatchObject([{ enabled: false }]);
      },
    );
  });
});

describe('a user pool that fails', () => {
  let set: Scene;

  beforeEach(async () => {
    set = await scene();
  });

  const failing = (on: string) => {
    set.portal.directory.before = (call) => {
      if (call === on) throw new Error('The user pool is away');
    };
  };

  test('to make the login leaves nothing', async () => {
    const before = set.portal.table.all();
    failing('create');
    const failed = await set.give(set.inAcme, { permissions: ['tickets'], password });
    expect(failed.status).toBe(500);
    expect(set.portal.table.all()).toEqual(before);
    expect(set.users()).toEqual([]);
  });

  test('to enable the login is caught up with by the outbox', async () => {
    failing('sync');
    await set.give(set.inAcme, { permissions: ['tickets'], password });
    expect(set.portal.directory.signIn(email, password)).toBeNull();
    set.portal.directory.before = () => {};
    await settle(set.portal);
    const { userId } = await set.portal.people.byAddress(email);
    expect(set.portal.directory.signIn(email, password)).toBe(userId);
    expect(disagreements(set.portal)).toEqual([]);
  });

  test('to disable the login opens nothing meanwhile, and is caught up with', async () => {
    await set.give(set.inAcme, { permissions: ['tickets'], password });
    const { userId } = await set.portal.people.byAddress(email);
    failing('sync');
    await set.end(set.inAcme);
    await expect(set.portal.authorizer(userId!)).rejects.toThrow('invalid-token');
    set.portal.directory.before = () => {};
    await settle(set.portal);
    expect(set.portal.directory.signIn(email, password)).toBeNull();
    expect(disagreements(set.portal)).toEqual([]);
  });

  test('to take back what nothing came of leaves what nobody can sign in with', async () => {
    failing('discard');
    set.portal.table.before = (call) => {
      if (call === 'transact') throw new TableBusy('throttled');
    };
    await set.give(set.inAcme, { permissions: ['tickets'], password });
    expect(set.portal.directory.signIn(email, password)).toBeNull();
    expect(disagreements(set.portal)).toEqual([]);
  });
});

test('a busy table leaves no login behind, and the client is told to come again', async () => {
  const { portal, give, inAcme, users } = await scene();
  const before = portal.table.all();
  portal.table.before = (call) => {
    if (call === 'transact') throw new TableBusy('throttled');
  };
  const refused = await give(inAcme, { permissions: ['tickets'], password });
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
  expect(users()).toEqual([]);
  expect(portal.table.all()).toEqual(before);
});
