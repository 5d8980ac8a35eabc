import { secondsToInstant } from '../../../../shared/core/clock.ts';
import { ownedBy, ownerPlace } from '../../../../shared/mail/invitations/signed-link.ts';
import { somewhere } from './account-steps.ts';
import { learn, type MailedLink, type Person, type Token } from '../person.ts';
import type { PeopleWorld } from '../people-world.ts';
import { tryAtOnce } from './probes.ts';
import { isDisabled, isOver, type TrueLogin } from '../truth.ts';

const someToken = (world: PeopleWorld, who: Person): Token | null =>
  who.tokens.length > 0 ? world.random.pick(who.tokens) : null;

/** A session of a login's own holder that goes on; null where there is none. */
function ownSession(world: PeopleWorld, matches: (login: TrueLogin) => boolean): Token | null {
  const tokens = world.people.flatMap((each) => each.tokens);
  const own = tokens.filter((token) => {
    const login = world.truth.logins.get(token.userId)!;
    return world.isLive(token) && login.holder === token.by && matches(login);
  });
  return own.length > 0 ? world.random.pick(own) : null;
}

/** Somebody signs in with what they know: for themselves, or as somebody whose password they chose. */
export async function signIn(world: PeopleWorld): Promise<void> {
  const { random } = world;
  const isOut = ({ tokens }: Person) => !tokens.some((token) => world.isLive(token));
  const out = world.people.filter(isOut);
  const who = random.pick(out.length > 0 && random.chance(0.6) ? out : world.people);
  if (who.passwords.size === 0) return;
  const [address, known] = random.pick([...who.passwords]);
  const token = world.signIn(who, address, random.chance(0.8) ? known.at(-1)! : random.pick(known));
  if (token) await world.ask(token, 'GET', '/v1/me');
}

/** Somebody presses the button behind a link in their mail, be it an old one. */
export async function press(world: PeopleWorld): Promise<void> {
  const { random } = world;
  const readers = world.people.filter(({ links }) => links.length > 0);
  if (readers.length === 0) return;
  const who = random.pick(readers);
  const link = random.chance(0.7) ? who.links.at(-1)! : random.pick(who.links);
  await (link.accountId === null
    ? stopChange(world, link)
    : pressInvitation(world, who, link, link.accountId));
}

export async function pressInvitation(
  world: PeopleWorld,
  who: Person,
  link: MailedLink,
  accountId: string,
): Promise<void> {
  const { truth, portal } = world;
  const login = truth.logins.get(link.userId)!;
  const waiting = truth.waiting(login, accountId, world.seconds);
  const works =
    waiting?.admission === link.admission &&
    link.address === login.address &&
    link.expiresAtSeconds > world.seconds;
  const path = `/v1/invitation/${link.token}`;
  const page = await world.askPublic('GET', path);
  const looks = page.status === 200;
  if (looks !== works) world.wrong(`A link to ${accountId} for ${login.address} answers ${page.status}`);
  if (!looks) return;
  const begins = login.toOwn.get(ownedBy(accountId) ?? '')?.effectiveSeconds ?? null;
  if (page.body.effectiveAt !== secondsToInstant(begins)) world.wrong(`${accountId} begins another day`);
  if (page.body.passwordRequired === login.proven)
    world.wrong(`${login.address} is taken for proven, or not`);
  const before = world.seconds;
  const [name, password] = [`${who.called} by their own word`, world.newPassword()];
  const body = page.body.passwordRequired ? { name, password } : {};
  const pressed = await world.askPublic('POST', path, body);
  if (pressed.status !== 200) {
    if (works) world.wrong(`A link to ${accountId} for ${login.address} is refused: ${pressed.status}`);
    return;
  }
  truth.accept(login, accountId, before);
  if (login.proven) return comeIn(world, who, login);
  learn(who, login.address, password);
  Object.assign(login, { proven: true, chosenBy: null, isFirst: false, name, endedSeconds: before });
  if (portal.directory.signIn(login.address, password) === null) {
    world.wrong(`${login.address} cannot sign in with the password that was just chosen`);
  }
  await comeIn(world, who, login);
}

/** Who has accepted looks at what it opened. */
async function comeIn(world: PeopleWorld, who: Person, { address }: TrueLogin): Promise<void> {
  const token = world.signIn(who, address, who.passwords.get(address)?.at(-1) ?? '');
  if (token) await world.ask(token, 'GET', '/v1/me');
}

async function stopChange(world: PeopleWorld, link: MailedLink): Promise<void> {
  const login = world.truth.logins.get(link.userId)!;
  const { change } = login;
  const isTheOne = change !== null && change.id === link.change && link.address === login.address;
  const works = isTheOne && link.expiresAtSeconds > world.seconds;
  const { status } = await world.askPublic('POST', `/v1/invitation/${link.token}`, {});
  if ((status === 200) !== works)
    world.wrong(`A link that stops a change of ${login.address} answers ${status}`);
  if (status === 200) login.change = null;
}

/** In the portal somebody accepts what waits for them, and attackers what waits for others. */
export async function accept(world: PeopleWorld): Promise<void> {
  const found = invited(world) ?? somewhere(world);
  if (!found) return;
  await acceptAs(world, found.token, found.accountId);
}

/** In an account that somebody has a part in that waits, and is to own, it is the part that they accept first. */
export async function acceptAs(world: PeopleWorld, token: Token, accountId: string): Promise<void> {
  const { truth } = world;
  const login = truth.logins.get(token.userId)!;
  const before = world.seconds;
  const place = [accountId, ownerPlace(accountId)].find((each) => truth.waiting(login, each, before));
  const { status } = await world.ask(token, 'POST', `/v1/me/memberships/${accountId}/accept`);
  if (status !== 204) return;
  if (login.proven && place !== undefined) truth.accept(login, place, before);
  else
    world.wrong(
      `${token.by.called} accepted ${accountId} as ${login.address}, which waits for nobody proven`,
    );
}

/** Somebody's token with something that waits for its login, most often. */
function invited(world: PeopleWorld) {
  const { random, truth, seconds } = world;
  const waiting = world.people.flatMap(({ tokens }) =>
    tokens.flatMap((token) => {
      const login = truth.logins.get(token.userId)!;
      const ids = [...login.parts.keys()].filter((accountId) => truth.waiting(login, accountId, seconds));
      const toOwn = [...login.toOwn.keys()].filter((id) => truth.waiting(login, ownerPlace(id), seconds));
      return [...ids, ...toOwn].map((accountId) => ({ token, accountId }));
    }),
  );
  return waiting.length > 0 && random.chance(0.8) ? random.pick(waiting) : null;
}

export async function leave(world: PeopleWorld): Promise<void> {
  const { truth } = world;
  const found = somewhere(world);
  if (!found) return;
  const { token, accountId } = found;
  const login = truth.logins.get(token.userId)!;
  const part = login.parts.get(accountId);
  const before = world.seconds;
  const { status } = await world.ask(token, 'DELETE', `/v1/me/memberships/${accountId}`);
  if (status !== 204) return;
  const may = part?.role === 'sub-account' && (login.proven || part.sinceSeconds !== null);
  if (!may) world.wrong(`${login.address} left ${accountId}, of which it has nothing to leave`);
  truth.dismiss(login, accountId, before);
}

export async function signOutEverywhere(world: PeopleWorld): Promise<void> {
  const token = someToken(world, world.random.pick(world.people));
  if (!token) return;
  const login = world.truth.logins.get(token.userId)!;
  const before = world.seconds;
  const { status } = await world.ask(token, 'POST', '/v1/me/sign-out-everywhere');
  if (status === 204) login.endedSeconds = before;
}

export async function changePassword(world: PeopleWorld): Promise<void> {
  const { random } = world;
  const token = someToken(world, random.pick(world.people));
  if (token) await choosePassword(world, token);
}

/** Says whether the password was changed; whoever is signed in with it is out then. */
async function choosePassword(world: PeopleWorld, token: Token): Promise<boolean> {
  const login = world.truth.logins.get(token.userId)!;
  const current = token.by.passwords.get(login.address)?.at(-1);
  if (current === undefined) return false;
  const chosen = world.newPassword();
  const before = world.seconds;
  const { status } = await world.ask(token, 'POST', '/v1/me/password', {
    body: { current, new: chosen },
    headers: { authorization: `Bearer ${login.userId}` },
  });
  if (status !== 204) return false;
  login.endedSeconds = before;
  learn(token.by, login.address, chosen);
  return true;
}

/** Somebody chooses a password with a code that the user pool mailed to their address. */
export async function recover(world: PeopleWorld): Promise<void> {
  const { random, truth, portal } = world;
  const who = random.pick(world.people);
  const logins = [...truth.logins.values()].filter(({ holder }) => holder === who);
  if (logins.length === 0) return;
  const login = random.pick(logins);
  const before = world.seconds;
  const password = world.newPassword();
  portal.directory.users.get(login.userId)!.password = password;
  await world.recovered(login.userId);
  login.endedSeconds = Math.max(login.endedSeconds, before);
  if (isDisabled(login)) return;
  learn(who, login.address, password);
  Object.assign(login, { proven: true, chosenBy: null, isFirst: false });
}

/** Whoever has a session asks for a code; only whoever reads the mail can type it in. */
export async function prove(world: PeopleWorld): Promise<void> {
  const { random, truth } = world;
  const unproven = world.people
    .flatMap((each) => each.tokens)
    .filter((token) => !truth.logins.get(token.userId)!.proven && world.isLive(token));
  if (unproven.length === 0) return;
  let token = random.pick(unproven);
  const login = truth.logins.get(token.userId)!;
  if (login.holder === token.by) {
    // They were told a password: before they prove the address, they choose one that nobody else knows.
    if (!(await choosePassword(world, token))) return;
    const again = world.signIn(token.by, login.address, token.by.passwords.get(login.address)!.at(-1)!);
    if (!again) return world.wrong(`${login.address} cannot sign in with the password that they just chose`);
    token = again;
  }
  await world.ask(token, 'POST', '/v1/me/prove-address');
  await world.collectMail();
  const digits = token.by.codes.findLast(({ address }) => address === login.address)?.digits ?? '01234567';
  const atSeconds = world.seconds;
  const { status } = await world.ask(token, 'POST', '/v1/me/prove-address/confirm', {
    body: { code: digits },
  });
  if (status !== 204) return;
  // Whoever chose the password, and is signed in with it, is out; the session that typed the code goes on.
  Object.assign(login, { endedSeconds: atSeconds, kept: { session: token.session, atSeconds } });
  if (login.holder !== token.by) world.wrong(`${token.by.called} proved ${login.address}`);
  Object.assign(login, { proven: true, chosenBy: null });
}

/** A code that was asked for in one session is typed into another one of the same person. */
export async function typeCodeElsewhere(world: PeopleWorld): Promise<void> {
  const token = ownSession(world, ({ proven }) => !proven);
  if (!token) return;
  const { address } = world.truth.logins.get(token.userId)!;
  const other = world.signIn(token.by, address, token.by.passwords.get(address)!.at(-1)!);
  if (!other) return;
  await world.ask(token, 'POST', '/v1/me/prove-address');
  await world.collectMail();
  const code = token.by.codes.findLast((each) => each.address === address)?.digits ?? '01234567';
  const { status } = await world.ask(other, 'POST', '/v1/me/prove-address/confirm', { body: { code } });
  if (status < 300) world.wrong(`A code of another session was taken in one of ${token.by.called}`);
}

/** Somebody moves to another address of theirs; the old one may stop it for 72 hours. */
export async function changeAddress(world: PeopleWorld): Promise<void> {
  const { random } = world;
  const token = ownSession(world, ({ holder, proven }) => proven && holder.addresses.length > 1);
  if (!token) return;
  const login = world.truth.logins.get(token.userId)!;
  const email = token.by.addresses.find((each) => each !== login.address)!;
  const asked = await world.ask(token, 'POST', '/v1/me/address', { body: { email } });
  if (asked.status !== 202) return;
  login.change = { email, id: login.change?.id ?? null, effectiveSeconds: null };
  await world.collectMail();
  const digits = token.by.codes.findLast(({ address }) => address === email)?.digits;
  if (digits === undefined || random.chance(0.2)) return;
  const before = world.seconds;
  const path = '/v1/me/address/confirm';
  const confirmed = await world.ask(token, 'POST', path, { body: { code: digits } });
  if (confirmed.status === 202) login.change.effectiveSeconds = before + 72 * 3600;
}

export async function rename(world: PeopleWorld): Promise<void> {
  const token = someToken(world, world.random.pick(world.people));
  if (!token) return;
  const name = `${token.by.called} renamed at ${world.portal.now.getTime()}`;
  const { status } = await world.ask(token, 'PATCH', '/v1/me', { body: { name } });
  if (status === 200) world.truth.logins.get(token.userId)!.name = name;
}

export async function askForHelp(world: PeopleWorld): Promise<void> {
  const email = world.random.pick(world.people.flatMap(({ addresses }) => addresses));
  const { status } = await world.askPublic('POST', '/v1/sign-in/help', { email });
  if (status !== 202) world.wrong(`Help is answered ${status}`);
}

/** Time goes by: a moment, or days; then what waited for it happens, and whoever's time is over tries still. */
export async function wait(world: PeopleWorld): Promise<void> {
  const [hour, day] = [3600, 24 * 3600];
  await pass(world, world.random.pick([1, 2, 4, 10, 300, hour, 12 * hour, day, day, 2 * day, 4 * day]));
}

export async function pass(world: PeopleWorld, seconds: number): Promise<void> {
  const { portal, truth } = world;
  const before = world.seconds;
  portal.advance(seconds);
  await portal.sweep();
  await world.collectMail();
  for (const id of truth.accounts.keys()) {
    if (truth.isDue(id, before + seconds))
      world.wrong(`${id} did not change hands, though its time has come`);
  }
  for (const login of truth.logins.values()) {
    const over = [...login.parts].filter(([, part]) => !isOver(part, before) && isOver(part, world.seconds));
    for (const [accountId] of over) await tryAtOnce(world, login, accountId);
  }
}
