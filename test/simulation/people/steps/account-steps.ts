import { type Permission, permissionKeys } from '../../../../shared/access/permissions.ts';
import { toInstant } from '../../../../shared/core/clock.ts';
import type { Called } from '../../../support/memory/memory-portal.ts';
import { learn, type Token } from '../person.ts';
import type { PeopleWorld } from '../people-world.ts';
import { tryAtOnce } from './probes.ts';
import { isOver, type Part } from '../truth.ts';

interface Place {
  token: Token;
  accountId: string;
}

/** Somebody's token, and an account: mostly one that has to do with it. */
export function somewhere(world: PeopleWorld): Place | null {
  const { random, truth } = world;
  const tokens = world.people.flatMap((each) => each.tokens);
  const accounts = [...truth.accounts.keys()];
  if (tokens.length === 0) return null;
  const token = random.pick(tokens);
  const own = [...truth.logins.get(token.userId)!.parts.keys()];
  const accountId = own.length > 0 && random.chance(0.8) ? random.pick(own) : random.pick(accounts);
  return { token, accountId };
}

/** A token of somebody who may manage the contacts of an account, most often. */
function managing(world: PeopleWorld): Place | null {
  const { random, truth, seconds } = world;
  const able = world.people
    .flatMap((each) => each.tokens)
    .filter((token) => world.isLive(token))
    .flatMap((token) => {
      const login = truth.logins.get(token.userId)!;
      const accounts = [...login.parts.keys()].filter((id) => truth.allows(login, id, 'contacts', seconds));
      return accounts.map((accountId) => ({ token, accountId }));
    });
  return able.length > 0 && random.chance(0.85) ? random.pick(able) : somewhere(world);
}

/** What somebody asks for a contact: mostly what they hold themselves. */
function wantedAccess(world: PeopleWorld, { userId }: Token, accountId: string) {
  const { random, truth, portal } = world;
  const held = truth.logins.get(userId)!.parts.get(accountId)?.permissions ?? [];
  const from = held.length > 0 && random.chance(0.8) ? held : permissionKeys;
  const permissions = [
    ...new Set([...random.some(from), ...(random.chance(0.3) ? ['contacts' as const] : [])]),
  ];
  const until = new Date(portal.now.getTime() + random.between(1, 20) * 12 * 3600_000);
  return { permissions, ...(random.chance(0.3) ? { expiresAt: toInstant(until) } : {}) };
}

/** Notes that an account gave access, where the portal says so, and whether it was allowed to. */
async function noteGiven(
  world: PeopleWorld,
  token: Token,
  accountId: string,
  { status, body }: Called,
  wanted: { permissions: Permission[]; expiresAt?: string; password?: string },
): Promise<void> {
  const { truth, seconds, portal } = world;
  if (status >= 300) return;
  const address = String(body.email);
  const by = truth.logins.get(token.userId)!;
  const untilSeconds = wanted.expiresAt ? Date.parse(wanted.expiresAt) / 1000 : null;
  const wants = { permissions: wanted.permissions, untilSeconds };
  const limit = truth.exceeds(by, accountId, { id: body.id, holds: [] }, wants, seconds);
  noteLimit(world, limit, token, accountId);
  const { userId } = await portal.people.byAddress(address);
  if (userId === null) {
    world.wrong(`${address} was given access and has no login`);
    return;
  }
  if (wanted.password !== undefined) {
    if (truth.logins.has(userId)) world.wrong(`A password was taken for ${address}, who has a login`);
    // Whoever chose it tells the person.
    learn(token.by, address, wanted.password);
    learn(world.holderOf(address), address, wanted.password);
  }
  const chosenBy = wanted.password === undefined ? null : token.by;
  truth.admit(
    accountId,
    { userId, address, holder: world.holderOf(address), chosenBy },
    { role: 'sub-account', contactId: body.id, permissions: wanted.permissions, untilSeconds },
    seconds,
  );
}

/** Who was staff until a moment ago may still be that, for as long as the gateway keeps what it heard. */
function noteLimit(world: PeopleWorld, exceeds: string | null, token: Token, accountId: string): void {
  const { parts, place } = world.truth.logins.get(token.userId)!;
  const since = parts.get(accountId)?.sinceSeconds ?? 0;
  if (exceeds !== null && !(place && since > world.seconds - 5)) world.wrong(`${token.by.called} ${exceeds}`);
}

/** What the gateway heard long ago is tried too; it would take who is staff by now for a client still. */
export const isStale = ({ random, truth }: PeopleWorld, { userId }: Token) =>
  truth.logins.get(userId)!.place === null && random.chance(0.15);

/** A contact with access, by invitation or with a password that somebody else chose. */
export async function invite(world: PeopleWorld): Promise<void> {
  const { random } = world;
  const found = managing(world);
  if (found) await give(world, found.token, found.accountId, someAddress(world, found), random.chance(0.4));
}

/** Mostly an address that the account does not know yet. */
function someAddress({ random, truth, people }: PeopleWorld, { token, accountId }: Place): string {
  const everybody = people.flatMap(({ addresses }) => addresses);
  const { contacts, ownerId } = truth.accounts.get(accountId)!;
  const known = new Set([...contacts.values()].map(({ address }) => address));
  const strangers = everybody.filter(
    (address) => !known.has(address) && address !== truth.logins.get(ownerId)!.address,
  );
  const others = strangers.filter((address) => !token.by.addresses.includes(address));
  return others.length > 0 && random.chance(0.9) ? random.pick(others) : random.pick(everybody);
}

async function give(
  world: PeopleWorld,
  token: Token,
  accountId: string,
  email: string,
  withPassword: boolean,
): Promise<Called> {
  const password = withPassword ? { password: world.newPassword() } : {};
  const subAccount = { ...wantedAccess(world, token, accountId), ...password };
  const body = { name: `Named by ${token.by.called}`, email, subAccount };
  const stale = isStale(world, token);
  const given = await world.ask(token, 'POST', `/v1/accounts/${accountId}/contacts`, { body, stale });
  await noteGiven(world, token, accountId, given, subAccount);
  return given;
}

/** An attacker gets hold of a login for somebody else's address, and of its tokens; and may let go of it again. */
export async function prepare(world: PeopleWorld): Promise<void> {
  const { random, truth } = world;
  const by = random.pick(world.attackers);
  const owns = (token: Token) => {
    const parts = [...truth.logins.get(token.userId)!.parts];
    return parts.find(([, { role, sinceSeconds }]) => role === 'owner' && sinceSeconds !== null)?.[0];
  };
  const token = by.tokens.find((each) => world.isLive(each) && owns(each) !== undefined);
  if (!token) return;
  const accountId = owns(token)!;
  const given = await give(world, token, accountId, someAddress(world, { token, accountId }), true);
  if (given.status !== 201) return;
  const { email, id } = given.body;
  const signIn = () => world.signIn(by, email, by.passwords.get(email)!.at(-1)!);
  const taken = random.chance(0.8) ? signIn() : undefined;
  if (taken) await world.ask(taken, 'GET', '/v1/me');
  if (random.chance(0.4)) return;
  await end(world, token, accountId, id, '');
  // Somebody else admits the person: what the attacker knows of the login is worth nothing then.
  const elsewhere = managing(world);
  if (!elsewhere || random.chance(0.5)) return;
  await give(world, elsewhere.token, elsewhere.accountId, email, false);
  signIn();
}

/** The access that a contact has by the truth; undefined where there is none. */
function accessOf({ truth }: PeopleWorld, accountId: string, contactId: string) {
  const userId = truth.accounts.get(accountId)!.contacts.get(contactId)?.userId;
  const login = userId ? truth.logins.get(userId)! : undefined;
  const part = login?.parts.get(accountId);
  return login && part ? { login, part } : undefined;
}

const heldBy = (part: Part | undefined, now: number) => (part && !isOver(part, now) ? part.permissions : []);

const isSame = (part: Part, wants: Pick<Part, 'permissions' | 'untilSeconds'>) =>
  part.untilSeconds === wants.untilSeconds &&
  part.permissions.toSorted().join() === wants.permissions.toSorted().join();

async function end(
  world: PeopleWorld,
  token: Token,
  accountId: string,
  contactId: string,
  suffix: '' | '/sub-account',
): Promise<void> {
  const { truth } = world;
  const access = accessOf(world, accountId, contactId);
  const before = world.seconds;
  const by = truth.logins.get(token.userId)!;
  const contact = { id: contactId, holds: heldBy(access?.part, before) };
  const exceeds = access
    ? truth.exceeds(by, accountId, contact, { permissions: [], untilSeconds: null }, before)
    : null;
  const path = `/v1/accounts/${accountId}/contacts/${contactId}${suffix}`;
  const ended = await world.ask(token, 'DELETE', path, { stale: isStale(world, token) });
  if (ended.status >= 300) return;
  noteLimit(world, exceeds, token, accountId);
  if (access) truth.dismiss(access.login, accountId, before);
  if (suffix === '') truth.accounts.get(accountId)!.contacts.delete(contactId);
  if (access) await tryAtOnce(world, access.login, accountId);
}

/** Changes a contact's access: other permissions, another end, none, anew; or mails its invitation again. */
export async function changeContact(world: PeopleWorld): Promise<void> {
  const { random, truth } = world;
  const found = managing(world);
  if (!found) return;
  const { token, accountId } = found;
  const contacts = [...truth.accounts.get(accountId)!.contacts.keys()];
  if (contacts.length === 0) return;
  const contactId = random.pick(contacts);
  const step = random.pick(['change', 'change', 'end', 'remove', 'again'] as const);
  if (step === 'end') return end(world, token, accountId, contactId, '/sub-account');
  if (step === 'remove') return end(world, token, accountId, contactId, '');
  const path = `/v1/accounts/${accountId}/contacts/${contactId}`;
  if (step === 'again') {
    await world.ask(token, 'POST', `${path}/invite`);
    return;
  }
  const access = accessOf(world, accountId, contactId);
  const password = random.chance(0.15) ? { password: world.newPassword() } : {};
  const wanted = { ...wantedAccess(world, token, accountId), ...password };
  const before = world.seconds;
  const by = truth.logins.get(token.userId)!;
  const untilSeconds = wanted.expiresAt
    ? Date.parse(wanted.expiresAt) / 1000
    : (access?.part.untilSeconds ?? null);
  const wants = { permissions: wanted.permissions, untilSeconds };
  const contact = { id: contactId, holds: heldBy(access?.part, before) };
  const exceeds = truth.exceeds(by, accountId, contact, wants, before);
  const stale = isStale(world, token);
  const changed = await world.ask(token, 'PUT', `${path}/sub-account`, { body: wanted, stale });
  if (changed.status >= 300) return;
  if (!access) return noteGiven(world, token, accountId, changed, wanted);
  // Saying what is so already changes nothing.
  if (!isSame(access.part, wants)) noteLimit(world, exceeds, token, accountId);
  if (wanted.password !== undefined) world.wrong(`${by.address} chose a password for a login that exists`);
  Object.assign(access.part, wants);
  await tryAtOnce(world, access.login, accountId);
}

/** A person asks for what they lack, and somebody decides. */
export async function askForAccess(world: PeopleWorld): Promise<void> {
  const { random } = world;
  const found = somewhere(world);
  if (!found) return;
  const path = `/v1/accounts/${found.accountId}/access-requests`;
  const permissions = random.some(permissionKeys.slice(0, 6));
  await world.ask(found.token, 'POST', path, { body: { permissions, message: 'Please' } });
}

export async function decideOnAccess(world: PeopleWorld): Promise<void> {
  const { random, truth, portal } = world;
  const found = managing(world);
  if (!found) return;
  const { token, accountId } = found;
  const open = [...portal.table.each()].filter(
    ({ pk, sk, status }) =>
      pk === `ACCOUNT#${accountId}` && sk.startsWith('ACCESS-REQUEST#') && status === 'open',
  );
  if (open.length === 0) return;
  const { id, contactId, permissions } = random.pick(open) as unknown as {
    id: string;
    contactId: string;
    permissions: Permission[];
  };
  const decision = random.pick(['approve', 'approve', 'reject']);
  const access = accessOf(world, accountId, contactId);
  const before = world.seconds;
  const by = truth.logins.get(token.userId)!;
  const held = heldBy(access?.part, before);
  const wants = {
    permissions: permissionKeys.filter((key) => held.includes(key) || permissions.includes(key)),
    untilSeconds: access?.part.untilSeconds ?? null,
  };
  const exceeds = truth.exceeds(by, accountId, { id: contactId, holds: held }, wants, before);
  const path = `/v1/accounts/${accountId}/access-requests/${id}/${decision}`;
  const decided = await world.ask(token, 'POST', path);
  if (decided.status >= 300 || decision === 'reject') return;
  noteLimit(world, exceeds, token, accountId);
  if (access?.part.sinceSeconds == null) world.wrong(`${id} was approved for somebody who is not in`);
  else Object.assign(access.part, wants);
}
