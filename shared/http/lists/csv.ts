import { decimalText, type Money } from '../../core/money.ts';

/** A cell of a table: text, a number, an amount in major units, or nothing. */
export type Cell = string | number | Money | null;

export const csvType = 'text/csv';

/** Whether a request asks for a table. */
export const wantsCsv = (headers: Record<string, string | undefined>): boolean =>
  headers['accept']?.includes(csvType) ?? false;

/** A table as CSV of RFC 4180. */
export function csvText(headings: readonly string[], rows: Iterable<readonly Cell[]>): string {
  const lines = [headings.join(',')];
  for (const row of rows) lines.push(row.map(cellText).join(','));
  return lines.map((line) => `${line}\r\n`).join('');
}

function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  if (typeof cell === 'object') return decimalText(cell);
  // A spreadsheet takes text that begins like this for a formula, and runs it.
  const text = /^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
