import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Position } from '../table/table.ts';
import { invalid } from '../core/problem.ts';

/**
 * Identifies a list as its caller sees it: whose it is, its path and its filters. Nobody can compute it without the
 * portal's key, so it signs the list's cursors.
 */
export function listScope(
  cursorKey: string,
  userId: string,
  path: string,
  filters: Readonly<Record<string, string | undefined>>,
): string {
  const sorted = Object.entries(filters).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return signature(cursorKey, JSON.stringify([userId, path, sorted])).toString('base64url');
}

/**
 * A cursor holds the position where a page ended, signed for the list and its caller: one that was changed, made up, or
 * given to somebody else is refused before it reaches a store. It grants no access: the partition always comes from the
 * path.
 */
export function encodeCursor(scope: string, position: Position): string {
  const place = Buffer.from(JSON.stringify(position));
  return Buffer.concat([signature(scope, place), place]).toString('base64url');
}

/** @throws Problem `invalid-request` if the cursor is not of this list */
export function decodeCursor(scope: string, cursor: string): Position {
  const bytes = Buffer.from(cursor, 'base64url');
  const [signed, place] = [bytes.subarray(0, signatureBytes), bytes.subarray(signatureBytes)];
  const expected = signature(scope, place);
  const isGenuine = signed.length === signatureBytes && timingSafeEqual(signed, expected);
  // Compared with its canonical encoding: base64 has more than one spelling of the same bytes.
  if (isGenuine && bytes.toString('base64url') === cursor) return JSON.parse(place.toString()) as Position;
  const message = 'must be a nextCursor that this list gave you, with the same filters';
  throw invalid([{ path: 'cursor', code: 'not-allowed', message }]);
}

const signatureBytes = 16;

function signature(key: string, text: string | Buffer): Buffer {
  return createHmac('sha256', key).update(text).digest().subarray(0, signatureBytes);
}
