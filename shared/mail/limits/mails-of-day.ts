import { toSeconds } from '../../core/clock.ts';
import { addDays, type Day } from '../../core/day.ts';
import { newVersion } from '../../core/ids.ts';
import { type Action, absent, equals, free, type Key, type Table } from '../../table/table.ts';
import { countedAddress } from './counted-address.ts';

/** Mails to an address on one day that are of no kind that it asked for: from one account, and in all. */
export const mostMails = { fromAccount: 20, inAll: 50 };

/** What was mailed to a mailbox on one day, by names of its mails: one that is tried again counts once. */
export interface MailsOfDay {
  key: Key;
  allKey: Key;
  mails: readonly string[];
  /** Null where nothing was counted yet. */
  version: string | null;
  inAll: number;
}

const keptSeconds = 10 * 24 * 60 * 60;
/** Days after that of its mails among which a digest looks for a place ahead of time. */
const mostDaysAhead = 7;

/**
 * What was mailed to each of these addresses, as limits count them, on that day: by an account or, for null, by the
 * portal itself.
 */
export async function mailsOfDay(
  table: Table,
  accountId: string | null,
  addresses: readonly string[],
  day: Day,
): Promise<MailsOfDay[]> {
  if (addresses.length === 0) return [];
  const keys = addresses.map((address) => {
    const pk = `MAILS#${address}`;
    return { key: { pk, sk: `${day}#${accountId ?? 'PORTAL'}` }, allKey: { pk, sk: `${day}#ALL` } };
  });
  const items = await table.getMany(keys.flatMap(({ key, allKey }) => [key, allKey]));
  return keys.map(({ key, allKey }, nth) => {
    const [own, all] = [items[2 * nth], items[2 * nth + 1]];
    return {
      key,
      allKey,
      mails: (own?.['mails'] as string[] | undefined) ?? [],
      version: (own?.['version'] as string | undefined) ?? null,
      inAll: Number(all?.['count'] ?? 0),
    };
  });
}

/** Those of these mails that may go to the mailbox: they were counted, or there is room for them. */
export function withinDay({ mails, inAll }: MailsOfDay, wanted: readonly string[]): string[] {
  let room = Math.min(mostMails.fromAccount - mails.length, mostMails.inAll - inAll);
  return wanted.filter((mail) => mails.includes(mail) || room-- > 0);
}

/** The rows that count these mails; none where all were. They fail where another was counted meanwhile. */
export function countedMails(
  { key, allKey, mails, version }: MailsOfDay,
  within: readonly string[],
  now: Date,
): Action[] {
  const added = within.filter((mail) => !mails.includes(mail));
  if (added.length === 0) return [];
  const expiresAt = toSeconds(now) + keptSeconds;
  return [
    {
      update: key,
      set: { mails: [...mails, ...added], version: newVersion(), expiresAt },
      when: version === null ? absent : equals({ version }),
    },
    {
      update: allKey,
      add: { count: added.length },
      set: { expiresAt },
      when: free('count', mostMails.inAll - added.length + 1),
    },
  ];
}

const digestName = (day: Day): string => `digest ${day}`;

/**
 * The rows that give the digest of a day's held mail its place among the mails of a later day, before any other mail of
 * that day: of the first that has room. None where no day has; then the digest waits for one.
 */
export async function digestPlace(
  table: Table,
  accountId: string | null,
  email: string,
  day: Day,
  now: Date,
): Promise<Action[]> {
  for (let ahead = 1; ahead <= mostDaysAhead; ahead++) {
    const rows = await digestOn(table, accountId, email, { day, on: addDays(day, ahead) }, now);
    if (rows) return rows;
  }
  return [];
}

/** The rows that count a day's digest among the mails of another day, none where it was; null where that has no room. */
export async function digestOn(
  table: Table,
  accountId: string | null,
  email: string,
  { day, on }: { day: Day; on: Day },
  now: Date,
): Promise<Action[] | null> {
  const [count] = await mailsOfDay(table, accountId, [countedAddress(email)], on);
  const within = withinDay(count!, [digestName(day)]);
  return within.length === 0 ? null : countedMails(count!, within, now);
}
