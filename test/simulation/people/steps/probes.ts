import type { RoutePermission } from '../../../../shared/access/decide.ts';
import type { Seeded } from '../../../support/faults/seeded.ts';
import type { Token } from '../person.ts';
import type { PeopleWorld } from '../people-world.ts';
import type { TrueLogin } from '../truth.ts';

interface Probe {
  method: 'GET' | 'PATCH' | 'PUT';
  path: string;
  needs: RoutePermission;
  body?: (random: Seeded) => object;
}

// Another value each time: what changes nothing is not written.
const aStreet = (random: Seeded) => ({ address: { line1: `Street ${random.next()}` } });
const aSetting = (random: Seeded) => ({
  'services.pauseFee': { GBP: random.between(0, 1_000_000) },
});

const inAccounts: readonly Probe[] = [
  { method: 'GET', path: '', needs: 'member' },
  { method: 'GET', path: '/dashboard', needs: 'member' },
  { method: 'GET', path: '/contacts', needs: 'contacts' },
  { method: 'GET', path: '/activity', needs: 'contacts' },
  { method: 'GET', path: '/tickets', needs: 'tickets' },
  { method: 'GET', path: '/invoices', needs: 'invoices' },
  { method: 'GET', path: '/services', needs: 'products' },
  { method: 'GET', path: '/documents', needs: 'documents' },
  { method: 'PATCH', path: '', needs: 'profile', body: aStreet },
  { method: 'PATCH', path: '', needs: 'profile', body: aStreet },
];

const ofStaff: readonly Probe[] = [
  { method: 'PUT', path: '/v1/staff/settings', needs: 'staff:settings', body: aSetting },
  { method: 'PUT', path: '/v1/staff/settings', needs: 'staff:settings', body: aSetting },
  { method: 'GET', path: '/v1/staff/members', needs: 'staff:administrator' },
  { method: 'GET', path: '/v1/staff/accounts', needs: 'staff' },
  { method: 'GET', path: '/v1/me', needs: 'signed-in' },
];

/** What tells somebody that they are not let in. */
const refusals = new Set(['unauthorized', 'not-found', 'permission-required', 'staff-only', 'role-required']);

/** Tokens, old ones too, are tried here and there: by attackers, and by everybody else. */
export async function probe(world: PeopleWorld): Promise<void> {
  const { random } = world;
  const ofAttackers = world.attackers.flatMap(({ tokens }) => tokens);
  const ofAll = world.people.flatMap(({ tokens }) => tokens);
  for (let tries = 0; tries < 3; tries++) {
    const from = ofAttackers.length > 0 && random.chance(0.5) ? ofAttackers : ofAll;
    if (from.length > 0) await tryOne(world, random.pick(from));
  }
}

/** Whoever had a login's tokens before something became of it tries at once, in an account or among staff. */
export async function tryAtOnce(
  world: PeopleWorld,
  { userId }: TrueLogin,
  accountId: string | null,
): Promise<void> {
  const tokens = world.people.flatMap((each) => each.tokens).filter((token) => token.userId === userId);
  for (const token of tokens.slice(-2)) {
    const probes = accountId === null ? ofStaff : inAccounts;
    const [reads, writes] = [probes.filter(({ body }) => !body), probes.filter(({ body }) => body)];
    await tryProbe(world, token, accountId, world.random.pick(reads), false);
    const write = world.random.pick(writes);
    await tryProbe(world, token, accountId, write, true);
    await tryProbe(world, token, accountId, write, true);
  }
}

async function tryOne(world: PeopleWorld, token: Token): Promise<void> {
  const { random, truth } = world;
  const own = [...truth.logins.get(token.userId)!.parts.keys()];
  const beneath = [...truth.links].flatMap(([id, { main }]) => (own.includes(main) ? [id] : []));
  const known = [...own, ...beneath];
  const from = known.length > 0 && random.chance(0.5) ? known : [...truth.accounts.keys()];
  const accountId = random.chance(0.85) ? random.pick(from) : null;
  const chosen = random.pick(accountId === null ? ofStaff : inAccounts);
  // Writes are tried with what the gateway heard long ago as well.
  await tryProbe(world, token, accountId, chosen, chosen.method !== 'GET' && random.chance(0.5));
}

async function tryProbe(
  world: PeopleWorld,
  token: Token,
  accountId: string | null,
  { method, path, needs, body }: Probe,
  stale: boolean,
): Promise<void> {
  const { random, truth, portal } = world;
  const login = truth.logins.get(token.userId)!;
  const isFresh = !(token.kept && token.kept.at.getTime() > portal.now.getTime() - 5000);
  const mayIt = world.isLive(token) && truth.allows(login, accountId, needs, world.seconds);
  const isOpen = accountId === null || !truth.accounts.get(accountId)!.isClosed;
  const where = accountId === null ? path : `/v1/accounts/${accountId}${path}`;
  const called = await world.ask(token, method, where, { stale, body: body?.(random) });
  if (!stale && isFresh && mayIt && isOpen && refusals.has(called.body?.code)) {
    world.wrong(`${token.by.called} as ${login.address} is refused ${where} (${needs}): ${called.body.code}`);
  }
}
