import { createHash } from 'node:crypto';
import type { Controls } from '../controls.ts';
import { DynamoDbError } from './store.ts';

const TOKEN_LIFE_MS = 10 * 60 * 1000;

interface Use<T> {
  digest: string;
  /** The result of the first call and the end of its token; undefined while that call is under way. */
  done?: { result: T; until: number };
}

/** A digest of a request's content that does not depend on the order of its attributes. */
export function digestOf(content: unknown): string {
  const text = JSON.stringify(content, (_name, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
  return createHash('sha256')
    .update(text ?? '')
    .digest('base64');
}

/** Remembers the client tokens of the calls that went through, each for 10 minutes of the controls' clock. */
export class Idempotency<T> {
  readonly #controls: Controls;
  readonly #uses = new Map<string, Use<T>>();

  constructor(controls: Controls) {
    this.#controls = controls;
  }

  /**
   * Does the work, or returns its result where it was done under this token before. Throws
   * IdempotentParameterMismatchException for a token that belongs to other content, and
   * TransactionInProgressException while the first call is under way.
   */
  async once(
    token: string | undefined,
    digest: string,
    work: () => Promise<T>,
  ): Promise<{ result: T; repeated: boolean }> {
    if (token === undefined) return { result: await work(), repeated: false };
    const earlier = this.#earlier(token, digest);
    if (earlier) return { result: earlier.result, repeated: true };
    const use: Use<T> = { digest };
    this.#uses.delete(token);
    this.#uses.set(token, use);
    try {
      const result = await work();
      use.done = { result, until: this.#now() + TOKEN_LIFE_MS };
      return { result, repeated: false };
    } catch (error) {
      // Nothing happened, so the same token may try again.
      this.#uses.delete(token);
      throw error;
    }
  }

  #earlier(token: string, digest: string): Use<T>['done'] {
    const now = this.#now();
    // Oldest first. The SDK sends a token with every call, so expired ones would fill the memory.
    for (const [old, { done }] of this.#uses) {
      if (!done || done.until > now) break;
      this.#uses.delete(old);
    }
    const use = this.#uses.get(token);
    if (!use || (use.done && use.done.until <= now)) return undefined;
    if (use.digest !== digest) {
      throw new DynamoDbError(
        'IdempotentParameterMismatchException',
        'The request uses the same client token as a previous, but non-identical request.',
      );
    }
    if (!use.done) {
      throw new DynamoDbError(
        'TransactionInProgressException',
        'The transaction with the given request token is already in progress.',
      );
    }
    return use.done;
  }

  #now(): number {
    return this.#controls.now().getTime();
  }
}
