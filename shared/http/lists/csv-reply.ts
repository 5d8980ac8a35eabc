import { invalid } from '../../core/problem.ts';
import type { Reply } from '../../write/idempotency.ts';
import { type Cell, csvText, csvType } from './csv.ts';

/** What a function can answer at once. */
const mostBytes = 4_000_000;

/**
 * A whole table as the answer.
 * @throws Problem where it is too large
 */
export function csvReply(headings: readonly string[], rows: Iterable<readonly Cell[]>): Reply {
  const bytes = new TextEncoder().encode(csvText(headings, rows));
  if (bytes.length <= mostBytes) return { raw: { contentType: csvType, bytes } };
  throw invalid([{ path: 'from', code: 'out-of-range', message: 'must be later: the table is too large' }]);
}
