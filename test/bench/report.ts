/** One line of a table, by the headings of its columns. */
export type Row = Record<string, string>;

export interface Section {
  /** What `npm run bench -- NAME` calls it. */
  name: string;
  title: string;
  /** What has to be known to read the table. */
  notes: readonly string[];
  rows(): Row[] | Promise<Row[]>;
}

/** A ratio with its aim beside it, and whether it was reached. */
export function against(ratio: number, aim: number): { ratio: string; aim: string; '': string } {
  return { ratio: ratio.toFixed(2), aim: `aim < ${aim}`, '': verdict(ratio < aim) };
}

export function verdict(reached: boolean): string {
  return reached ? 'ok' : 'MISSED';
}

export function microseconds(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} µs`;
}

/** One number or more, with a unit or without. */
const number = /^[\d.,| ]+([mµ]s)?$/;

/** The rows as plain text below their headings; numbers stand to the right. */
export function table(rows: readonly Row[]): string {
  const headings = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [Object.fromEntries(headings.map((heading) => [heading, heading])), ...rows];
  const widths = headings.map((heading) => Math.max(...lines.map((line) => (line[heading] ?? '').length)));
  const isNumber = headings.map((heading) => rows.every((row) => number.test(row[heading] ?? '0')));
  return lines
    .map((line) =>
      headings
        .map((heading, index) => {
          const cell = line[heading] ?? '';
          const width = widths[index] ?? 0;
          return isNumber[index] ? cell.padStart(width) : cell.padEnd(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
