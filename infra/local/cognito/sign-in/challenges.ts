import { randomBytes } from 'node:crypto';
import type { SrpExchange } from './srp.ts';

const CHALLENGE_MS = 3 * 60_000;

/** What a client has to answer before it gets tokens. */
export type Challenge =
  | {
      name: 'PASSWORD_VERIFIER';
      /** Null for an unknown name, which nothing proves. */
      sub: string | null;
      /** The name under which failures count. */
      counted: string;
      /** The pool's name with the user's behind it, as both sides sign it. */
      identity: string;
      exchange: SrpExchange;
    }
  | ({ name: 'NEW_PASSWORD_REQUIRED' | 'SOFTWARE_TOKEN_MFA' } & AfterPassword)
  /** `verified` once the user has shown a code of the new token. */
  | ({ name: 'MFA_SETUP'; verified: boolean } & AfterPassword);

/** What a challenge follows: a user's password, as things were with this user then. */
interface AfterPassword {
  sub: string;
  epoch: number;
}

export type Named<Name extends Challenge['name']> = Extract<Challenge, { name: Name }>;

/** The open challenges. They are minutes old at most, so a restart may lose them. */
export class Challenges {
  readonly #open = new Map<string, { challenge: Challenge; expiresAt: number }>();

  /** Keeps a challenge, and gives the opaque bytes by which the client names it. */
  open(challenge: Challenge, now: number): Buffer {
    for (const [old, { expiresAt }] of this.#open) {
      // The oldest come first, so none behind a living one has expired, unless the clock was moved.
      if (expiresAt > now) break;
      this.#open.delete(old);
    }
    const token = randomBytes(48);
    this.#open.set(token.toString('hex'), { challenge, expiresAt: now + CHALLENGE_MS });
    return token;
  }

  /** The challenge of this name and token, or why there is none. It stays open until it is closed. */
  find<Name extends Challenge['name']>(
    name: Name,
    token: Buffer,
    now: number,
  ): Named<Name> | 'unknown' | 'expired' {
    const found = this.#open.get(token.toString('hex'));
    if (found?.challenge.name !== name) return 'unknown';
    return found.expiresAt <= now ? 'expired' : (found.challenge as Named<Name>);
  }

  close(token: Buffer): void {
    this.#open.delete(token.toString('hex'));
  }
}
