import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { taxOf } from '../../../shared/invoices/tax/tax-of.ts';
import type { TaxRule } from '../../../shared/settings/tax-rules.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

const body = JSON.parse(readFileSync(join(import.meta.dirname, '../../../docs/tax-rules.json'), 'utf8')) as {
  'tax.rules': TaxRule[];
};
const rules = body['tax.rules'];
const union = 'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' ');
const of = (country: string, business: boolean) =>
  taxOf({ country, business, taxClass: null, day: '2026-03-01' }, rules);

test('the rules to start with are ones that the settings take', async () => {
  const portal = new MemoryPortal();
  portal.addStaff('ada');
  const put = await portal.call('ada', 'PUT', '/v1/staff/settings', { body });
  expect([put.status, put.body['tax.rules']]).toEqual([200, rules]);
});

test('they have a rate for everybody in the Union and the United Kingdom, and none for businesses', () => {
  const countries = [...new Set(rules.map(({ country }) => country))];
  expect(countries.toSorted((a, b) => a.localeCompare(b))).toEqual(
    [...union, 'GB'].toSorted((a, b) => a.localeCompare(b)),
  );
  for (const country of countries) {
    // The directive allows no standard rate below 15 %.
    expect(Number(of(country, false)?.rate)).toBeGreaterThanOrEqual(15);
    const { rate, words } = of(country, true)!;
    expect(rate).toBe('0');
    for (const text of Object.values(words!)) expect(text).toMatch(/\{sellerTaxId\}.*\{buyerTaxId\}/);
  }
  expect([of('FI', false)?.rate, of('HU', false)?.rate, of('US', true)]).toEqual(['25.5', '27', null]);
});
