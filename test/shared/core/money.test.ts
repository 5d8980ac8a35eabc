import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { balanceOf, type Invoice, invoiceMoves, sum, totalsOf } from '../../../shared/invoices/invoice.ts';
import { decimalText, isCurrency, moneyText, split, taxOn, taxWithin } from '../../../shared/core/money.ts';

const amount = fc.integer({ min: 0, max: 1_000_000_000 });
const rate = fc.constantFrom('0', '5', '17.5', '20', '19.25', '0.0001', '100');

describe('tax', () => {
  test.each([
    [333, '17.5', 58],
    [10, '5', 1],
    [9, '5', 0],
    [30, '5', 2],
    [-10, '5', -1],
    [1, '50', 1],
    [100, '0', 0],
  ])('on %i at %s %% is %i: half is rounded away from zero', (net, percentage, tax) => {
    expect(taxOn(net, percentage)).toBe(tax);
  });

  test('within a price is what makes the net price with its tax the price again, to a unit', () => {
    fc.assert(
      fc.property(amount, rate, (gross, percentage) => {
        const tax = taxWithin(gross, percentage);
        expect(Math.abs(taxOn(gross - tax, percentage) - tax)).toBeLessThanOrEqual(1);
        expect(tax).toBeLessThanOrEqual(gross);
      }),
    );
  });
});

const atRate = (percentage: string) => () => ({ rate: percentage, words: null });

describe('totals', () => {
  const line = fc.record({
    description: fc.constant('Thing'),
    quantity: fc.integer({ min: 1, max: 50 }),
    unitPrice: fc.record({ amount: fc.integer({ min: 0, max: 100_000 }), currency: fc.constant('GBP') }),
    taxRate: rate,
  });

  test.each([true, false])('are the sums of their lines, tax included: %s', (included) => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), (lines) => {
        const totals = totalsOf(lines, included, atRate('20'));
        expect(totals.subtotal + totals.tax).toBe(totals.total);
        expect(totals.tax).toBe(sum(totals.lines.map(({ tax }) => tax)));
        expect(totals.tax).toBe(sum(totals.taxes.map(({ amount }) => amount)));
        const gross = sum(totals.lines.map((each) => each.amount));
        expect(included ? totals.total : totals.subtotal).toBe(gross);
      }),
    );
  });

  test('refuse lines in two currencies, and what is too large to be counted exactly', () => {
    const one = { description: 'x', quantity: 1, unitPrice: { amount: 1, currency: 'GBP' } };
    expect(() =>
      totalsOf([one, { ...one, unitPrice: { amount: 1, currency: 'EUR' } }], false, atRate('0')),
    ).toThrow(/that of the first line/);
    const huge = { ...one, quantity: 100_000, unitPrice: { amount: 1_000_000_000_000, currency: 'GBP' } };
    expect(() => totalsOf([huge], false, atRate('20'))).toThrow(/come to more than/);
  });
});

test('a split adds up to what was split, and gives nothing where nothing is weighed', () => {
  fc.assert(
    fc.property(
      amount,
      fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 30 }),
      (all, weights) => {
        const parts = split({ amount: all, currency: 'GBP' }, weights);
        const whole = weights.some((weight) => weight > 0) ? all : 0;
        expect(sum(parts)).toBe(whole);
        for (const [index, weight] of weights.entries()) if (weight === 0) expect(parts[index]).toBe(0);
      },
    ),
  );
});

test('money is written with the decimals of its currency', () => {
  expect(moneyText({ amount: 12050, currency: 'GBP' })).toBe('120.50 GBP');
  expect(decimalText({ amount: 500, currency: 'JPY' })).toBe('500');
  expect(decimalText({ amount: 1234, currency: 'KWD' })).toBe('1.234');
  expect(decimalText({ amount: -5, currency: 'EUR' })).toBe('-0.05');
  expect([isCurrency('GBP'), isCurrency('gbp'), isCurrency('XYZ')]).toEqual([true, false, false]);
});

test('no invoice leaves a status that nothing leads out of', () => {
  const leaving = Object.values(invoiceMoves).flatMap((move) => Object.keys(move));
  expect([...new Set(leaving)].toSorted((a, b) => a.localeCompare(b))).toEqual(['draft', 'unpaid']);
});

test.each([
  ['paid', { paid: 100 }],
  ['cancelled', { paid: 30 }],
  ['refunded', { paid: 30, refunded: 30 }],
  ['paid', { paid: 100, refunded: 40 }],
] as const)('an invoice that was %s before there were credit notes owes nothing', (status, amounts) => {
  const before = { total: 100, credit: 0, refunded: 0, status, ...amounts };
  expect(balanceOf(before as Invoice)).toBe(0);
});

test('one that was open then owes what it owed', () => {
  const before = { total: 100, credit: 10, paid: 30, refunded: 0, status: 'unpaid' };
  expect(balanceOf(before as Invoice)).toBe(60);
});
