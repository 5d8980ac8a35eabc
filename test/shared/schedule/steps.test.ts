import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays } from '../../../shared/core/day.ts';
import { type Domain, statusOn } from '../../../shared/domains/domain.ts';
import { type DomainPrice, renewalOf } from '../../../shared/domains/domain-price.ts';
import { actOn, reminderMark, type Renewable, stepsThrough } from '../../../shared/schedule/steps.ts';

const item: Renewable = {
  kind: 'domain',
  id: 'dom_1',
  name: 'one.com',
  accountId: 'acct_1',
  nextDueOn: '2026-06-30',
  autoRenew: true,
  invoicedFor: null,
  paidFor: null,
  reminded: null,
};

describe('what the job does', () => {
  test('is an invoice fourteen days before, and each reminder on its day', () => {
    const all = stepsThrough(item, 14, '2026-05-01', '2026-08-01');
    expect(all.map(({ kind, on }) => [kind, on])).toEqual([
      ['reminder', '2026-05-31'],
      ['invoice', '2026-06-16'],
      ['reminder', '2026-06-23'],
      ['reminder', '2026-06-29'],
      ['reminder', '2026-07-01'],
      ['reminder', '2026-07-07'],
    ]);
  });

  test('after silence is the latest reminder, not all that were missed', () => {
    expect(stepsThrough(item, 14, '2026-07-03')).toEqual([
      { kind: 'reminder', on: '2026-07-01', days: 1 },
      { kind: 'invoice', on: '2026-07-03' },
    ]);
  });

  test('is nothing twice, whatever the day', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 40 }), { maxLength: 12 }), (days) => {
        let current = item;
        const done: string[] = [];
        for (const day of days.toSorted((a, b) => a - b)) {
          const today = addDays('2026-06-30', day);
          for (const step of stepsThrough(current, 14, today)) {
            done.push(step.kind === 'invoice' ? 'invoice' : `reminder ${step.days}`);
            current =
              step.kind === 'invoice'
                ? { ...current, invoicedFor: current.nextDueOn }
                : { ...current, reminded: reminderMark('2026-06-30', step.days) };
          }
          const next = actOn(current, 14);
          expect(next === null || next > today).toBe(true);
        }
        expect(new Set(done).size).toBe(done.length);
      }),
    );
  });

  test('is no invoice for what does not renew by itself, and nothing for what was paid', () => {
    const kinds = (some: Partial<Renewable>) =>
      stepsThrough({ ...item, ...some }, 14, '2026-06-20').map(({ kind }) => kind);
    expect(kinds({ autoRenew: false })).toEqual(['reminder']);
    expect(kinds({ paidFor: '2026-06-30' })).toEqual([]);
    expect(kinds({ nextDueOn: null })).toEqual([]);
  });
});

const domain = {
  state: 'registered',
  name: 'one.com',
  expiresOn: '2026-03-31',
  paidFor: null,
} as Domain;
const price: DomainPrice = {
  tld: 'com',
  prices: { GBP: { years: { 1: 1000, 2: 1900, 10: 9000 }, graceFee: 0, redemptionFee: 8000 } },
  from: null,
  minYears: 1,
  maxYears: 10,
  maxTermYears: 10,
  maxAdvanceDays: 90,
  graceDays: 30,
  redemptionDays: 30,
};

describe('a domain’s status', () => {
  test.each([
    ['2026-03-31', 'active'],
    ['2026-04-01', 'expired'],
    ['2026-04-30', 'expired'],
    ['2026-05-01', 'redemption'],
    ['2026-05-30', 'redemption'],
    ['2026-05-31', 'cancelled'],
  ])('on %s is %s', (today, status) => {
    expect(statusOn(domain, price, today)).toBe(status);
  });
});

describe('a renewal', () => {
  test('is offered for the years that have a price and keep within the longest term', () => {
    const years = (today: string) =>
      renewalOf(domain, [price], 'GBP', today).options.map((option) => option.years);
    expect(years('2026-03-01')).toEqual([1, 2]);
    expect(years('2026-04-02')).toEqual([1, 2, 10]);
  });

  test('costs its fee in grace and redemption; no fee is shown as nothing', () => {
    expect(renewalOf(domain, [price], 'GBP', '2026-04-02').options[0]).toMatchObject({
      graceFee: { amount: 0, currency: 'GBP' },
      total: { amount: 1000, currency: 'GBP' },
    });
    expect(renewalOf(domain, [price], 'GBP', '2026-05-02').options[0]).toMatchObject({
      redemptionFee: { amount: 8000 },
      total: { amount: 9000 },
    });
  });

  test('says why not', () => {
    const reason = (today: string, currency = 'GBP', prices = [price]) =>
      renewalOf(domain, prices, currency, today).reason;
    expect(reason('2025-12-30')).toBe('too-early');
    expect(reason('2026-06-15')).toBe('past-redemption');
    expect(reason('2026-03-01', 'EUR')).toBe('not-renewable');
    expect(reason('2026-03-01', 'GBP', [])).toBe('not-renewable');
  });

  test('tells from which day its price changes', () => {
    const prices = { GBP: { ...price.prices['GBP']!, years: { 1: 1200 } } };
    const later = { ...price, from: '2026-03-20', prices };
    expect(renewalOf(domain, [price, later], 'GBP', '2026-03-01').options[0]).toMatchObject({
      total: { amount: 1000 },
      changesOn: '2026-03-20',
      totalThen: { amount: 1200 },
    });
    expect(renewalOf(domain, [price, later], 'GBP', '2026-03-20').options[0]!.total.amount).toBe(1200);
  });
});
