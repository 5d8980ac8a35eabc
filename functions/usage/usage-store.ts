import { type Action, absent, all, free, type Item, type Key, type Table } from '../../shared/table/table.ts';
import { toInstant, toSeconds } from '../../shared/core/clock.ts';
import { addDays, addYears, type Day } from '../../shared/core/day.ts';
import type { WriteContext } from '../../shared/write/commit.ts';
import {
  type Counts,
  mostDays,
  mostOf,
  type Range,
  type UsageDay,
  type UsageKind,
  yearsOpen,
} from './usage.ts';

/** What a source says that a service has used on a day. */
export interface UsageRecord {
  accountId: string;
  serviceId: string;
  kind: UsageKind;
  day: Day;
  sourceId: string;
  counts: Counts;
}

type OfDay = Pick<UsageRecord, 'accountId' | 'serviceId' | 'kind' | 'day'>;

/** One row for each service, kind and day, with its sums. */
const dayKey = ({ accountId, serviceId, kind, day }: OfDay): Key => ({
  pk: `ACCOUNT#${accountId}`,
  sk: `USAGE#${serviceId}#${kind}#${day}`,
});

/** What makes each record count once. */
const recordKey = ({ serviceId, kind, day, sourceId }: UsageRecord): Key => ({
  pk: `USAGE#${serviceId}`,
  sk: `${kind}#${day}#${sourceId}`,
});

export const dayText = (record: OfDay): string => Object.values(dayKey(record)).join('\n');
export const recordText = (record: UsageRecord): string => Object.values(recordKey(record)).join('\n');

function countsOf({ pk: _pk, sk: _sk, ...item }: Item): Counts {
  return Object.fromEntries(
    Object.entries(item).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}

export function usageStore(table: Table) {
  return {
    /** For each record the request that recorded it: null for one without a key, undefined where none has. */
    async recordedBy(records: readonly UsageRecord[]): Promise<(string | null | undefined)[]> {
      const found = await table.getMany(records.map(recordKey));
      return found.map((item) => item && ((item['askedAs'] as string | undefined) ?? null));
    },
    /** The sums of the records' days, by `dayText`. */
    async sumsOf(records: readonly UsageRecord[]): Promise<Map<string, Counts>> {
      const days = [...new Map(records.map((record) => [dayText(record), record]))];
      const found = await table.getMany(days.map(([, record]) => dayKey(record)));
      return new Map(days.map(([text], index) => [text, countsOf(found[index] ?? { pk: '', sk: '' })]));
    },
    /** The days of a range on which something was recorded. */
    async days(of: Omit<OfDay, 'day'>, { from, to }: Range): Promise<UsageDay[]> {
      const { pk, sk } = dayKey({ ...of, day: from });
      const last = dayKey({ ...of, day: to }).sk;
      const { items } = await table.query({ pk, from: sk, to: last, limit: mostDays });
      return items.map((item) => ({ day: item.sk.slice(-to.length), counts: countsOf(item) }));
    },
  };
}

export type UsageStore = ReturnType<typeof usageStore>;

/** The request as its records name it. */
export function askedAs({ idempotent }: Pick<WriteContext, 'idempotent'>): string | null {
  return idempotent && `${idempotent.key.pk}#${idempotent.key.sk}`;
}

/** The record; fails where it is there already. It is kept for as long as it could be sent again. */
export function recordRow(record: UsageRecord, context: WriteContext): Action {
  const { counts, day } = record;
  const closed = new Date(`${addDays(addYears(day, yearsOpen), 7)}T00:00:00Z`);
  const by = { askedAs: askedAs(context), by: context.actor, at: toInstant(context.now) };
  return { put: { ...recordKey(record), counts, ...by, expiresAt: toSeconds(closed) }, when: absent };
}

/** Adds to a day's sums; fails where they would go beyond what a day can hold. */
export function dayRow(day: OfDay, counts: Counts): Action {
  const limits = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([field, count]) => free(field, mostOf(field) - count + 1));
  return { update: dayKey(day), add: { ...counts }, ...(limits.length > 0 ? { when: all(...limits) } : {}) };
}
