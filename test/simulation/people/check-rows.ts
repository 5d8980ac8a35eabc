import { permissionKeys } from '../../../shared/access/permissions.ts';
import { ownershipPrefix } from '../../../shared/accounts/ownership/ownership.ts';
import type { Item } from '../../../shared/table/table.ts';
import type { PeopleWorld } from './people-world.ts';
import { isDisabled, rolesOf, type TrueLogin } from './truth.ts';

/** What the rows and the user pool say of logins, parts and staff, compared with what is true. */
export function checkRows(world: PeopleWorld): void {
  const rows: Item[] = [];
  const accounts: Item[] = [];
  const contacts: Item[] = [];
  let administrators: readonly string[] = [];
  for (const item of world.portal.table.each()) {
    if (item.pk.startsWith('USER#')) rows.push(item);
    else if (item.sk === 'ACCOUNT' && item.pk.startsWith('ACCOUNT#')) accounts.push(item);
    else if (item.sk.startsWith('CONTACT#')) contacts.push(item);
    else if (item.sk === 'ADMINISTRATORS') administrators = item['userIds'] as string[];
  }
  const byLogin = Map.groupBy(rows, ({ pk }) => pk.slice('USER#'.length));
  for (const [userId, ofLogin] of byLogin) {
    const login = world.truth.logins.get(userId);
    if (login) checkLogin(world, login, ofLogin);
    else world.wrong(`Nobody knows of the login ${userId}`);
  }
  checkAdministrators(world, administrators);
  for (const account of accounts) checkOwner(world, account, rows);
  checkAddresses(world, accounts, contacts);
}

/** In the accounts that they are in people are written to under the address of their login. */
function checkAddresses(world: PeopleWorld, accounts: readonly Item[], contacts: readonly Item[]): void {
  const { truth, seconds } = world;
  const check = (accountId: string, login: TrueLogin | undefined, email: unknown) => {
    if (login && truth.part(login, accountId, seconds) && login.address !== email)
      world.wrong(`${login.address} is written to as ${String(email)} in ${accountId}`);
  };
  for (const { id, owner } of accounts) {
    const { userId, email } = owner as { userId: string; email: string };
    check(String(id), truth.logins.get(userId), email);
  }
  for (const { id, accountId, email } of contacts) {
    const userId = truth.accounts.get(String(accountId))?.contacts.get(String(id))?.userId;
    check(String(accountId), truth.logins.get(userId ?? ''), email);
  }
}

function checkLogin(world: PeopleWorld, login: TrueLogin, rows: readonly Item[]): void {
  const { directory } = world.portal;
  const row = rows.find(({ sk }) => sk === 'LOGIN')!;
  const members = rows.filter(({ sk }) => sk.startsWith('MEMBER#'));
  const toOwn = rows.filter(({ sk }) => sk.startsWith(ownershipPrefix));
  const staff = rows.find(({ sk }) => sk === 'STAFF');
  const user = directory.users.get(login.userId);
  const wrong = (what: string) => world.wrong(`${login.address}: ${what}`);
  world.followAddress(login, row);
  const counted = members.length + toOwn.length;
  if (row['accounts'] !== counted) wrong(`${String(row['accounts'])} accounts, ${counted} parts`);
  if (row['staff'] !== (staff !== undefined)) wrong('staff without a place, or the other way round');
  if ((row['proven'] === true) !== login.proven) wrong(`reads proven ${String(row['proven'])}`);
  if (user?.enabled === isDisabled(login)) wrong(`enabled ${user.enabled} with ${members.length} parts`);
  if (user && !isDisabled(login) && user.email !== login.address) wrong(`signs in as ${user.email}`);
  const isNamed = login.proven && login.name !== null;
  if (isNamed && row['name'] !== login.name) wrong(`is called ${String(row['name'])}`);
  checkParts(login, members, wrong);
  checkToOwn(login, toOwn, wrong);
  const place = staff ? [staff['roles'], staff['invitation'] === undefined] : null;
  const expected = login.place ? [login.place.roles, login.place.sinceSeconds !== null] : null;
  if (JSON.stringify(place) !== JSON.stringify(expected)) wrong(`is staff as ${JSON.stringify(place)}`);
}

function checkParts(login: TrueLogin, members: readonly Item[], wrong: (what: string) => void): void {
  const found = new Map(members.map((row) => [String(row['accountId']), row]));
  for (const [accountId, part] of login.parts) {
    const row = found.get(accountId);
    found.delete(accountId);
    const isSame =
      row !== undefined &&
      row['role'] === part.role &&
      (row['contactId'] ?? null) === part.contactId &&
      (row['invitation'] !== undefined) === (part.sinceSeconds === null) &&
      (row['expiresAtSeconds'] ?? null) === part.untilSeconds &&
      (row['permissions'] as string[]).toSorted().join() === part.permissions.toSorted().join();
    if (!isSame) wrong(`has ${JSON.stringify(row)} in ${accountId} instead of ${JSON.stringify(part)}`);
  }
  for (const accountId of found.keys()) wrong(`has a part in ${accountId} that nobody gave`);
}

function checkToOwn(login: TrueLogin, rows: readonly Item[], wrong: (what: string) => void): void {
  const told = (id: unknown, at: unknown, isAccepted: boolean) =>
    `${String(id)} at ${String(at)}, ${isAccepted ? 'accepted' : 'waiting'}`;
  const found = rows.map((row) =>
    told(row['accountId'], row['effectiveAtSeconds'], row['invitation'] === undefined),
  );
  const expected = [...login.toOwn].map(([id, { effectiveSeconds, sinceSeconds }]) =>
    told(id, effectiveSeconds, sinceSeconds !== null),
  );
  const [is, should] = [found.toSorted().join(), expected.toSorted().join()];
  if (is !== should) wrong(`is to own ${is} instead of ${should}`);
}

/** There is an accepted administrator always, and the list has all of them. */
function checkAdministrators(world: PeopleWorld, listed: readonly string[]): void {
  const accepted = [...world.truth.logins.values()]
    .filter((login) => rolesOf(login).includes('administrator'))
    .map(({ userId }) => userId);
  if (accepted.length === 0) world.wrong('No administrator is left');
  if (accepted.toSorted().join() !== listed.toSorted().join()) {
    world.wrong(`Administrators are ${listed.join()} instead of ${accepted.join()}`);
  }
}

/** An account is linked as staff said; it has one owner, who holds everything for ever; a closed one
 * has nobody. */
function checkOwner(world: PeopleWorld, account: Item, rows: readonly Item[]): void {
  const id = String(account['id']);
  const known = world.truth.accounts.get(id);
  const main = (account['mainAccountId'] as string | null | undefined) ?? undefined;
  if (main !== world.truth.links.get(id)?.main) world.wrong(`${id} is linked to ${main}`);
  const parts = rows.filter(({ sk }) => sk === `MEMBER#${id}`);
  const owners = parts.filter((row) => row['role'] === 'owner');
  if (!known) world.wrong(`Nobody opened ${id}`);
  if (known?.isClosed) {
    if (parts.length > 0) world.wrong(`${id} is closed and has people`);
    return;
  }
  const next = (account['nextOwner'] as string | null | undefined) ?? null;
  if (next !== known?.nextId) world.wrong(`${id} is to be owned by ${next}`);
  const [owner] = owners;
  const { userId } = account['owner'] as { userId: string };
  const isWhole =
    owners.length === 1 &&
    owner!.pk === `USER#${userId}` &&
    userId === known?.ownerId &&
    (owner!['permissions'] as string[]).length === permissionKeys.length &&
    (owner!['expiresAtSeconds'] ?? null) === null;
  const { holder } = world.truth.logins.get(userId)!;
  const { name } = account['owner'] as { name: string };
  // Staff and the people themselves say who it is; what another account wrote is no name.
  if (!name.toLowerCase().startsWith(holder.called.toLowerCase()))
    world.wrong(`${id} is owned by somebody called ${name}`);
  if (!isWhole) world.wrong(`${id} has ${owners.length} owners, or one who lacks something`);
}
