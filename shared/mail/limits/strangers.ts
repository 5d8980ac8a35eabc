import { addressAccountKey } from '../../accounts/keys.ts';
import { dayIn } from '../../core/day.ts';
import { toSeconds } from '../../core/clock.ts';
import { newVersion } from '../../core/ids.ts';
import { Problem } from '../../core/problem.ts';
import type { Settings } from '../../settings/settings.ts';
import { type Action, absent, equals, type Key, type Table } from '../../table/table.ts';
import { countedAddress } from './counted-address.ts';

/** The strangers that an account has mailed on one day, as limits count addresses. */
export interface StrangersOfDay {
  key: Key;
  addresses: readonly string[];
  /** Null where nobody was counted yet. */
  version: string | null;
  most: number;
}

const keptSeconds = 2 * 24 * 60 * 60;

/** Days begin in the provider's time zone. */
export async function strangersOfDay(
  table: Table,
  settings: Pick<Settings, 'mail.strangersPerDay' | 'timeZone'>,
  accountId: string,
  now: Date,
): Promise<StrangersOfDay> {
  const key = { pk: `STRANGERS#${accountId}`, sk: dayIn(settings.timeZone, now) };
  const item = await table.get(key);
  return {
    key,
    addresses: (item?.['addresses'] as string[] | undefined) ?? [],
    version: (item?.['version'] as string | undefined) ?? null,
    most: settings['mail.strangersPerDay'],
  };
}

/** Those of these addresses that are strangers to an account: neither its owner's nor a contact's. */
export async function strangersAmong(
  table: Table,
  accountId: string,
  emails: readonly string[],
): Promise<string[]> {
  if (emails.length === 0) return [];
  const known = await table.getMany(emails.map((email) => addressAccountKey(email, accountId)));
  return emails.filter((_, index) => known[index] === undefined);
}

/** How many more strangers the account may mail on that day. */
export function strangersLeft({ addresses, most }: StrangersOfDay): number {
  return Math.max(0, most - addresses.length);
}

/**
 * The rows that count these addresses among the day's strangers, for the transaction of what mails them; none where
 * all are counted. They fail if somebody else was counted meanwhile.
 * @throws Problem `too-many-strangers` where they are more than the day has left
 */
export function strangerRows(day: StrangersOfDay, emails: readonly string[], now: Date): Action[] {
  const counted = new Set(day.addresses);
  const added = [...new Set(emails.map(countedAddress))].filter((address) => !counted.has(address));
  if (added.length === 0) return [];
  if (added.length > strangersLeft(day)) {
    throw new Problem(
      'too-many-strangers',
      `This account has written to ${day.most} new addresses today, which is the most. Please go on tomorrow.`,
    );
  }
  const row = {
    addresses: [...day.addresses, ...added],
    version: newVersion(),
    expiresAt: toSeconds(now) + keptSeconds,
  };
  const when = day.version === null ? absent : equals({ version: day.version });
  return [{ update: day.key, set: row, when }];
}
