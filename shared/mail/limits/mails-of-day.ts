import { toSeconds } from '../../core/clock.ts';
import type { Day } from '../../core/day.ts';
import { newVersion } from '../../core/ids.ts';
import { type Action, absent, equals, free, type Key, type Table } from '../../table/table.ts';

/** Mails to an address on one day that are of no kind that it asked for: from one account, and in all. */
export const mostMails = { fromAccount: 20, inAll: 50 };

/** What was mailed to an address on one day, by the tasks of the outbox: one that runs again counts once. */
export interface MailsOfDay {
  key: Key;
  allKey: Key;
  tasks: readonly string[];
  /** Null where nothing was counted yet. */
  version: string | null;
  inAll: number;
}

const keptSeconds = 3 * 24 * 60 * 60;

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
      tasks: (own?.['tasks'] as string[] | undefined) ?? [],
      version: (own?.['version'] as string | undefined) ?? null,
      inAll: Number(all?.['count'] ?? 0),
    };
  });
}

/** Whether the task may be mailed to the address: it was counted, or there is room for it. */
export function hasRoom({ tasks, inAll }: MailsOfDay, taskId: string): boolean {
  return tasks.includes(taskId) || (tasks.length < mostMails.fromAccount && inAll < mostMails.inAll);
}

/** The rows that count the task; none where it was. They fail where another was counted meanwhile. */
export function countedMail(
  { key, allKey, tasks, version }: MailsOfDay,
  taskId: string,
  now: Date,
): Action[] {
  if (tasks.includes(taskId)) return [];
  const expiresAt = toSeconds(now) + keptSeconds;
  return [
    {
      update: key,
      set: { tasks: [...tasks, taskId], version: newVersion(), expiresAt },
      when: version === null ? absent : equals({ version }),
    },
    { update: allKey, add: { count: 1 }, set: { expiresAt }, when: free('count', mostMails.inAll) },
  ];
}
