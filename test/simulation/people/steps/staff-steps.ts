import { type StaffRole, staffRoleKeys } from '../../../../shared/access/staff.ts';
import { permissionKeys } from '../../../../shared/access/permissions.ts';
import type { Called } from '../../../support/memory/memory-portal.ts';
import { learn, type Token } from '../person.ts';
import type { PeopleWorld } from '../people-world.ts';
import { tryAtOnce } from './probes.ts';
import { rolesOf } from '../truth.ts';

/** A token of somebody among staff, most often: of one with this role, or of any. */
export function staffToken(world: PeopleWorld, role: StaffRole): Token | null {
  const { random, truth } = world;
  const tokens = world.people.flatMap((each) => each.tokens);
  const staff = tokens.filter((token) => world.isLive(token) && truth.logins.get(token.userId)!.place);
  const able = staff.filter((token) => {
    const roles = rolesOf(truth.logins.get(token.userId)!);
    return roles.includes(role) || roles.includes('administrator');
  });
  const likely = able.length > 0 && random.chance(0.6) ? able : staff;
  const from = likely.length > 0 && random.chance(0.9) ? likely : tokens;
  return from.length > 0 ? random.pick(from) : null;
}

/** An account for an owner: somebody new, somebody known, somebody whose login others prepared. */
export async function createAccount(world: PeopleWorld): Promise<void> {
  const token = staffToken(world, 'accounts');
  if (!token || world.truth.accounts.size > 7) return;
  const email = world.random.pick(world.people.flatMap(({ addresses }) => addresses));
  await openAccount(world, token, email, world.random.chance(0.3));
}

export async function openAccount(
  world: PeopleWorld,
  token: Token,
  email: string,
  withPassword: boolean,
): Promise<Called> {
  const { truth, portal } = world;
  const holder = world.holderOf(email);
  const password = withPassword ? world.newPassword() : undefined;
  const before = world.seconds;
  const name = `Account ${truth.accounts.size + 1}`;
  const owner = { name: `${holder.called} as staff call them`, email, password };
  const made = await world.ask(token, 'POST', '/v1/staff/accounts', { body: { name, owner } });
  if (made.status !== 201) return made;
  const { userId } = await portal.people.byAddress(email);
  if (password !== undefined) {
    if (truth.logins.has(userId!)) world.wrong(`A password was taken for ${email}, who has a login`);
    learn(token.by, email, password);
    learn(holder, email, password);
  }
  const chosenBy = password === undefined ? null : token.by;
  const part = { role: 'owner' as const, contactId: null, permissions: permissionKeys, untilSeconds: null };
  truth.admit(made.body.id, { userId: userId!, address: email, holder, chosenBy }, part, before);
  return made;
}

/** Somebody invites among staff, changes roles or removes a member: administrators do, others try. */
export async function changeStaff(world: PeopleWorld): Promise<void> {
  const token = staffToken(world, 'administrator');
  if (!token) return;
  const step = world.random.pick([addMember, addMember, changeRoles, changeRoles, elevate, removeMember]);
  await step(world, token);
}

/** Few roles, and often that which gives roles. */
function someRoles({ random }: PeopleWorld): StaffRole[] {
  const powerful = random.pick(['administrator', 'accounts', 'settings'] as const);
  return [...new Set([powerful, random.pick(staffRoleKeys)])];
}

async function addMember(world: PeopleWorld, token: Token): Promise<void> {
  const { random, truth, portal } = world;
  const known = [...truth.logins.values()].filter(({ proven }) => proven).map(({ address }) => address);
  const everybody = world.people.flatMap(({ addresses }) => addresses);
  const email = random.pick(random.chance(0.6) ? known : everybody);
  const roles = someRoles(world);
  const body = { name: 'Somebody among staff', email, roles };
  const before = world.seconds;
  const added = await world.ask(token, 'POST', '/v1/staff/members', { body });
  if (added.status !== 201) return;
  const { userId } = await portal.people.byAddress(email);
  truth.admitToStaff({ userId: userId!, address: email, holder: world.holderOf(email) }, roles, before);
  await tryAtOnce(world, truth.logins.get(userId!)!, null);
}

function someMember({ truth, random }: PeopleWorld, except: string | null): string | null {
  const members = [...truth.logins.values()].filter(({ userId, place }) => place && userId !== except);
  return members.length > 0 ? random.pick(members).userId : null;
}

async function changeRoles(world: PeopleWorld, token: Token): Promise<void> {
  await giveRoles(world, token, someMember(world, token.userId));
}

/** Somebody gives themselves roles. */
async function elevate(world: PeopleWorld, token: Token): Promise<void> {
  await giveRoles(world, token, token.userId);
}

/** A member is at work, so that the gateway has just heard of their roles. */
async function work(world: PeopleWorld, userId: string): Promise<void> {
  const token = world.people.flatMap(({ tokens }) => tokens).findLast((each) => each.userId === userId);
  if (token) await world.ask(token, 'GET', '/v1/staff/accounts');
}

async function giveRoles(world: PeopleWorld, token: Token, userId: string | null): Promise<void> {
  if (userId === null) return;
  const roles = someRoles(world);
  const stale = world.random.chance(0.3);
  const path = `/v1/staff/members/${userId}`;
  await work(world, userId);
  const changed = await world.ask(token, 'PATCH', path, { body: { roles }, stale });
  if (changed.status !== 200) return;
  if (userId === token.userId) world.wrong(`${token.by.called} gave themselves roles`);
  const login = world.truth.logins.get(userId)!;
  login.place!.roles = roles;
  await tryAtOnce(world, login, null);
}

async function removeMember(world: PeopleWorld, token: Token): Promise<void> {
  const { truth, random } = world;
  const userId = someMember(world, random.chance(0.8) ? token.userId : null);
  if (userId === null) return;
  await work(world, userId);
  const before = world.seconds;
  const stale = random.chance(0.3);
  const removed = await world.ask(token, 'DELETE', `/v1/staff/members/${userId}`, { stale });
  if (removed.status !== 204) return;
  const login = truth.logins.get(userId)!;
  truth.dismissFromStaff(login, before);
  await tryAtOnce(world, login, null);
}

/** Two administrators remove each other at the same time. */
export async function removeEachOther(world: PeopleWorld): Promise<void> {
  const { truth, portal } = world;
  const administrators = world.people
    .flatMap(({ tokens }) => tokens)
    .filter((token) => {
      const roles = rolesOf(truth.logins.get(token.userId)!);
      return world.isLive(token) && roles.includes('administrator');
    });
  const [one, ...others] = administrators;
  const other = others.find(({ userId }) => userId !== one?.userId);
  if (!one || !other) return;
  const remove = async (by: Token, userId: string) => {
    const cached = await portal.authorizer(by.userId, by.signedInAt, by.session);
    return () => portal.call('', 'DELETE', `/v1/staff/members/${userId}`, { cached });
  };
  const both = [await remove(one, other.userId), await remove(other, one.userId)];
  const before = world.seconds;
  const [first, second] = await Promise.all(both.map((press) => press()));
  if (first!.status === 204) truth.dismissFromStaff(truth.logins.get(other.userId)!, before);
  if (second!.status === 204) truth.dismissFromStaff(truth.logins.get(one.userId)!, before);
  if (first!.status === 204 && second!.status === 204) world.wrong('Two removed each other');
}

/** Staff link an account beneath another, or take it out. */
export async function link(world: PeopleWorld): Promise<void> {
  const { random, truth } = world;
  const token = staffToken(world, 'accounts');
  if (!token) return;
  const [accountId, main] = [
    random.pick([...truth.accounts.keys()]),
    random.pick([...truth.accounts.keys()]),
  ];
  const path = `/v1/staff/accounts/${accountId}/main-account`;
  if (random.chance(0.35)) {
    const { status } = await world.ask(token, 'DELETE', path);
    if (status === 200) truth.links.delete(accountId);
    return;
  }
  const kind = random.pick(['aggregated', 'independent'] as const);
  const { status } = await world.ask(token, 'PUT', path, { body: { mainAccountId: main, kind } });
  if (status === 200) truth.links.set(accountId, { main, kind });
}

/** An account is closed: all its people's parts end. */
export async function close(world: PeopleWorld): Promise<void> {
  const { random, truth } = world;
  const token = staffToken(world, 'accounts');
  if (!token || truth.accounts.size < 5 || random.chance(0.5)) return;
  const accountId = random.pick([...truth.accounts.keys()]);
  const before = world.seconds;
  const { status } = await world.ask(token, 'POST', `/v1/staff/accounts/${accountId}/close`, { body: {} });
  if (status !== 200) return;
  truth.accounts.get(accountId)!.isClosed = true;
  truth.withdrawOwner(accountId, before);
  for (const login of truth.logins.values()) {
    if (login.parts.has(accountId)) truth.dismiss(login, accountId, before);
  }
}

export async function changeSettings(world: PeopleWorld): Promise<void> {
  const { random, truth } = world;
  const token = staffToken(world, 'settings');
  if (!token) return;
  const [isManaging, isIndependentOpen] = [random.chance(0.7), random.chance(0.5)];
  const body = {
    'linkedAccounts.management': isManaging,
    'linkedAccounts.independentAccess': isIndependentOpen,
  };
  const { status } = await world.ask(token, 'PUT', '/v1/staff/settings', { body });
  if (status === 200) Object.assign(truth, { isManaging, isIndependentOpen });
}
