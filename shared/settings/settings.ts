import * as z from 'zod/mini';
import { type Action, absent, equals, type Table } from '../table/table.ts';
import { exchangeRatePattern, isCurrency, largestAmount, percentagePattern } from '../core/money.ts';
import { isDomainName } from '../core/domain-name.ts';
import { type Day, dayIn, isTimeZone } from '../core/day.ts';
import { isNetwork } from '../core/network.ts';
import { newVersion } from '../core/ids.ts';
import { storedTaxRules } from './tax-rules.ts';

export const mostNetworks = 200;
export const mostPublicDomains = 500;
export const mostExchangeRates = 1000;

/** Minor units by currency; in one that is not named there is none. */
const amounts = z.record(
  z.string().check(z.refine(isCurrency)),
  z.int().check(z.minimum(0), z.maximum(largestAmount)),
);

const text = (most: number) => z._default(z.string().check(z.maxLength(most)), '');

/** Every setting of the provider, with its bounds and its default. */
export const settingsSchema = z.strictObject({
  'linkedAccounts.management': z._default(z.boolean(), false),
  'linkedAccounts.independentAccess': z._default(z.boolean(), false),
  'linkedAccounts.subAccountsMayOrder': z._default(z.boolean(), true),
  'tickets.copyContactsOnOwnersTickets': z._default(z.boolean(), true),
  'orders.staffApproval': z._default(z.boolean(), true),
  /** Staff sign in with a second factor, or reach nothing but their own login. */
  'staff.secondFactor': z._default(z.boolean(), true),
  /** Messages accepted from one address in an hour; the rest are quarantined. */
  'mail.hourlyLimit': z._default(z.int().check(z.minimum(1), z.maximum(10_000)), 60),
  /** Domains whose mailboxes are anybody's, besides those of the great providers of mail. */
  'mail.publicDomains': z._default(
    z.array(z.string().check(z.refine(isDomainName))).check(z.maxLength(mostPublicDomains)),
    ['fastmail.com', 'onmicrosoft.com', 'posteo.de', 'tuta.io', 'tutanota.com', 'ziggo.nl'],
  ),
  /** Mail whose From is not shown to be true: its address is asked, or it waits for staff. */
  'mail.unprovenSenders': z._default(z.enum(['confirm', 'quarantine']), 'confirm'),
  /** Addresses that an account may mail in a day and that are new to it; being invited counts. */
  'mail.strangersPerDay': z._default(z.int().check(z.minimum(0), z.maximum(1000)), 50),
  /** Networks from which several clients send, such as the provider's own servers: a sender is believed there by its signature alone. */
  'mail.sharedNetworks': z._default(
    z.array(z.string().check(z.refine(isNetwork))).check(z.maxLength(mostNetworks)),
    [],
  ),
  /** Days without a message after which an answered ticket is closed. */
  'tickets.closeAfterDays': z._default(z.int().check(z.minimum(2), z.maximum(365)), 7),
  /** Where strangers become clients; empty where they do not by themselves. */
  'portal.signUpUrl': z._default(z.string().check(z.maxLength(300), z.regex(/^(https:\/\/\S+)?$/)), ''),
  /** The provider's time zone: days begin and end by it. */
  timeZone: z._default(z.string().check(z.refine(isTimeZone)), 'UTC'),
  /** The tax rate of lines without one, as a percentage. */
  'invoices.defaultTaxRate': z._default(z.string().check(z.regex(percentagePattern)), '0'),
  /** Which tax lines without a rate of their own have, by buyer and product; where none applies, the rate above. */
  'tax.rules': z._default(storedTaxRules, []),
  /** What one unit of a currency is worth in the provider's own, each rate from a day on: invoices say their tax in both. */
  'tax.exchangeRates': z._default(
    z
      .array(
        z.object({
          currency: z.string().check(z.refine(isCurrency)),
          rate: z.string().check(z.regex(exchangeRatePattern)),
          from: z.string(),
        }),
      )
      .check(z.maxLength(mostExchangeRates)),
    [],
  ),
  /** Days from issue to due date of an invoice raised without a due date, for example from a quote. */
  'invoices.dueDays': z._default(z.int().check(z.minimum(0), z.maximum(365)), 14),
  /** Days before its due date on which a renewal is invoiced. */
  invoiceDaysBefore: z._default(z.int().check(z.minimum(0), z.maximum(90)), 14),
  /** How often a service may be paused within a year; its stored pauses go back that far. */
  'services.pausesPerYear': z._default(z.int().check(z.minimum(0), z.maximum(10)), 3),
  'services.longestPauseDays': z._default(z.int().check(z.minimum(1), z.maximum(365)), 90),
  /** The price of a pause before tax, in the service's currency. */
  'services.pauseFee': z._default(amounts, {}),
  /** The currency in which the provider accounts for its taxes; empty where that is never said. */
  'provider.currency': z._default(z.string().check(z.refine((code) => code === '' || isCurrency(code))), ''),
  /** What documents print of the provider: its name where it is not the portal's, its address (several lines), tax number and footer. */
  'provider.name': text(120),
  'provider.address': text(500),
  'provider.taxId': text(40),
  'provider.invoiceFooter': text(500),
  /** A PNG or JPEG as a data URL; empty for none. */
  'provider.logo': text(100_000),
  /** Shown to payers by bank transfer besides the amount and the reference. */
  'payments.bankInstructions': text(2000),
  /** Days for which a payment waits for its bank transfer. */
  'payments.bankDays': z._default(z.int().check(z.minimum(1), z.maximum(60)), 10),
  /** The last day on which nothing is booked any more; null for none. */
  'books.closedUntil': z._default(z.nullable(z.string()), null),
});

export type Settings = z.output<typeof settingsSchema>;

const settingsKey = { pk: 'SETTINGS', sk: 'SETTINGS' };

export interface StoredSettings {
  settings: Settings;
  /** As they lie in the row, those of a newer release too. */
  stored: Record<string, unknown>;
  /** Null if no setting was ever changed. */
  version: string | null;
}

export async function readSettings(table: Table): Promise<StoredSettings> {
  const item = await table.get(settingsKey);
  const stored = (item?.['settings'] ?? {}) as Record<string, unknown>;
  return { settings: readable(stored), stored, version: (item?.['version'] as string | undefined) ?? null };
}

/** The provider's currency, also where it was never said. */
export function providerCurrency({
  'provider.currency': currency,
}: Pick<Settings, 'provider.currency'>): string {
  return currency || 'GBP';
}

/** The settings that this release knows. One that a newer release wrote and this one cannot read counts as its default. */
function readable(stored: Record<string, unknown>): Settings {
  const read = Object.entries(settingsSchema.shape).map(([key, schema]) => {
    const found = schema.safeParse(stored[key]);
    return [key, found.success ? found.data : schema.parse(undefined)];
  });
  const settings = Object.fromEntries(read) as Settings;
  const fee = stored['services.pauseFee'];
  // Releases before several currencies wrote a plain amount.
  if (typeof fee !== 'number') return settings;
  return { ...settings, 'services.pauseFee': { [providerCurrency(settings)]: fee } };
}

/** The row of the settings with these changed, and all others as they are; fails if any changed since `before` was read. */
export function settingsRow(
  changes: { [K in keyof Settings]?: Settings[K] | undefined },
  before: StoredSettings,
  version = newVersion(),
): Action {
  const settings = { ...before.stored, ...changes };
  if (before.version === null) return { put: { ...settingsKey, settings, version }, when: absent };
  return { update: settingsKey, set: { settings, version }, when: equals({ version: before.version }) };
}

/** The settings are still those that were read. */
export function settingsCheck({ version }: Pick<StoredSettings, 'version'>): Action {
  return { check: settingsKey, when: version === null ? absent : equals({ version }) };
}

/** The provider's calendar day at an instant; due dates are compared with it. */
export async function providerDay(table: Table, now: Date): Promise<Day> {
  return dayIn((await readSettings(table)).settings.timeZone, now);
}
