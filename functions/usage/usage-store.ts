import { type Action, absent, all, free, type Item, type Key, type Table } from '../../shared/table/table.ts';
import { toInstant, toSeconds } from '../../shared/core/clock.ts';
import { addDays, addYears, type Day } from '../../shared/core/day.ts';
import type { WriteContext } from '../../shared/write/commit.ts';
import {
  type Counts,
  mostDays,
  mostCountOf,
  type Range,
  type UsageDay,
  type UsageKind,
  yearsOpen,
} from './usage.ts';

/** The usage of a service on a day as reported by a source. */
export interface UsageRecord {
  accountId: string;
  serviceId: string;
  kind: UsageKind;
  day: Day;
  sourceId: string;
  counts: Counts;
}

type UsageDayKey = Pick<UsageRecord, 'accountId' | 'serviceId' | 'kind' | 'day'>;

/** One row for each service, kind and day, with its sums. */
const dayKey = ({ accountId, serviceId, kind, day }: UsageDayKey): Key => ({
  pk: `ACCOUNT#${accountId}`,
  sk: `USAGE#${serviceId}#${kind}#${day}`,
});

/** A row for each record, so that a record counts only once. */
const recordKey = ({ serviceId, kind, day, sourceId }: UsageRecord): Key => ({
  pk: `USAGE#${serviceId}`,
  sk: `${kind}#${day}#${sourceId}`,
});

export const dayText = (record: UsageDayKey): string => Object.values(dayKey(record)).join('\n');
export const recordText = (record: UsageRecord): string => Object.values(recordKey(record)).join('\n');

function countsOf({ pk: _pk, sk: _sk, ...item }: Item): Counts {
  return Object.fromEntries(
    Object.entries(item).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}

export function usageStore(table: Table) {
  return {
    /** The request that recorded each record: null for one without a key, undefined if it is not recorded. */
    async recordedBy(records: readonly UsageRecord[]): Promise<(string | null | undefined)[]> {
      const rows = await table.getMany(records.map(recordKey));
      return rows.map((item) => item && ((item['askedAs'] as string | undefined) ?? null));
    },
    /** The sums of the records' days, by `dayText`. */
    async sumsOf(records: readonly UsageRecord[]): Promise<Map<string, Counts>> {
      const days = [...new Map(records.map((record) => [dayText(record), record]))];
      const rows = await table.getMany(days.map(([, record]) => dayKey(record)));
      return new Map(days.map(([text], index) => [text, countsOf(rows[index] ?? { pk: '', sk: '' })]));
    },
    /** The days of a range with recorded usage. */
    async days(of: Omit<UsageDayKey, 'day'>, { from, to }: Range): Promise<UsageDay[]> {
      const { pk, sk } = dayKey({ ...of, day: from });
      const last = dayKey({ ...of, day: to }).sk;
      const { items } = await table.query({ pk, from: sk, to: last, limit: mostDays });
      return items.map((item) => ({ day: item.sk.slice(-to.length), counts: countsOf(item) }));
    },
  };
}

export type UsageStore = ReturnType<typeof usageStore>;

/** The identifier of the request in its records; null without an Idempotency-Key. */
export function requestKeyOf({ idempotent }: Pick<WriteContext, 'idempotent'>): string | null {
  return idempotent && `${idempotent.key.pk}#${idempotent.key.sk}`;
}

/** The row of a record; fails if it exists already. It is stored as long as the same record would be accepted again. */
export function recordRow(record: UsageRecord, context: WriteContext): Action {
  const { counts, day } = record;
  const closed = new Date(`${addDays(addYears(day, yearsOpen), 7)}T00:00:00Z`);
  const by = { askedAs: requestKeyOf(context), by: context.actor, at: toInstant(context.now) };
  return { put: { ...recordKey(record), counts, ...by, expiresAt: toSeconds(closed) }, when: absent };
}

/** Adds counts to a day's sums; fails if a sum would exceed the limit of its field. */
export function dayRow(day: UsageDayKey, counts: Counts): Action {
  const limits = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([field, count]) => free(field, mostCountOf(field) - count + 1));
  return { update: dayKey(day), add: { ...counts }, ...(limits.length > 0 ? { when: all(...limits) } : {}) };
}
