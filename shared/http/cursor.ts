import { createHash } from 'node:crypto';
import type { Position } from '../table/table.ts';
import { invalid } from '../core/problem.ts';

/**
 * A cursor names the place where a page ended, bound by a checksum to the list and its filters: one that was
 * changed, or carried to another list, is refused. It opens nothing: the partition always comes from the path.
 */
export function encodeCursor(scope: string, position: Position): string {
  const place = JSON.stringify(position);
  return Buffer.from(`${checksum(scope, place)}${place}`).toString('base64url');
}

/** @throws Problem where the cursor is not one that this list gave out */
export function decodeCursor(scope: string, cursor: string): Position {
  const decoded = Buffer.from(cursor, 'base64url').toString();
  const place = decoded.slice(checksumLength);
  // Compared as it would be written again: base64 has more than one spelling of the same bytes.
  const genuine = decoded.slice(0, checksumLength) === checksum(scope, place);
  if (!genuine || Buffer.from(decoded).toString('base64url') !== cursor) {
    throw invalid([{ path: 'cursor', message: 'is not a cursor of this list' }]);
  }
  return parsePosition(place);
}

/** The checksum is no secret: whoever computes one still gives a place in a list, or is refused. */
function parsePosition(place: string): Position {
  try {
    const position: unknown = JSON.parse(place);
    const texts =
      Array.isArray(position) && position.every((part) => typeof part === 'string' && part !== '');
    if (texts && position.length > 0 && position.length <= 4) return position as Position;
  } catch {
    // Falls through: no JSON is no place either.
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
