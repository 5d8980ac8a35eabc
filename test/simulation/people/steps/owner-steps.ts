import { ownerPlace } from '../../../../shared/mail/invitations/signed-link.ts';
import { isStale, somewhere } from './account-steps.ts';
import { acceptAs, pass, pressInvitation } from './login-steps.ts';
import type { Token } from '../person.ts';
import type { PeopleWorld } from '../people-world.ts';
import { tryAtOnce } from './probes.ts';
import { staffToken } from './staff-steps.ts';
import type { TrueLogin } from '../truth.ts';

type Turn = (world: PeopleWorld, accountId: string) => Promise<void>;

const pathOf = (accountId: string) => `/v1/staff/accounts/${accountId}/owner`;

/** An account changes hands, or nearly: at every turn whoever would own it sooner, or still, tries. */
export async function handOver(world: PeopleWorld): Promise<void> {
  const { random, truth } = world;
  const open = [...truth.accounts].filter(([, { isClosed }]) => !isClosed);
  const asked = open.filter(([, { nextId }]) => nextId !== null);
  const [accountId] = random.pick(asked.length > 0 && random.chance(0.3) ? asked : open);
  if (truth.accounts.get(accountId)!.nextId === null) await ask(world, accountId);
  for (let turns = random.between(1, 6); turns > 0 && world.wrongs.length === 0; turns--) {
    await random.pick(someTurns)(world, accountId);
    await world.collectMail();
    await tryAfterwards(world);
    const next = nextOf(world, accountId);
    if (next && random.chance(0.5)) await tryAtOnce(world, next, accountId);
  }
}

/** Whoever owned an account until a moment ago tries to do so still. */
export async function tryAfterwards(world: PeopleWorld): Promise<void> {
  for (const { accountId, former } of world.changedHands.splice(0)) {
    await tryAtOnce(world, former, accountId);
    await tryAtOnce(world, world.truth.logins.get(world.truth.accounts.get(accountId)!.ownerId)!, accountId);
  }
}

function nextOf({ truth }: PeopleWorld, accountId: string): TrueLogin | undefined {
  return truth.logins.get(truth.accounts.get(accountId)!.nextId ?? '');
}

/** Staff of the role most often; sometimes people of that account, or of another one. */
function asking(world: PeopleWorld): Token | null {
  const able = world.random.chance(0.85) ? staffToken(world, 'accounts') : null;
  return able ?? somewhere(world)?.token ?? null;
}

/** Somebody whose login others have prepared, somebody of the account, or anybody. */
function someNextOwner({ random, truth, people }: PeopleWorld, accountId: string): string {
  const everybody = people.flatMap(({ addresses }) => addresses);
  const prepared = people
    .flatMap(({ tokens }) => tokens)
    .map(({ by, userId }) => ({ by, login: truth.logins.get(userId)! }))
    .filter(({ by, login }) => login.holder !== by && !login.proven)
    .map(({ login }) => login.address);
  const own = [...truth.accounts.get(accountId)!.contacts.values()].map(({ address }) => address);
  const from = random.pick([prepared, own, everybody]);
  return random.pick(from.length > 0 ? from : everybody);
}

async function ask(
  world: PeopleWorld,
  accountId: string,
  email = someNextOwner(world, accountId),
): Promise<void> {
  const { random, truth, portal } = world;
  const token = asking(world);
  if (!token) return;
  const holder = world.holderOf(email);
  const before = world.seconds;
  const reason = `Sold to ${email}, number ${random.next()}`;
  const body = { email, name: `${holder.called} as staff call them`, reason };
  const stale = isStale(world, token);
  const { status } = await world.ask(token, 'PUT', pathOf(accountId), { body, stale });
  if (status !== 200) return;
  const { userId } = await portal.people.byAddress(email);
  truth.askToOwn(accountId, { userId: userId!, address: email, holder }, before);
  // Some change their mind before the mail is sent.
  if (random.chance(0.1)) return withdraw(world, accountId);
  const addresses = addressesOf(world, accountId);
  const mails = await world.collectMail();
  const told = new Set(mails.flatMap(({ address, text }) => (text.includes(reason) ? [address] : [])));
  const untold = addresses.filter((address) => !told.has(address));
  if (untold.length > 0) world.wrong(`${untold.join()} of ${accountId} was not told of ${email}`);
}

/** All addresses that an account knows of its people. */
function addressesOf({ portal }: PeopleWorld, accountId: string): string[] {
  const rows = [...portal.table.each()].filter(({ pk }) => pk === `ACCOUNT#${accountId}`);
  return rows.flatMap(({ sk, owner, email }) => {
    if (sk === 'ACCOUNT') return [(owner as { email: string }).email];
    return sk.startsWith('CONTACT#') ? [String(email)] : [];
  });
}

async function withdraw(world: PeopleWorld, accountId: string): Promise<void> {
  const token = asking(world);
  if (!token) return;
  const before = world.seconds;
  const stale = isStale(world, token);
  const { status } = await world.ask(token, 'DELETE', pathOf(accountId), { stale });
  if (status === 200) world.truth.withdrawOwner(accountId, before);
}

/** The same person is asked anew: the day begins again, and the link of before is worth nothing. */
async function askAgain(world: PeopleWorld, accountId: string): Promise<void> {
  await ask(world, accountId, nextOf(world, accountId)?.address);
}

/** Whoever has a session of the login that is to own it says yes: the person, or who prepared the login. */
async function acceptInPortal(world: PeopleWorld, accountId: string): Promise<void> {
  const next = nextOf(world, accountId);
  const tokens = world.people
    .flatMap((each) => each.tokens)
    .filter((token) => token.userId === next?.userId && world.isLive(token));
  if (tokens.length > 0) await acceptAs(world, world.random.pick(tokens), accountId);
}

/** The newest link of the mailbox, or one of before: of somebody else, withdrawn, answered. */
async function press(world: PeopleWorld, accountId: string): Promise<void> {
  const { random } = world;
  const place = ownerPlace(accountId);
  const links = world.people.flatMap((who) =>
    who.links.filter((link) => link.accountId === place).map((link) => ({ who, link })),
  );
  const next = nextOf(world, accountId);
  const newest = links.findLast(({ link }) => link.userId === next?.userId);
  if (links.length === 0) return;
  const { who, link } = newest && random.chance(0.75) ? newest : random.pick(links);
  await pressInvitation(world, who, link, place);
}

/** To the last second before its time, or to the second of it. */
async function waitForTheDay(world: PeopleWorld, accountId: string): Promise<void> {
  const asked = nextOf(world, accountId)?.toOwn.get(accountId);
  const left = (asked?.effectiveSeconds ?? 0) - world.seconds;
  await pass(world, left > 1 ? left - world.random.pick([0, 0, 1]) : 3600);
}

const waitAnHour: Turn = (world) => pass(world, 3600);
const askAnother: Turn = (world, accountId) => ask(world, accountId);

const someTurns: readonly Turn[] = [
  press,
  press,
  press,
  acceptInPortal,
  acceptInPortal,
  waitForTheDay,
  waitForTheDay,
  waitAnHour,
  askAgain,
  askAnother,
  withdraw,
];
