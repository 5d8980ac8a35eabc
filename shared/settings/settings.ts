import * as z from 'zod/mini';
import { type Action, absent, equals, type Table } from '../table/table.ts';
import { largestAmount, percentagePattern } from '../core/money.ts';
import { type Day, dayIn, isTimeZone } from '../core/day.ts';
import { newVersion } from '../core/ids.ts';

const text = (most: number) => z._default(z.string().check(z.maxLength(most)), '');

/** Every setting of the provider, with what it may be and what it is unless it was changed. */
export const settingsSchema = z.strictObject({
  'linkedAccounts.management': z._default(z.boolean(), false),
  'linkedAccounts.independentAccess': z._default(z.boolean(), false),
  'linkedAccounts.subAccountsMayOrder': z._default(z.boolean(), true),
  'tickets.copyContactsOnOwnersTickets': z._default(z.boolean(), true),
  'orders.staffApproval': z._default(z.boolean(), true),
  /** Messages from one address in an hour; the rest wait in quarantine. */
  'mail.hourlyLimit': z._default(z.int().check(z.minimum(1), z.maximum(10_000)), 60),
  /** Quiet days after which an answered ticket is closed. */
  'tickets.closeAfterDays': z._default(z.int().check(z.minimum(2), z.maximum(365)), 7),
  /** Where the provider is: days begin and end by this clock. */
  timeZone: z._default(z.string().check(z.refine(isTimeZone)), 'UTC'),
  /** The tax of a line that names none, as a percentage. */
  'invoices.defaultTaxRate': z._default(z.string().check(z.regex(percentagePattern)), '0'),
  /** Days from issue until an invoice is due that was raised without a day, as from a quote. */
  'invoices.dueDays': z._default(z.int().check(z.minimum(0), z.maximum(365)), 14),
  /** So long before it is due a renewal is invoiced. */
  invoiceDaysBefore: z._default(z.int().check(z.minimum(0), z.maximum(90)), 14),
  /** How often a service may be paused within a year; what is kept of its pauses counts that far. */
  'services.pausesPerYear': z._default(z.int().check(z.minimum(0), z.maximum(10)), 3),
  'services.longestPauseDays': z._default(z.int().check(z.minimum(1), z.maximum(365)), 90),
  /** What a pause costs before tax, in minor units of the service's currency. */
  'services.pauseFee': z._default(z.int().check(z.minimum(0), z.maximum(largestAmount)), 0),
  /** What invoices say of the provider: its address, one line each, tax number, last words. */
  'provider.address': text(500),
  'provider.taxId': text(40),
  'provider.invoiceFooter': text(500),
  /** A PNG or JPEG as a data URL; empty for none. */
  'provider.logo': text(100_000),
  /** What a payer by bank transfer is told besides the amount and the reference. */
  'payments.bankInstructions': text(2000),
});

export type Settings = z.output<typeof settingsSchema>;

const settingsKey = { pk: 'SETTINGS', sk: 'SETTINGS' };

export interface StoredSettings {
  settings: Settings;
  /** Null where nothing was ever changed. */
  version: string | null;
}

export async function readSettings(table: Table): Promise<StoredSettings> {
  const item = await table.get(settingsKey);
  const settings = settingsSchema.parse(item?.['settings'] ?? {});
  return { settings, version: (item?.['version'] as string | undefined) ?? null };
}

/** Fails where the settings were changed in between. */
export function settingsRow(settings: Settings, before: StoredSettings, version = newVersion()): Action {
  return {
    put: { ...settingsKey, settings, version },
    when: before.version === null ? absent : equals({ version: before.version }),
  };
}

/** The provider's day at an instant: what is due and overdue goes by it. */
export async function providerDay(table: Table, now: Date): Promise<Day> {
  return dayIn((await readSettings(table)).settings.timeZone, now);
}
