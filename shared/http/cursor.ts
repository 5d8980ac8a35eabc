import { createHash } from 'node:crypto';
import type { Position } from '../table/table.ts';
import { invalid } from '../core/problem.ts';

/**
 * A cursor holds the position where a page ended, bound by a checksum to the list and its filters: a changed cursor,
 * or one of another list, is refused. It grants no access: the partition always comes from the path.
 */
export function encodeCursor(scope: string, position: Position): string {
  const place = JSON.stringify(position);
  return Buffer.from(`${checksum(scope, place)}${place}`).toString('base64url');
}

/** @throws Problem `invalid-request` if the cursor is not of this list */
export function decodeCursor(scope: string, cursor: string): Position {
  const decoded = Buffer.from(cursor, 'base64url').toString();
  const place = decoded.slice(checksumLength);
  // Compared with its canonical encoding: base64 has more than one spelling of the same bytes.
  const genuine = decoded.slice(0, checksumLength) === checksum(scope, place);
  if (!genuine || Buffer.from(decoded).toString('base64url') !== cursor) {
    throw invalid([{ path: 'cursor', message: 'is not a cursor of this list' }]);
  }
  return parsePosition(place);
}

/** The checksum is no secret, so a cursor with a valid one may still hold anything: checks the position's form. */
function parsePosition(place: string): Position {
  try {
    const position: unknown = JSON.parse(place);
    const texts =
      Array.isArray(position) && position.every((part) => typeof part === 'string' && part !== '');
    if (texts && position.length > 0 && position.length <= 4) return position as Position;
  } catch {
    // Falls through: text that is not JSON is refused as well.
  }
  throw invalid([{ path: 'cursor', message: 'is not a cursor of this list' }]);
}

const checksumLength = 16;

function checksum(scope: string, place: string): string {
  return createHash('sha256')
    .update(`${scope.length}:${scope}${place}`)
    .digest('base64url')
    .slice(0, checksumLength);
}
