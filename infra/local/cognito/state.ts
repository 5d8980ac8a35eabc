import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { JsonFile } from '../json-file.ts';
import { checkAttribute } from './attributes.ts';
import { type Attribute, CognitoError } from './protocol.ts';
import type { SrpSecret } from './sign-in/srp.ts';

/** One sign-in: its refresh token and every access token made from that. */
export interface Session {
  /** The `origin_jti` of all its tokens. */
  originJti: string;
  /** SHA-256 of the refresh token; the token itself is only with the client. */
  tokenHash: string;
  /** Seconds since 1970, as in the tokens. */
  authTime: number;
  expiresAt: number;
  /** False after a change of password: access tokens expire by themselves, and no new ones are issued. */
  refreshable: boolean;
  /** True after sign-out, revocation and disabling: Cognito's own calls refuse the access tokens too. */
  revoked: boolean;
}

/** A verified token of an authenticator. */
export interface SoftwareToken {
  secret: string;
  name?: string;
  /** The step of the last code that was taken: it and earlier ones count no more. */
  lastStep: number;
  enabled: boolean;
  preferred: boolean;
}

export interface User {
  username: string;
  sub: string;
  attributes: Record<string, string>;
  groups: string[];
  enabled: boolean;
  status: 'CONFIRMED' | 'FORCE_CHANGE_PASSWORD';
  passwordHash: string;
  /** Absent from users that were kept before there was SRP, until their password is next set or sent. */
  srp?: SrpSecret;
  /** When a temporary password stops working; null for one that the user chose. */
  passwordExpiresAt: number | null;
  /** A secret that no code of has been shown yet. */
  totpSecret?: string;
  totp?: SoftwareToken;
  code: { hash: string; expiresAt: number; triesLeft: number } | null;
  createdAt: number;
  modifiedAt: number;
  sessions: Session[];
  /** How often sessions ended or the second factor changed: a sign-in that is half way belongs to one count. */
  epoch?: number;
}

export const epochOf = ({ epoch = 0 }: User): number => epoch;

const REFRESH_TOKEN_DAYS = 30;
/** Far more than one person opens. It bounds the state when a load test signs one user in again and again. */
const SESSIONS_PER_USER = 1000;

const digest = (token: string): string => createHash('sha256').update(token).digest('base64url');

/**
 * The pool's users and their sessions. Usernames and e-mails are compared without regard to case; an e-mail
 * stands for its user only while it is verified, and at most one user holds it verified.
 */
export class PoolState {
  /** What the answers for unknown names are made from. It is kept, so that they stay the same. */
  readonly seed: string;
  readonly #file: JsonFile | null;
  readonly #users = new Map<string, User>();
  readonly #bySub = new Map<string, User>();
  readonly #byEmail = new Map<string, User>();
  readonly #byToken = new Map<string, { user: User; session: Session }>();
  #changed = false;

  constructor(path: string | null) {
    this.#file = path === null ? null : new JsonFile(path);
    const saved = this.#file?.load() as { users?: User[]; seed?: string } | null | undefined;
    this.seed = saved?.seed ?? randomBytes(32).toString('base64url');
    for (const user of saved?.users ?? []) this.#index(user);
  }

  all(): User[] {
    return [...this.#users.values()];
  }

  /** The user with this username or, failing that, with this verified e-mail. */
  find(name: string): User | undefined {
    const key = name.toLowerCase();
    return this.#users.get(key) ?? this.#byEmail.get(key);
  }

  findBySub(sub: string): User | undefined {
    return this.#bySub.get(sub);
  }

  existing(name: string): User {
    const user = this.find(name);
    if (!user) throw new CognitoError('UserNotFoundException', 'User does not exist.');
    return user;
  }

  add(
    fields: Pick<User, 'username' | 'passwordHash' | 'srp' | 'passwordExpiresAt'>,
    attributes: Attribute[],
    now: Date,
    force: boolean,
  ): User {
    if (this.#users.has(fields.username.toLowerCase())) {
      throw new CognitoError('UsernameExistsException', 'User account already exists');
    }
    const at = now.getTime();
    const user: User = {
      ...fields,
      sub: randomUUID(),
      attributes: {},
      groups: [],
      enabled: true,
      status: 'FORCE_CHANGE_PASSWORD',
      code: null,
      createdAt: at,
      modifiedAt: at,
      sessions: [],
    };
    this.setAttributes(user, attributes, now, force);
    this.#index(user);
    return user;
  }

  remove(user: User): void {
    this.#users.delete(user.username.toLowerCase());
    this.#bySub.delete(user.sub);
    this.#forgetEmail(user);
    for (const session of user.sessions) this.#byToken.delete(session.tokenHash);
    this.#changed = true;
  }

  /**
   * Sets attributes; an empty value deletes one. A changed e-mail is unverified unless the same call says
   * otherwise. `force` takes a verified e-mail away from its holder (ForceAliasCreation).
   */
  setAttributes(user: User, list: Attribute[], now: Date, force = false): void {
    const next = { ...user.attributes };
    for (const attribute of list) {
      checkAttribute(attribute);
      if (attribute.Value === '') delete next[attribute.Name];
      else next[attribute.Name] = attribute.Value;
    }
    const named = new Set(list.map(({ Name }) => Name));
    const moved = next.email?.toLowerCase() !== user.attributes.email?.toLowerCase();
    if (next.email === undefined) delete next.email_verified;
    else if (next.email_verified === undefined || (moved && !named.has('email_verified'))) {
      next.email_verified = 'false';
    }
    const holder =
      next.email_verified === 'true' ? this.#byEmail.get((next.email ?? '').toLowerCase()) : undefined;
    if (holder && holder !== user) {
      if (!force) {
        throw new CognitoError('AliasExistsException', 'An account with the given email already exists.');
      }
      this.#forgetEmail(holder);
      holder.attributes.email_verified = 'false';
    }
    this.#forgetEmail(user);
    user.attributes = next;
    // A code that was sent to the old address must stop working.
    if (moved) user.code = null;
    if (this.#bySub.has(user.sub)) this.#rememberEmail(user);
    this.touch(user, now);
  }

  /** Marks the user as changed, for LastModifiedDate and for saving. */
  touch(user: User, now: Date): void {
    user.modifiedAt = now.getTime();
    this.#changed = true;
  }

  /** Marks a change outside the profile for saving, such as a failed try of a code. */
  changed(): void {
    this.#changed = true;
  }

  openSession(user: User, now: Date): { session: Session; refreshToken: string } {
    const refreshToken = randomBytes(96).toString('base64url');
    const session: Session = {
      originJti: randomUUID(),
      tokenHash: digest(refreshToken),
      authTime: Math.floor(now.getTime() / 1000),
      expiresAt: now.getTime() + REFRESH_TOKEN_DAYS * 86_400_000,
      refreshable: true,
      revoked: false,
    };
    const live = user.sessions.filter((old) => old.expiresAt > now.getTime()).slice(1 - SESSIONS_PER_USER);
    for (const old of user.sessions) this.#byToken.delete(old.tokenHash);
    user.sessions = [...live, session];
    for (const kept of user.sessions) this.#byToken.set(kept.tokenHash, { user, session: kept });
    this.#changed = true;
    return { session, refreshToken };
  }

  sessionOf(refreshToken: string): { user: User; session: Session } | undefined {
    return this.#byToken.get(digest(refreshToken));
  }

  /** Ends sessions: all of them for sign-out and disabling, only their refreshing after a change of password. */
  endSessions(user: User, how: 'revoke' | 'stopRefreshing'): void {
    for (const session of user.sessions) {
      session.refreshable = false;
      if (how === 'revoke') session.revoked = true;
    }
    this.voidHalfway(user);
  }

  /** Sign-ins that wait for the answer to a challenge come to nothing. */
  voidHalfway(user: User): void {
    user.epoch = epochOf(user) + 1;
    this.#changed = true;
  }

  /** Writes the state if anything changed since the last call; resolves when everything changed is on disk. */
  async save(): Promise<void> {
    if (!this.#file) return;
    // Another request's write may contain this one's change, so this one is answered only after it.
    if (!this.#changed) return this.#file.idle();
    this.#changed = false;
    try {
      await this.#file.save(() => ({ users: this.all(), seed: this.seed }));
    } catch (error) {
      this.#changed = true;
      throw error;
    }
  }

  #index(user: User): void {
    this.#users.set(user.username.toLowerCase(), user);
    this.#bySub.set(user.sub, user);
    this.#rememberEmail(user);
    for (const session of user.sessions) this.#byToken.set(session.tokenHash, { user, session });
  }

  #rememberEmail(user: User): void {
    const { email, email_verified: verified } = user.attributes;
    if (email !== undefined && verified === 'true') this.#byEmail.set(email.toLowerCase(), user);
  }

  #forgetEmail(user: User): void {
    const key = user.attributes.email?.toLowerCase();
    if (key !== undefined && this.#byEmail.get(key) === user) this.#byEmail.delete(key);
  }
}
