import { createHash } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import { type Action, free, type Key, type Table } from '../table/table.ts';
import { toSeconds } from '../core/clock.ts';
import { Problem } from '../core/problem.ts';

/** A POST that may be repeated: the caller's key, and a hash of the request. */
export interface IdempotentRequest {
  key: Key;
  requestHash: string;
  /** This run has written the in-progress record, or has taken over an abandoned one. */
  begun?: boolean;
  /** The answer as it is kept for a repeat: without secrets. */
  toStore(answer: Reply): Reply;
}

/** The answer to a caller; the body passes through the route's schema before it is sent. */
export interface Reply {
  body?: unknown;
  /** The version of the resource in the body, for ETag. */
  version?: string;
  /** The path of the created resource, for Location. */
  location?: string;
  /** Sent instead of JSON. */
  raw?: { contentType: string; bytes: Uint8Array; status?: number };
}

const storedForSeconds = 24 * 60 * 60;
/** Longer than any function behind the gateway runs: a request without an answer by then was aborted. */
const underWaySeconds = 60;
/** An item of the table holds 400 KB. An answer that does not fit is not stored, and its repeat is refused. */
const largestAnswerBytes = 300_000;

/** @throws Problem `invalid-request` unless the key has 1 to 255 visible characters */
export function idempotentRequest(
  userId: string,
  header: string,
  method: string,
  path: string,
  body: string,
): Omit<IdempotentRequest, 'toStore'> {
  if (!/^[\x21-\x7e]{1,255}$/.test(header)) {
    throw new Problem('invalid-request', 'Idempotency-Key must be 1 to 255 visible characters.', {
      errors: [
        { path: 'Idempotency-Key', code: 'wrong-format', message: 'must be 1 to 255 visible characters' },
      ],
    });
  }
  const requestHash = createHash('sha256').update(`${method} ${path}\n${body}`).digest('base64');
  return { key: { pk: `IDEMPOTENCY#${userId}`, sk: header }, requestHash };
}

/** The record in the transaction of the first request; its condition makes every repeat fail. */
export function idempotencyRecord(request: IdempotentRequest, answer: Reply, now: Date): Action {
  const packed = deflateSync(JSON.stringify(request.toStore(answer))).toString('base64');
  const expiresAt = toSeconds(now) + storedForSeconds;
  return {
    put: {
      ...request.key,
      requestHash: request.requestHash,
      answer: packed.length <= largestAnswerBytes ? packed : null,
      expiresAt,
    },
    ...(request.begun ? {} : { when: free('expiresAt', toSeconds(now)) }),
  };
}

/**
 * The record of a request that needs more than one transaction. It is in the first of them; until the answer is
 * stored, a repeat is refused as in progress.
 */
export function underWayRecord(request: IdempotentRequest, now: Date): Action {
  const expiresAt = toSeconds(now) + storedForSeconds;
  const underWayUntil = toSeconds(now) + underWaySeconds;
  return {
    put: { ...request.key, requestHash: request.requestHash, underWayUntil, expiresAt },
    ...(request.begun ? {} : { when: free('expiresAt', toSeconds(now)) }),
  };
}

/**
 * The answer to the first request with this key, or null if the request still has to run.
 * @throws Problem `idempotency-mismatch` when the key was used for another request, `idempotency-in-progress` while the
 * first one runs, `conflict` when its answer was too large to store
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
    // The first request was aborted: this repeat continues from what it has written.
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
