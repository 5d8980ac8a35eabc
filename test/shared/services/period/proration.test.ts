import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Cycle, cycles } from '../../../../shared/products/product.ts';
import { addDays, addMonths } from '../../../../shared/core/day.ts';
import { prorated, share } from '../../../../shared/services/period/proration.ts';

const recurring = cycles.filter((cycle) => cycle !== 'one-time');
const paid = fc.record({
  amount: fc.integer({ min: 0, max: 1_000_000_000_000 }),
  cycle: fc.constantFrom<Cycle>(...recurring),
});
/** A due day that fits its anchor, and a day around it. */
const period = fc
  .record({
    month: fc.integer({ min: 0, max: 600 }),
    anchorDay: fc.integer({ min: 1, max: 31 }),
    days: fc.integer({ min: -1500, max: 1500 }),
  })
  .map(({ month, anchorDay, days }) => {
    const nextDueOn = addMonths('2020-01-01', month, anchorDay);
    return { nextDueOn, anchorDay, today: addDays(nextDueOn, days) };
  });

describe('the rest of a period', () => {
  test.each([
    ['on its first day is all of it', '2026-04-01', 30, 3000, 6000],
    ['in its middle is half of it', '2026-04-16', 15, 1500, 3000],
    ['on its last day is a day', '2026-04-30', 1, 100, 200],
    ['when the next one is due is nothing', '2026-05-01', 0, 0, 0],
    ['after that is nothing', '2026-05-09', 0, 0, 0],
    ['before it began is no more than a period', '2026-02-01', 30, 3000, 6000],
  ])('%s', (_, today, days, unused, needed) => {
    const from = { amount: 3000, cycle: 'monthly' as const };
    const result = prorated(
      from,
      { ...from, amount: 6000 },
      { nextDueOn: '2026-05-01', anchorDay: 1, today },
    );
    expect(result).toEqual({ days, unused, needed, difference: needed - unused });
  });

  test('costs at another cycle what its days cost there', () => {
    const at = { nextDueOn: '2027-01-01', anchorDay: 1, today: '2026-12-01' };
    const result = prorated({ amount: 36_500, cycle: 'annually' }, { amount: 3100, cycle: 'monthly' }, at);
    expect(result).toEqual({ days: 31, unused: 3100, needed: 3100, difference: 0 });
  });

  test('is never less than no days, nor more than a period; to the same price it costs nothing', () => {
    fc.assert(
      fc.property(paid, period, (from, at) => {
        const same = prorated(from, from, at);
        expect(same.difference).toBe(0);
        expect(same.days).toBeGreaterThanOrEqual(0);
        expect(same.unused).toBeGreaterThanOrEqual(0);
        expect(same.unused).toBeLessThanOrEqual(from.amount);
      }),
    );
  });

  test('gives back no more than was paid, and asks for no more than the new price in the same cycle', () => {
    fc.assert(
      fc.property(paid, paid, period, (from, other, at) => {
        expect(prorated(from, other, at).difference).toBeGreaterThanOrEqual(-from.amount);
        const to = { ...other, cycle: from.cycle };
        expect(prorated(from, to, at).difference).toBeLessThanOrEqual(to.amount);
      }),
    );
  });

  test('costs there and back nothing, and by a third product what it costs without it', () => {
    const amount = fc.integer({ min: 0, max: 1_000_000_000_000 });
    fc.assert(
      fc.property(paid, amount, amount, period, (from, second, third, at) => {
        const [b, c] = [
          { ...from, amount: second },
          { ...from, amount: third },
        ];
        const difference = (one: typeof from, other: typeof from) => prorated(one, other, at).difference;
        expect(difference(from, b) + difference(b, from)).toBe(0);
        expect(difference(from, b) + difference(b, c)).toBe(difference(from, c));
      }),
    );
  });

  test('is rounded half away from zero', () => {
    expect([share(1, 1, 2), share(-1, 1, 2), share(1, 1, 3), share(5, 1, 2), share(-5, 1, 2)]).toEqual([
      1, -1, 0, 3, -3,
    ]);
    expect([share(7, 0, 30), share(7, 3, 0)]).toEqual([0, 0]);
  });
});
