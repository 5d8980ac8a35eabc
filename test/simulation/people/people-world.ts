import { onTrigger } from '../../../functions/sign-in/on-trigger.ts';
import { everyRoute } from '../../../functions/routes.ts';
import type { RoutePermission } from '../../../shared/access/decide.ts';
import { toSeconds } from '../../../shared/core/clock.ts';
import type { AuthorizerContext } from '../../../shared/http/authorise.ts';
import { routeKey } from '../../../shared/http/route.ts';
import { readAddressStop, readInvitation } from '../../../shared/mail/invitations/signed-link.ts';
import { type Action, type Item, type Key, keyOf } from '../../../shared/table/table.ts';
import { Seeded } from '../../support/faults/seeded.ts';
import { findRoute } from '../../support/memory/declared-routes.ts';
import { portalUrl } from '../../support/memory/memory-dependencies.ts';
import { type Called, MemoryPortal } from '../../support/memory/memory-portal.ts';
import { learn, type Person, person, type Token } from './person.ts';
import { asHeard, isDisabled, rolesOf, type TrueLogin, Truth } from './truth.ts';

/** What is taken out of the portal, to see that the simulation notices: one guard at a time. */
export interface Sabotage {
  /** Changes a transaction on its way to the table; `row` reads a row as it is. */
  transact?(actions: readonly Action[], row: (key: Key) => Item | undefined): Action[];
  /** Changes a row as a query finds it, with the others of its page: the authoriser's way. */
  found?(item: Item, page: readonly Item[]): Item;
  /** Changes what is read by a key. */
  got?(item: Item | undefined, key: Key, rows: () => Iterable<Item>): Item | undefined;
  /** Calls of the user pool that do nothing. */
  deaf?: readonly ('forget' | 'sync')[];
}

/** How long the gateway keeps what the authoriser said of a token. */
const keptMs = 3000;
const permissionOf = new Map<string, RoutePermission>(
  everyRoute.map((route) => [routeKey(route), route.permission]),
);

/** Rows that count tries and mail; a refusal counts too. */
const isCount = (pk: string) => pk.startsWith('STRANGERS#') || pk.startsWith('CODE');

export interface Asking {
  body?: unknown;
  headers?: Record<string, string>;
  /** With what the gateway kept long ago: no write may rest on it. */
  stale?: boolean;
}

/** A portal with people who mean well and people who do not, all by one seed. What is found wrong is in `wrongs`. */
export class PeopleWorld {
  readonly portal = new MemoryPortal();
  readonly truth = new Truth();
  readonly random: Seeded;
  readonly wrongs: string[] = [];
  readonly people: readonly Person[];
  readonly stan = person('Stan', 'stan@portal.test');
  readonly attackers: readonly Person[];
  /** The accounts that got another owner, with the one before, since somebody looked. */
  readonly changedHands: { accountId: string; former: TrueLogin }[] = [];
  /** The last requests, for whoever looks at what went wrong. */
  readonly told: string[] = [];
  #written: string[] = [];
  #sessions = 0;
  #passwords = 0;

  constructor(seed: number, sabotage: Sabotage = {}) {
    this.random = new Seeded(seed);
    const some = ['anna', 'ben', 'cara', 'dora'].map((name) =>
      person(name, `${name}@one.test`, `${name}@two.test`),
    );
    this.attackers = ['mallory', 'trudy'].map((name) => person(name, `${name}@evil.test`));
    this.people = [...some, ...this.attackers, this.stan];
    this.#interfere(sabotage);
  }

  #interfere({ transact, found, got, deaf = [] }: Sabotage): void {
    const { table, directory } = this.portal;
    const write = table.transact.bind(table);
    const row = ({ pk, sk }: Key) => [...table.each()].find((item) => item.pk === pk && item.sk === sk);
    table.transact = async (actions) => {
      const changed = transact?.(actions, row) ?? actions;
      if (changed.length > 0) await write(changed);
      this.#written.push(...changed.flatMap((action) => ('check' in action ? [] : [keyOf(action).pk])));
    };
    const query = table.query.bind(table);
    if (found) {
      table.query = async (asked) => {
        const page = await query(asked);
        return { ...page, items: page.items.map((item) => found(item, page.items)) };
      };
    }
    const get = table.get.bind(table);
    if (got) {
      table.get = async (key) => got(await get(key), key, () => table.each());
    }
    for (const call of deaf) directory[call] = async () => {};
  }

  get seconds(): number {
    return toSeconds(this.portal.now);
  }

  wrong(what: string): void {
    this.wrongs.push(what);
  }

  holderOf(address: string): Person {
    return this.people.find(({ addresses }) => addresses.includes(address))!;
  }

  newPassword(): string {
    return `Password-Number-${++this.#passwords}`;
  }

  /** Somebody signs in at the user pool with what they know; undefined where it does not let them in. */
  signIn(by: Person, address: string, password: string): Token | undefined {
    const { directory, now } = this.portal;
    const userId = directory.signIn(address, password);
    if (userId === null) return undefined;
    const login = this.truth.logins.get(userId)!;
    if (login.holder !== by && (login.proven || login.chosenBy !== by)) {
      this.wrong(`${by.called} signs in as ${address}`);
    }
    if (login.isFirst) {
      // The user pool asks whoever comes first for another password.
      login.isFirst = false;
      const chosen = this.newPassword();
      directory.users.get(userId)!.password = chosen;
      learn(by, address, chosen);
    }
    const session = `session-${++this.#sessions}`;
    const token = { by, userId, signedInAt: now, session, kept: null, before: [] };
    by.tokens = [...by.tokens, token].slice(-8);
    return token;
  }

  /** One request with a token, judged by what is true. */
  async ask(token: Token, method: string, path: string, asking: Asking = {}): Promise<Called> {
    const { portal } = this;
    const { cached, heard } = await this.#contextOf(token, asking.stale === true);
    const judge = this.#judgeOf(token, method, path, heard);
    this.#written = [];
    const called = await portal.call('', method, path, { ...asking, cached });
    const { by, userId } = token;
    this.told.push(`${by.called} as ${userId.slice(-6)} ${method} ${path} ${called.status}`);
    judge(called);
    return called;
  }

  /** A request without a token. */
  async askPublic(method: string, path: string, body?: unknown): Promise<Called> {
    const called = await this.portal.call('', method, path, { body, public: true });
    this.told.push(`somebody ${method} ${path.slice(0, 40)} ${called.status}`);
    return called;
  }

  /** What the gateway hands on: for some seconds what it heard before; `heard` is when that was, null for just now. */
  async #contextOf(token: Token, stale: boolean): Promise<{ cached: AuthorizerContext; heard: Date | null }> {
    const { portal } = this;
    const isKept = token.kept && portal.now.getTime() - token.kept.at.getTime() < keptMs;
    const before = stale && token.before.length > 0 ? this.random.pick(token.before) : null;
    const old = before ?? (isKept ? token.kept : null);
    if (old) return { cached: old.context, heard: old.at };
    try {
      const context = await portal.authorizer(token.userId, token.signedInAt, token.session);
      token.kept = { context, at: portal.now };
      token.before = [...token.before, token.kept].slice(-4);
      return { cached: context, heard: null };
    } catch (error) {
      token.kept = null;
      const refused = (error as Error).message;
      if (refused !== 'invalid-token') throw error;
      return { cached: { refused }, heard: null };
    }
  }

  /** Whether a session goes on: its login was not ended since. */
  isLive({ userId, signedInAt, session }: Token): boolean {
    const login = this.truth.logins.get(userId)!;
    const isKept = login.kept?.session === session && login.kept.atSeconds === login.endedSeconds;
    return !isDisabled(login) && (isKept || toSeconds(signedInAt) > login.endedSeconds);
  }

  /** Notes what is true before a request, and says afterwards what must not have come of it. */
  #judgeOf(token: Token, method: string, path: string, heard: Date | null): (called: Called) => void {
    const { truth, seconds } = this;
    const login = truth.logins.get(token.userId)!;
    const { key, params } = findRoute(method, path);
    const permission = permissionOf.get(key)!;
    const accountId = params['accountId'] ?? null;
    // Who became staff, or a client, a moment ago is neither for as long as the gateway keeps what it heard.
    const views = heard ? asHeard(login, toSeconds(heard)) : [login];
    const isAllowed = views.some((view) => truth.allows(view, accountId, permission, seconds));
    const isLive = this.isLive(token);
    const isSomebodyElse = isLive && login.proven && login.holder !== token.by;
    const touchable = new Set(
      [...truth.accounts.keys()].filter((id) => views.some((view) => this.#mayTouch(view, id, permission))),
    );
    return ({ status }) => {
      const what = `${token.by.called} as ${login.address}: ${method} ${path} is ${status}`;
      const written = this.#written.filter((pk) => !isCount(pk) && pk !== `USER#${login.userId}`);
      const touched = written.flatMap((pk) => (pk.startsWith('ACCOUNT#') ? [pk.slice(8)] : []));
      // By what the gateway kept one may still read for some seconds after the sessions ended.
      const mayRead = heard !== null && permission !== 'signed-in' && written.length === 0;
      if (status >= 500) this.wrong(what);
      // The outbox stands by while a password is changed, and is sent home where that is refused.
      const changes = path === '/v1/me/password' ? touched : written;
      if (status >= 400 && changes.length > 0) this.wrong(`${what}, but wrote`);
      if (!isLive && (status < 400 ? !mayRead : heard === null && status !== 401)) {
        this.wrong(`${what} in a session that ended`);
      }
      if (status < 400 && !isAllowed) this.wrong(`${what} without ${permission}`);
      if (status < 400 && isSomebodyElse) this.wrong(`${what}, but the login is ${login.holder.called}'s`);
      const strange = touched.find((id) => truth.accounts.has(id) && !touchable.has(id));
      if (strange) this.wrong(`${what} and wrote in ${strange}`);
    };
  }

  /** Whether somebody may write anything at all in an account by a route that needs this. */
  #mayTouch(login: TrueLogin, accountId: string, permission: RoutePermission): boolean {
    const { truth, seconds } = this;
    const part = truth.part(login, accountId, seconds);
    const isStaff = rolesOf(login).length > 0;
    if (permission.startsWith('staff')) return isStaff && part === null;
    if (part) return true;
    const own = login.parts.get(accountId);
    const mayAccept = login.proven && (own !== undefined || login.toOwn.has(accountId));
    if (permission === 'signed-in') return mayAccept || (own !== undefined && own.sinceSeconds !== null);
    const main = truth.links.get(accountId)?.main;
    return isStaff || (main !== undefined && truth.part(login, main, seconds) !== null);
  }

  /** What the outbox does, once it is noted why, and who reads of it: everybody their own mail alone. */
  async collectMail(): Promise<{ address: string; text: string }[]> {
    const { portal } = this;
    this.#followOwners();
    while (portal.nudged.length > 0) {
      await portal.deliver();
      this.#followOwners();
    }
    const mails = portal.mails
      .splice(0)
      .flatMap(({ destinations, text = '' }) => destinations.map((address) => ({ address, text })));
    for (const { address, text } of mails) this.#receive(address, text);
    return mails;
  }

  /** A change of address takes effect after its time; it comes to nothing where the address is taken by then. */
  followAddress(login: TrueLogin, row: Item): void {
    const { change, address } = login;
    const isDue = change?.effectiveSeconds != null && change.effectiveSeconds <= this.seconds;
    const moved = row['email'] !== address;
    if (moved && !(isDue && change.email === row['email']))
      this.wrong(`${address} became ${String(row['email'])}`);
    login.address = String(row['email']);
    if (moved) this.truth.followAddress(login);
    if (isDue && row['addressChange'] === undefined) login.change = null;
  }

  /** An account changes hands in the outbox: not before its time, and to nobody but whoever accepted. */
  #followOwners(): void {
    const { truth, seconds } = this;
    for (const { pk, sk, owner } of this.portal.table.each()) {
      const accountId = pk.slice('ACCOUNT#'.length);
      const known = sk === 'ACCOUNT' ? truth.accounts.get(accountId) : undefined;
      const { userId } = (owner ?? {}) as { userId?: string };
      if (!known || known.ownerId === userId) continue;
      // Whose login ends with it had their new address before.
      const former = truth.logins.get(known.ownerId)!;
      this.followAddress(former, this.#loginRow(former));
      const isTheirs = known.nextId === userId && truth.isDue(accountId, seconds);
      if (isTheirs) this.changedHands.push({ accountId, former: truth.changeHands(accountId, seconds) });
      else this.wrong(`${accountId} belongs to ${userId}, who did not accept it, or before its time`);
    }
  }

  #loginRow({ userId }: TrueLogin): Item {
    return [...this.portal.table.each()].find(({ pk, sk }) => pk === `USER#${userId}` && sk === 'LOGIN')!;
  }

  #receive(address: string, text: string): void {
    const reader = this.holderOf(address);
    const token = /\/v1\/invitation\/(\S+)/.exec(text)?.[1];
    const digits = /^\d{8}$/m.exec(text)?.[0];
    if (digits) reader.codes = [...reader.codes, { address, digits }].slice(-4);
    if (token) this.#receiveLink(reader, address, token);
  }

  #receiveLink(reader: Person, address: string, token: string): void {
    const stop = readAddressStop(token);
    const invitation = readInvitation(token);
    const { userId, expiresAtSeconds } = (stop ?? invitation)!;
    const accountId = stop ? null : invitation!.accountId;
    const login = this.truth.logins.get(userId);
    const waiting = login && accountId !== null ? this.truth.waiting(login, accountId, this.seconds) : null;
    const change = stop?.change ?? null;
    if (stop && login?.change) login.change.id = stop.change;
    const admission = waiting?.admission ?? 0;
    const link = { token, userId, accountId, admission, change, address, expiresAtSeconds };
    reader.links = [...reader.links, link].slice(-12);
  }

  /** The user pool took a mailed code and a new password. */
  async recovered(userId: string): Promise<void> {
    const { portal } = this;
    const { email, name } = portal.directory.users.get(userId)!;
    await onTrigger(
      { ...portal.outbox(), portalUrl, secondOver: portal.secondOver },
      {
        triggerSource: 'PostConfirmation_ConfirmForgotPassword',
        userName: userId,
        request: { userAttributes: { email, name } },
      },
    );
  }
}
