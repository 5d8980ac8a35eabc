import { describe, expect, test } from 'vitest';
import { csvText } from '../../../shared/http/lists/csv.ts';
import { csvReply } from '../../../shared/http/lists/csv-reply.ts';
import { periodOf, whole } from '../../../shared/http/lists/period.ts';
import type { PageRequest } from '../../../shared/table/page.ts';

describe('a table as CSV', () => {
  test('quotes what has commas, quotes or line breaks, and writes amounts in major units', () => {
    const rows = [['a,b', 'say "x"', 'two\nlines', 5, { amount: -1205, currency: 'GBP' }, null]];
    expect(csvText(['a', 'b'], rows)).toBe('a,b\r\n"a,b","say ""x""","two\nlines",5,-12.05,\r\n');
    expect(csvText(['a'], [[{ amount: 1205, currency: 'JPY' }]])).toBe('a\r\n1205\r\n');
  });

  test.each(['=1+1', '+1', '-1', '@sum', '\t=1', '\r=1', '\n=1'])(
    'takes %j for text, not for a formula',
    (text) => {
      expect(csvText([], [[text]])).toContain(`'${text}`);
    },
  );

  test('is whole or none', () => {
    const rows = (count: number) => Array.from({ length: count }, () => ['x'.repeat(100_000)]);
    expect(csvReply(['a'], rows(39))).toMatchObject({ raw: { contentType: 'text/csv' } });
    expect(() => csvReply(['a'], rows(41))).toThrow('too large');
  });
});

describe('a period', () => {
  test('is the month up to today, or to its last day, unless days are named', () => {
    expect(periodOf({}, '2026-03-15')).toEqual({ from: '2026-03-01', to: '2026-03-15' });
    expect(periodOf({ to: '2026-02-28' }, '2026-03-15')).toEqual({ from: '2026-02-01', to: '2026-02-28' });
    expect(periodOf({ from: '2026-01-31' }, '2026-03-15')).toEqual({ from: '2026-01-31', to: '2026-03-15' });
  });

  test('is a leap year at most', () => {
    expect(periodOf({ from: '2028-01-01', to: '2028-12-31' }, '2029-01-01').from).toBe('2028-01-01');
    expect(() => periodOf({ from: '2027-12-31', to: '2028-12-31' }, '2029-01-01')).toThrow(
      '2028-01-01 or later',
    );
  });
});

describe('what one answer is made of', () => {
  /** A list of so many numbers, two on a page. */
  const numbers =
    (count: number) =>
    async ({ after }: PageRequest) => {
      const first = Number(after?.[0] ?? 0);
      const items = [first, first + 1].filter((each) => each < count);
      return { items, next: first + 2 < count ? [String(first + 2)] : null };
    };

  test('is read to its end, or refused with how to ask for less', async () => {
    expect(await whole(numbers(5), 5)).toEqual([0, 1, 2, 3, 4]);
    await expect(whole(numbers(6), 5)).rejects.toMatchObject({
      extensions: { errors: [{ path: 'from', message: expect.stringContaining('more than 5 rows') }] },
    });
  });
});
