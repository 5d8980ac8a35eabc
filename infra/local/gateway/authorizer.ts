import type { Invoke } from '../lambda/functions.ts';
import { authorizerEvent, type GatewayEvent } from './event.ts';
import type { Authorizer, IdentitySource } from './routes.ts';

/** What the authoriser decided: the context that it hands on, or the status of the refusal. */
export type Decision = { context: object } | { refused: 401 | 403 | 500 };

interface Cached {
  decision: Decision;
  expiresAtMs: number;
}

const maxCached = 10_000;

function identityIn(event: GatewayEvent, { from, name }: IdentitySource): string | undefined {
  if (from === 'header') return event.headers[name];
  if (from === 'querystring') return event.queryStringParameters?.[name];
  return name === 'path' ? event.rawPath : event.routeKey;
}

/**
 * Asks authorisers and caches their answers as API Gateway does: by the identity sources alone, for every route. The
 * time-to-live runs on the machine's monotonic clock, since moving the local cloud's clock must neither prolong nor
 * drop a cached decision.
 */
export class Authorization {
  readonly #invoke: Invoke;
  readonly #monotonicMs: () => number;
  readonly #cache = new Map<string, Cached>();

  constructor(invoke: Invoke, monotonicMs: () => number) {
    this.#invoke = invoke;
    this.#monotonicMs = monotonicMs;
  }

  async decide(authorizer: Authorizer, event: GatewayEvent): Promise<Decision> {
    const identity = authorizer.identitySources.map((source) => identityIn(event, source));
    // A request without its identity source is refused without asking the authoriser.
    if (identity.some((value) => !value)) return { refused: 401 };
    const key = JSON.stringify([authorizer.id, ...identity]);
    const cacheable = authorizer.cacheMs > 0 && identity.length > 0;
    const cached = cacheable ? this.#cache.get(key) : undefined;
    if (cached && cached.expiresAtMs > this.#monotonicMs()) return cached.decision;
    const decision = await this.#ask(authorizer, authorizerEvent(event, identity as string[]));
    const isAnswer = 'context' in decision || decision.refused === 403;
    if (cacheable && isAnswer) this.#keep(key, decision, authorizer.cacheMs);
    return decision;
  }

  async #ask({ functionArn }: Authorizer, event: object): Promise<Decision> {
    const result = await this.#invoke(functionArn, event);
    if ('functionError' in result) {
      return { refused: result.functionError.errorMessage === 'Unauthorized' ? 401 : 500 };
    }
    const { isAuthorized, context } = (result.payload ?? {}) as { isAuthorized?: unknown; context?: unknown };
    if (typeof isAuthorized !== 'boolean') return { refused: 500 };
    if (!isAuthorized) return { refused: 403 };
    return { context: typeof context === 'object' && context !== null ? context : {} };
  }

  #keep(key: string, decision: Decision, cacheMs: number): void {
    this.#cache.delete(key);
    this.#cache.set(key, { decision, expiresAtMs: this.#monotonicMs() + cacheMs });
    const oldest = this.#cache.keys().next().value;
    if (this.#cache.size > maxCached && oldest !== undefined) this.#cache.delete(oldest);
  }
}
