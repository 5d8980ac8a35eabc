import { randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto';
import { CognitoError, invalidParameter, notAuthorized } from './protocol.ts';

/** The cost is low on purpose: tests sign in very often, and nothing here guards real accounts. */
const COST = { N: 1024, r: 8, p: 1 };
const FAILURES_BEFORE_LOCK = 5;
const LONGEST_LOCK_MS = 15 * 60_000;
/** The most names that are remembered. It bounds the memory that invented names take. */
const REMEMBERED_NAMES = 10_000;

function derive(secret: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, 32, cost, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/** A salted scrypt hash that carries its own parameters, so that a later change of COST reads old ones. */
export async function hashSecret(secret: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(secret, salt, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64'), key.toString('base64')].join('$');
}

export async function secretMatches(secret: string, hash: string): Promise<boolean> {
  const [, n, r, p, salt = '', key = ''] = hash.split('$');
  const expected = Buffer.from(key, 'base64');
  const cost = { N: Number(n), r: Number(r), p: Number(p) };
  const actual = await derive(secret, Buffer.from(salt, 'base64'), cost);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

/** What a pool requires of passwords, as its template declares it. */
export interface PasswordPolicy {
  MinimumLength?: number;
  RequireUppercase?: boolean;
  RequireLowercase?: boolean;
  RequireNumbers?: boolean;
  RequireSymbols?: boolean;
  /** How long a temporary password works; Cognito's default is 7. */
  TemporaryPasswordValidityDays?: number;
}

/** @throws CognitoError naming the first rule of the policy that the password breaks */
export function checkPolicy(password: string, policy: PasswordPolicy): void {
  if (!/^\S(?:.*\S)?$/s.test(password) || password.length > 256) {
    throw invalidParameter(
      "1 validation error detected: Value at 'password' failed to satisfy constraint: " +
        'Member must satisfy regular expression pattern: ^[\\S]+.*[\\S]+$',
    );
  }
  const rules: [boolean, string][] = [
    [password.length >= (policy.MinimumLength ?? 6), 'Password not long enough'],
    [!policy.RequireUppercase || /[A-Z]/.test(password), 'Password must have uppercase characters'],
    [!policy.RequireLowercase || /[a-z]/.test(password), 'Password must have lowercase characters'],
    [!policy.RequireNumbers || /[0-9]/.test(password), 'Password must have numeric characters'],
    [!policy.RequireSymbols || /[^A-Za-z0-9]/.test(password), 'Password must have symbol characters'],
  ];
  const broken = rules.find(([kept]) => !kept);
  if (broken) {
    throw new CognitoError('InvalidPasswordException', `Password did not conform with policy: ${broken[1]}`);
  }
}

/** The temporary password that Cognito generates when the administrator gives none. */
export function randomPassword({ MinimumLength = 0 }: PasswordPolicy): string {
  // The prefix satisfies any policy whatever the random part is.
  return `Aa1-${randomBytes(Math.max(12, MinimumLength)).toString('base64url')}`;
}

export function randomCode(): string {
  return String(randomInt(0, 1_000_000)).padStart(6, '0');
}

/**
 * Cognito's lockout: the fifth failed password in a row locks the name for one second, and each further one for
 * twice as long, up to 15 minutes. Attempts during a lock are refused unchecked and do not lengthen it. A success or
 * 15 minutes without any attempt start over. Unknown names are counted too, so that a lock does not reveal a user.
 */
export class Attempts {
  readonly #names = new Map<string, { failures: number; lastAt: number; lockedUntil: number }>();

  /** Throws while the name is locked. */
  check(name: string, now: number): void {
    const entry = this.#names.get(name);
    if (!entry) return;
    // A clock that was moved back must not leave anyone locked out for longer than a real lock lasts.
    if (now < entry.lastAt || now - entry.lastAt >= LONGEST_LOCK_MS) {
      this.#names.delete(name);
      return;
    }
    if (now < entry.lockedUntil) {
      entry.lastAt = now;
      throw notAuthorized('Password attempts exceeded');
    }
  }

  failed(name: string, now: number): void {
    const failures = (this.#names.get(name)?.failures ?? 0) + 1;
    const lock = failures < FAILURES_BEFORE_LOCK ? 0 : 1000 * 2 ** (failures - FAILURES_BEFORE_LOCK);
    // Deleting first moves the name to the end of the map, which makes the first one the longest unused.
    this.#names.delete(name);
    this.#names.set(name, { failures, lastAt: now, lockedUntil: now + Math.min(lock, LONGEST_LOCK_MS) });
    const [oldest] = this.#names.keys();
    if (this.#names.size > REMEMBERED_NAMES && oldest !== undefined) this.#names.delete(oldest);
  }

  succeeded(name: string): void {
    this.#names.delete(name);
  }
}
