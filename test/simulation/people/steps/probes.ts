import type { RoutePermission } from '../../../shared/access/decide.ts';
import type { Token } from './person.ts';
import type { PeopleWorld } from './people-world.ts';

interface Probe {
  method: 'GET' | 'PATCH';
  path: string;
  needs: RoutePermission;
}

const inAccounts: readonly Probe[] = [
  { method: 'GET', path: '', needs: 'member' },
  { method: 'GET', path: '/dashboard', needs: 'member' },
  { method: 'GET', path: '/contacts', needs: 'contacts' },
  { method: 'GET', path: '/activity', needs: 'contacts' },
  { method: 'GET', path: '/tickets', needs: 'tickets' },
  { method: 'GET', path: '/invoices', needs: 'invoices' },
  { method: 'GET', path: '/services', needs: 'products' },
  { method: 'GET', path: '/documents', needs: 'documents' },
  { method: 'PATCH', path: '', needs: 'profile' },
  { method: 'PATCH', path: '', needs: 'profile' },
];

const ofStaff: readonly Probe[] = [
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

async function tryOne(world: PeopleWorld, token: Token): Promise<void> {
  const { random, truth, portal } = world;
  const login = truth.logins.get(token.userId)!;
  const known = [...login.parts.keys()];
  const from = known.length > 0 && random.chance(0.5) ? known : [...truth.accounts.keys()];
  const accountId = random.chance(0.85) ? random.pick(from) : null;
  const { method, path, needs } = random.pick(accountId === null ? ofStaff : inAccounts);
  const isFresh = !(token.kept && token.keptAt.getTime() > portal.now.getTime() - 5000);
  const mayIt = world.isLive(token) && truth.allows(login, accountId, needs, world.seconds);
  const isOpen = accountId === null || !truth.accounts.get(accountId)!.isClosed;
  // Writes are tried with what the gateway heard long ago as well.
  const stale = method !== 'GET' && random.chance(0.5);
  const where = accountId === null ? path : `/v1/accounts/${accountId}${path}`;
  // A new value each time: what changes nothing is not written.
  const body = method === 'PATCH' ? { body: { address: { line1: `Street ${random.next()}` } } } : {};
  const called = await world.ask(token, method, where, { stale, ...body });
  if (!stale && isFresh && mayIt && isOpen && refusals.has(called.body?.code)) {
    world.wrong(`${token.by.called} as ${login.address} is refused ${where} (${needs}): ${called.body.code}`);
  }
}
