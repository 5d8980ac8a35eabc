import * as z from 'zod';
import { cycles } from '../../shared/products/product.ts';
import { largestAmount } from '../../shared/core/money.ts';
import { taxClassPattern } from '../../shared/settings/tax-rules.ts';
import { currency, day, line, money, moneyFrom, percentage } from '../../shared/http/schemas.ts';

/** The most products in a catalogue: they are replaced in one transaction, which also deletes the removed ones. */
const mostProducts = 90;
const mostCurrencies = 20;

const taxClass = z
  .string()
  .regex(taxClassPattern, 'must be a class such as domains: small letters, digits and hyphens');

export const product = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  description: z.string(),
  taxClass: z.string().nullable(),
  prices: z.array(z.object({ cycle: z.enum(cycles), price: money })),
});

export const staffProduct = z.object({
  ...product.shape,
  taxRate: z.string().nullable(),
  sold: z.boolean(),
});

const writtenProduct = z.strictObject({
  id: z
    .string()
    .regex(/^prd_\w{1,40}$/)
    .optional(),
  name: line(120),
  kind: line(40),
  description: z.string().trim().max(2000).default(''),
  prices: z
    .array(z.strictObject({ cycle: z.enum(cycles), price: moneyFrom(0) }))
    .min(1)
    .max(cycles.length * mostCurrencies)
    .superRefine((prices, found) => {
      const keys = prices.map(({ cycle, price }) => `${cycle} ${price.currency}`);
      const index = keys.findIndex((key, at) => keys.indexOf(key) < at);
      if (index === -1) return;
      const { cycle, price } = prices[index]!;
      const message = `must not have a second price in ${price.currency} for ${cycle}`;
      found.addIssue({ code: 'custom', path: [index, 'cycle'], message, params: { code: 'duplicate' } });
    }),
  /** Whatever the rules of tax say. */
  taxRate: percentage.nullable().default(null),
  taxClass: taxClass.nullable().default(null),
  sold: z.boolean().default(true),
});

export const products = z.strictObject({ items: z.array(writtenProduct).max(mostProducts) });

const amount = z.int().min(0).max(largestAmount);
const days = z.int().min(0).max(365);
const years = z.int().min(1).max(10);

const yearPrices = z.strictObject(
  Object.fromEntries(Array.from({ length: 10 }, (_, year) => [year + 1, amount.optional()])),
);

const tldPrices = z.strictObject({
  years: yearPrices.refine((prices) => Object.keys(prices).length > 0, 'must have a price'),
  graceFee: amount.default(0),
  redemptionFee: amount.default(0),
});

export const domainPrice = z
  .strictObject({
    /** By currency. */
    prices: z
      .record(currency, tldPrices)
      .refine((prices) => Object.keys(prices).length > 0, 'must have a price in some currency')
      .refine((prices) => Object.keys(prices).length <= mostCurrencies, {
        message: `must have prices in ${mostCurrencies} currencies at most`,
        params: { code: 'too-long' },
      }),
    from: day.nullable().optional(),
    minYears: years.default(1),
    maxYears: years.default(10),
    maxTermYears: z.int().min(1).max(100).default(10),
    maxAdvanceDays: z.int().min(0).max(36_500).default(3650),
    graceDays: days.default(30),
    redemptionDays: days.default(30),
  })
  .refine(({ minYears, maxYears }) => minYears <= maxYears, {
    path: ['maxYears'],
    message: 'must be at least minYears',
    params: { code: 'out-of-range' },
  });

const priceTerms = z.object({
  prices: z.record(
    z.string(),
    z.object({ years: z.record(z.string(), z.int()), graceFee: z.int(), redemptionFee: z.int() }),
  ),
  from: z.string().nullable(),
  minYears: z.int(),
  maxYears: z.int(),
  maxTermYears: z.int(),
  maxAdvanceDays: z.int(),
  graceDays: z.int(),
  redemptionDays: z.int(),
});

export const domainPrices = z.object({
  tld: z.string(),
  ...priceTerms.shape,
  /** Prices that apply from a later day on. */
  upcoming: z.array(priceTerms),
});
