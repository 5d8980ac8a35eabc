import { addDays, addYears, type Day, daysBetween } from '../../shared/core/day.ts';
import type { Cell } from '../../shared/http/lists/csv.ts';
import { type FieldError, invalid } from '../../shared/core/problem.ts';

export const usageKinds = ['internet', 'voice'] as const;
export type UsageKind = (typeof usageKinds)[number];

/** Counts of a service's usage by field; `cost` is in minor units of the service's currency. */
export type Counts = Readonly<Record<string, number>>;

export interface UsageDay {
  day: Day;
  counts: Counts;
}

/** The most days in one query. */
export const mostDays = 400;
const usualDays = 30;
/** How many years back usage can still be recorded. */
export const yearsOpen = 2;

/** The most bytes counted for a day: the largest integer that every JSON reader takes exactly. */
const mostBytes = Number.MAX_SAFE_INTEGER;
/** The most of any other count for a day: `mostDays` days still add up exactly. */
export const mostCount = Math.floor(Number.MAX_SAFE_INTEGER / mostDays);

export const mostCountOf = (field: string): number => (field.startsWith('bytes') ? mostBytes : mostCount);

export function sumCounts(all: readonly Counts[]): Counts {
  const sums: Record<string, number> = {};
  for (const counts of all) {
    for (const [field, count] of Object.entries(counts)) sums[field] = (sums[field] ?? 0) + count;
  }
  return sums;
}

export interface Range {
  from: Day;
  to: Day;
}

/**
 * The requested days; by default the last 30, up to today.
 * @throws Problem `invalid-request` if they are in the wrong order or too many
 */
export function rangeOf(requested: { from?: Day | undefined; to?: Day | undefined }, today: Day): Range {
  const to = requested.to ?? today;
  const from = requested.from ?? addDays(to, 1 - usualDays);
  if (from > to) throw invalid([{ path: 'from', code: 'out-of-range', message: `must not be after ${to}` }]);
  if (daysBetween(from, to) >= mostDays) {
    throw invalid([
      { path: 'from', code: 'out-of-range', message: `must be within ${mostDays} days of ${to}` },
    ]);
  }
  return { from, to };
}

/** Why usage of a day cannot be recorded, or null if it can. */
export function dayError(day: Day, today: Day): string | null {
  if (day > today) return 'is still to come';
  return day < addYears(today, -yearsOpen) ? `is more than ${yearsOpen} years ago` : null;
}

/** The errors for counts of new records that would take a day's sum beyond its limit. */
export function overflows(
  records: readonly { index: number; dayKey: string; counts: Counts }[],
  before: ReadonlyMap<string, Counts>,
): FieldError[] {
  const sums = new Map(before);
  return records.flatMap(({ index, dayKey, counts }) => {
    const after = sumCounts([sums.get(dayKey) ?? {}, counts]);
    sums.set(dayKey, after);
    const exceeded = Object.keys(counts).filter((field) => after[field]! > mostCountOf(field));
    return exceeded.map((field) => ({
      path: `records.${index}.${field === 'cost' ? 'cost.amount' : field}`,
      code: 'out-of-range',
      message: 'takes the day’s sum beyond what can be counted',
    }));
  });
}

function countsView(kind: UsageKind, counts: Counts, currency: string) {
  const { bytesIn = 0, bytesOut = 0, calls = 0, minutes = 0, cost = 0 } = counts;
  return kind === 'internet' ? { bytesIn, bytesOut } : { calls, minutes, cost: { amount: cost, currency } };
}

export function usageView(kind: UsageKind, days: readonly UsageDay[], currency: string) {
  return {
    days: days.map(({ day, counts }) => ({ day, ...countsView(kind, counts, currency) })),
    sums: countsView(kind, sumCounts(days.map(({ counts }) => counts)), currency),
  };
}

/** The columns of a table of usage. */
export const usageHeadings: Readonly<Record<UsageKind, readonly string[]>> = {
  internet: ['day', 'bytesIn', 'bytesOut'],
  voice: ['day', 'calls', 'minutes', 'cost', 'currency'],
};

/** A row for each day. */
export function usageRows(kind: UsageKind, days: readonly UsageDay[], currency: string): Cell[][] {
  return days.map(({ day, counts }) => {
    const { bytesIn = 0, bytesOut = 0, calls = 0, minutes = 0, cost = 0 } = counts;
    const cells = {
      internet: [bytesIn, bytesOut],
      voice: [calls, minutes, { amount: cost, currency }, currency],
    };
    return [day, ...cells[kind]];
  });
}
