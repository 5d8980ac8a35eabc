import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays, addMonths, addYears, dayIn, daysBetween, isTimeZone } from '../../../shared/core/day.ts';

describe('days', () => {
  test('begin and end by the provider’s clock, summer time and all', () => {
    expect(dayIn('UTC', new Date('2026-03-28T23:59:59Z'))).toBe('2026-03-28');
    expect(dayIn('Europe/London', new Date('2026-03-28T23:59:59Z'))).toBe('2026-03-28');
    expect(dayIn('Europe/London', new Date('2026-06-30T23:30:00Z'))).toBe('2026-07-01');
    expect(dayIn('America/New_York', new Date('2026-01-01T04:59:00Z'))).toBe('2025-12-31');
    expect(dayIn('Pacific/Kiritimati', new Date('2026-01-01T10:00:00Z'))).toBe('2026-01-02');
    expect([isTimeZone('Europe/London'), isTimeZone('Mars/Olympus')]).toEqual([true, false]);
  });

  test('are counted across a change of the clocks like any others', () => {
    expect(daysBetween('2026-03-28', '2026-03-30')).toBe(2);
    expect(addDays('2026-10-24', 2)).toBe('2026-10-26');
    expect(daysBetween('2026-03-01', '2026-02-28')).toBe(-1);
  });

  test('added and taken away again are the day it was', () => {
    const day = fc.date({ min: new Date('2000-01-01'), max: new Date('2199-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(day, fc.integer({ min: -5000, max: 5000 }), (date, days) => {
        const text = date.toISOString().slice(0, 10);
        expect(daysBetween(text, addDays(text, days))).toBe(days);
      }),
    );
  });
});

describe('months and years', () => {
  test.each([
    ['2026-01-31', 1, '2026-02-28'],
    ['2024-01-31', 1, '2024-02-29'],
    ['2026-11-30', 3, '2027-02-28'],
    ['2026-03-31', -1, '2026-02-28'],
    ['2026-12-15', 1, '2027-01-15'],
  ])('%s and %i months is %s', (from, months, to) => {
    expect(addMonths(from, months)).toBe(to);
  });

  test('find their day again after a short month', () => {
    expect(addMonths('2026-02-28', 1, 31)).toBe('2026-03-31');
  });

  test('of a leap day end on the last of February', () => {
    expect(addYears('2024-02-29', 1)).toBe('2025-02-28');
    expect(addYears('2024-02-29', 4)).toBe('2028-02-29');
  });
});
