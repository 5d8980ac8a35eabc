import { createHash } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import { type Action, free, type Key, type Table } from '../table/table.ts';
import { toSeconds } from '../core/clock.ts';
import { Problem } from '../core/problem.ts';

/** A POST that may be repeated: the caller's key, and what the request said, as a hash. */
export interface IdempotentRequest {
  key: Key;
  requestHash: string;
  /** This very run has written the record that says it is under way, or took over one that was given up. */
  begun?: boolean;
}

/** What a caller is told; the body passes through the route's schema on its way out. */
export interface Reply {
  body?: unknown;
  /** The version of what is shown, for ETag. */
  version?: string;
  /** Where what was made can be read. */
  location?: string;
  /** What is answered instead of JSON. */
  raw?: { contentType: string; bytes: Uint8Array };
}

const keptForSeconds = 24 * 60 * 60;
/** Longer than any function behind the gateway runs: what is still not answered by then has died. */
const underWaySeconds = 60;
/** An item of the table holds 400 KB. An answer that does not fit is not kept; its repeat is told so. */
const largestKeptBytes = 300_000;

/** @throws Problem where the key is not one: 1 to 255 visible characters */
export function idempotentRequest(
  userId: string,
  header: string,
  method: string,
  path: string,
  body: string,
): IdempotentRequest {
  if (!/^[\x21-\x7e]{1,255}$/.test(header)) {
    throw new Problem('invalid-request', 'Idempotency-Key must be 1 to 255 visible characters.', {
      errors: [{ path: 'Idempotency-Key', message: 'must be 1 to 255 visible characters' }],
    });
  }
  const requestHash = createHash('sha256').update(`${method} ${path}\n${body}`).digest('base64');
  return { key: { pk: `IDEMPOTENCY#${userId}`, sk: header }, requestHash };
}

/** The record that goes into the transaction of the first request and makes every repeat fail there. */
export function idempotencyRecord(request: IdempotentRequest, answer: Reply, now: Date): Action {
  const packed = deflateSync(JSON.stringify(answer)).toString('base64');
  const expiresAt = toSeconds(now) + keptForSeconds;
  return {
    put: {
      ...request.key,
      requestHash: request.requestHash,
      answer: packed.length <= largestKeptBytes ? packed : null,
      expiresAt,
    },
    ...(request.begun ? {} : { when: free('expiresAt', toSeconds(now)) }),
  };
}

/**
 * The record of a request that needs more than one transaction: it goes into the first of them, and until the answer
 * is there a repeat is told that it is under way.
 */
export function underWayRecord(request: IdempotentRequest, now: Date): Action {
  const expiresAt = toSeconds(now) + keptForSeconds;
  const underWayUntil = toSeconds(now) + underWaySeconds;
  return {
    put: { ...request.key, requestHash: request.requestHash, underWayUntil, expiresAt },
    ...(request.begun ? {} : { when: free('expiresAt', toSeconds(now)) }),
  };
}

/**
 * The answer that the first request with this key got, or null where it has not run yet.
 * @throws Problem `idempotency-mismatch` when the key came with another request, `idempotency-in-progress` while the
 * first one runs
 */
export async function earlierAnswer(
  table: Table,
  request: IdempotentRequest,
  now: Date,
): Promise<Reply | null> {
  const record = await table.get(request.key);
  if (!record || Number(record['expiresAt']) < toSeconds(now)) return null;
  if (record['requestHash'] !== request.requestHash) {
    throw new Problem('idempotency-mismatch', 'This Idempotency-Key came with another request before.');
  }
  if (typeof record['underWayUntil'] === 'number') {
    if (record['underWayUntil'] > toSeconds(now)) {
      throw new Problem('idempotency-in-progress', 'The first request with this key is still running.');
    }
    // Whoever began it is gone: this repeat goes on from what that one has written.
    request.begun = true;
    return null;
  }
  if (typeof record['answer'] !== 'string') {
    throw new Problem(
      'conflict',
      'This was done already; its answer was too large to keep. Read it instead.',
    );
  }
  return JSON.parse(inflateSync(Buffer.from(record['answer'], 'base64')).toString()) as Reply;
}
