import * as accounts from './steps/account-steps.ts';
import { checkRows } from './check-rows.ts';
import { handOver, tryAfterwards } from './steps/owner-steps.ts';
import * as logins from './steps/login-steps.ts';
import { learn } from './person.ts';
import { PeopleWorld, type Sabotage } from './people-world.ts';
import { probe } from './steps/probes.ts';
import * as staff from './steps/staff-steps.ts';

type Step = (world: PeopleWorld) => Promise<void>;

/** How often each step comes, of all together. */
const weights: readonly [Step, number][] = [
  [probe, 14],
  [logins.signIn, 12],
  [logins.press, 14],
  [accounts.invite, 9],
  [accounts.changeContact, 10],
  [accounts.prepare, 4],
  [accounts.askForAccess, 1],
  [accounts.decideOnAccess, 3],
  [logins.accept, 6],
  [logins.leave, 3],
  [logins.signOutEverywhere, 2],
  [logins.changePassword, 2],
  [logins.recover, 3],
  [logins.prove, 3],
  [logins.typeCodeElsewhere, 2],
  [logins.changeAddress, 3],
  [logins.rename, 2],
  [logins.askForHelp, 2],
  [logins.wait, 10],
  [staff.createAccount, 4],
  [staff.changeStaff, 10],
  [staff.removeEachOther, 1],
  [staff.link, 6],
  [staff.close, 2],
  [staff.changeSettings, 1],
  [handOver, 6],
];
const steps = weights.flatMap(([step, weight]) => Array.from({ length: weight }, () => step));

/** The first administrator, and an account each of somebody who means well and of the attackers. */
async function begin(world: PeopleWorld): Promise<void> {
  const { portal, truth, stan } = world;
  portal.addStaff('stan');
  portal.directory.users.get('stan')!.password = 'The-First-Of-All-1';
  learn(stan, 'stan@portal.test', 'The-First-Of-All-1');
  const member = { userId: 'stan', address: 'stan@portal.test', holder: stan };
  truth.admitToStaff(member, ['administrator'], 0);
  Object.assign(truth.logins.get('stan')!, { proven: true, name: 'stan' });
  truth.accept(truth.logins.get('stan')!, 'staff', 0);
  const token = world.signIn(stan, 'stan@portal.test', 'The-First-Of-All-1')!;
  const body = { 'staff.secondFactor': false, 'linkedAccounts.management': true };
  const context = await portal.authorizer('stan', token.signedInAt, token.session);
  const cached = { ...context, secondFactor: 'true' as const };
  await portal.call('', 'PUT', '/v1/staff/settings', { body, cached });
  truth.isManaging = true;
  for (const email of ['anna@one.test', 'mallory@evil.test', 'trudy@evil.test']) {
    await staff.openAccount(world, token, email, true);
    const holder = world.holderOf(email);
    world.signIn(holder, email, holder.passwords.get(email)!.at(-1)!);
  }
}

/** A seed has so many steps. */
const usualSteps = 120;
/** So many of the last requests are told of where something is wrong. */
const toldOf = 12;

/** Runs one seed to its end, or to the first thing that is wrong. Says what that was, and what was asked for before. */
export async function simulatePeople(
  seed: number,
  sabotage: Sabotage = {},
  count = usualSteps,
): Promise<string[]> {
  const world = new PeopleWorld(seed, sabotage);
  await begin(world);
  await world.collectMail();
  checkRows(world);
  for (let nth = 0; nth < count && world.wrongs.length === 0; nth++) {
    await world.random.pick(steps)(world);
    await world.collectMail();
    await tryAfterwards(world);
    checkRows(world);
  }
  if (world.wrongs.length === 0) return [];
  return [...world.wrongs, `after: ${world.told.slice(-toldOf).join(', ')}`];
}
