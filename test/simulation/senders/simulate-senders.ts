import { gil, jane, mallory, max, pia, bob, sue, tom, zed } from './cast.ts';
import { sharedNetwork } from './letter.ts';
import { type Sabotage, SendersWorld } from './senders-world.ts';
import * as portal from './steps/portal-steps.ts';
import * as writing from './steps/writing.ts';
import { limits } from './truth.ts';

type Step = (world: SendersWorld) => Promise<void>;

/** How often each step comes, of all together. */
const weights: readonly [Step, number][] = [
  [writing.write, 12],
  [writing.answer, 14],
  [writing.writeAsStranger, 4],
  [writing.forge, 14],
  [writing.writeByMachine, 6],
  [writing.repeat, 6],
  [writing.writeToMany, 4],
  [writing.burst, 1],
  [portal.answerAsStaff, 9],
  [portal.chatter, 1],
  [portal.decideOnWaiting, 4],
  [portal.pressAnswer, 12],
  [portal.openLinks, 2],
  [portal.recordContact, 4],
  [portal.removeContact, 1],
  [portal.tellOfMail, 7],
  [portal.tellLies, 2],
  [portal.revive, 1],
  [portal.wait, 5],
];
const steps = weights.flatMap(([step, weight]) => Array.from({ length: weight }, () => step));

/** The accounts, with the people whom their owners recorded. */
async function begin(world: SendersWorld, settings: Record<string, unknown>): Promise<void> {
  const memory = world.portal;
  for (const { address } of [jane, max, zed, tom, mallory]) {
    const made = await memory.createAccount(`Account of ${address.split('@')[0]}`, address);
    world.truth.accounts.set(made.accountId, {
      id: made.accountId,
      ownerId: made.ownerId,
      owner: address,
      ownerWantsSupport: true,
      contacts: new Map(),
    });
  }
  await recordPeople(world);
  const body = {
    'mail.hourlyLimit': limits.hourly,
    'mail.strangersPerDay': limits.strangersPerDay,
    'mail.sharedNetworks': [sharedNetwork],
    'staff.secondFactor': false,
    ...settings,
  };
  const set = await memory.call('stan', 'PUT', '/v1/staff/settings', { body });
  if (set.status !== 200) throw new Error(JSON.stringify(set.body));
  // Invitations count among the strangers of their day.
  memory.advance(day);
  while (memory.nudged.length > 0) await memory.deliver();
  memory.mails.length = 0;
}

/** The people of two accounts; one of them reads all tickets of theirs. */
async function recordPeople(world: SendersWorld): Promise<void> {
  const memory = world.portal;
  const [acme, globex] = [...world.truth.accounts.values()];
  for (const [account, { address }, support] of [
    [acme!, bob, false],
    [acme!, gil, true],
    [acme!, sue, false],
    [globex!, pia, false],
  ] as const) {
    const body = { name: address.split('@')[0], email: address, emailPreferences: { support } };
    const path = `/v1/accounts/${account.id}/contacts`;
    const { id } = (await memory.call(account.ownerId, 'POST', path, { body })).body as { id: string };
    account.contacts.set(address, { id, address, support, proven: false, reads: false });
  }
  const reader = acme!.contacts.get(sue.address)!;
  const path = `/v1/accounts/${acme!.id}/contacts/${reader.id}/sub-account`;
  await memory.call(acme!.ownerId, 'PUT', path, { body: { permissions: ['tickets'] } });
  await memory.acceptInvitation((await memory.people.byAddress(sue.address)).userId!, acme!.id);
  Object.assign(reader, { proven: true, reads: true });
}

/** A seed has so many steps. */
const usualSteps = 60;
/** So much of what happened last is told of where something is wrong. */
const toldOf = 12;
const day = 24 * 3600;

/** Runs one seed to its end, or to the first thing that is wrong. Says what that was, and what went before. */
export async function simulateSenders(
  seed: number,
  sabotage: Sabotage = {},
  count = usualSteps,
  told = toldOf,
): Promise<string[]> {
  const world = new SendersWorld(seed, sabotage);
  await begin(world, sabotage.settings ?? {});
  for (let nth = 0; nth < count && world.wrongs.length === 0; nth++) {
    world.portal.advance(world.random.between(60, 900));
    await world.random.pick(steps)(world);
  }
  // Whoever was asked last has had their time, and so has what that led to.
  for (const days of [4, 4, 4, 31]) if (world.wrongs.length === 0) await portal.pass(world, days * day);
  if (world.wrongs.length === 0) checkEnd(world);
  if (world.wrongs.length === 0) return [];
  return [...world.wrongs, `after: ${world.told.slice(-told).join(' | ')}`];
}

/** Nothing waits for an answer that cannot come any more. */
function checkEnd(world: SendersWorld): void {
  for (const row of world.portal.table.each()) {
    if (!row.pk.startsWith('MAIL-IN#') || row['outcome'] !== 'quarantined') continue;
    const letter = world.copies.get((row['received'] as { objectKey: string }).objectKey)!;
    const waits = String(row['reason']).startsWith('the sender is asked first');
    if (waits) world.wrong(`${letter.nth} waits for an answer that does not come`);
    if (letter.isOfStranger && !letter.believed) {
      world.wrong(`${letter.nth} of a stranger waits for ever`);
    }
  }
}
