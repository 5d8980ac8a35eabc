import * as z from 'zod/mini';
import { type Action, absent, equals, type Table } from '../aws/table.ts';
import { newVersion } from '../domain/ids.ts';

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
export function settingsRow(settings: Settings, before: StoredSettings): Action {
  return {
    put: { ...settingsKey, settings, version: newVersion() },
    when: before.version === null ? absent : equals({ version: before.version }),
  };
}
