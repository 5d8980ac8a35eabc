import { addDays, type Day } from '../core/day.ts';

/** A renewable item as the job sees it: a domain or a service. */
export interface Renewable {
  kind: 'domain' | 'service';
  id: string;
  name: string;
  accountId: string;
  /** Null where nothing is due any more. */
  nextDueOn: Day | null;
  /** Without automatic renewal an item is reminded of but not invoiced. */
  autoRenew: boolean;
  /** The due day that was invoiced, paid for, or last reminded of with the reminder's days: `2026-03-15 -7`. */
  invoicedFor: Day | null;
  paidFor: Day | null;
  reminded: string | null;
  /** A service's planned change of product: the job makes it on that day. */
  changesOn?: Day | null;
}

/** The renewal fields of an item that the job has not processed yet. */
export const neverRenewed = { invoicedFor: null, invoiceId: null, paidFor: null, reminded: null };

export type Step =
  | { kind: 'invoice'; on: Day }
  /** `days` before the due day where negative, after it otherwise. */
  | { kind: 'reminder'; on: Day; days: number };

/** Days from the due day on which a reminder is sent, each once. */
export const reminderDays = [-30, -7, -1, 1, 7] as const;

/**
 * The steps of an item up to and on a day, in order. Of the reminders missed by `today` only the latest is sent; later
 * ones are sent on their day.
 */
export function stepsThrough(
  item: Renewable,
  invoiceDaysBefore: number,
  today: Day,
  through: Day = today,
): Step[] {
  const { nextDueOn } = item;
  if (nextDueOn === null || item.paidFor === nextDueOn) return [];
  const steps: Step[] = [];
  const invoiceOn = addDays(nextDueOn, -invoiceDaysBefore);
  if (item.autoRenew && item.invoicedFor !== nextDueOn && invoiceOn <= through) {
    steps.push({ kind: 'invoice', on: invoiceOn < today ? today : invoiceOn });
  }
  const open = remindersLeft(item, nextDueOn);
  const missed = open.filter(({ on }) => on <= today).slice(-1);
  const coming = open.filter(({ on }) => on > today && on <= through);
  return [...steps, ...missed, ...coming].toSorted((a, b) => (a.on < b.on ? -1 : 1));
}

/** The day on which the job has to process an item next, after today's steps are done; null for never. */
export function actOn(item: Renewable, invoiceDaysBefore: number): Day | null {
  const { nextDueOn, changesOn } = item;
  const change = changesOn ? [changesOn] : [];
  if (nextDueOn === null || item.paidFor === nextDueOn) return change[0] ?? null;
  const invoice =
    item.autoRenew && item.invoicedFor !== nextDueOn ? [addDays(nextDueOn, -invoiceDaysBefore)] : [];
  const reminder = remindersLeft(item, nextDueOn).map(({ on }) => on);
  return [...change, ...invoice, ...reminder].toSorted()[0] ?? null;
}

function remindersLeft({ reminded }: Renewable, nextDueOn: Day): Extract<Step, { kind: 'reminder' }>[] {
  const [dueOn, days] = reminded?.split(' ') ?? [];
  const last = dueOn === nextDueOn ? Number(days) : Number.NEGATIVE_INFINITY;
  return reminderDays
    .filter((each) => each > last)
    .map((each) => ({ kind: 'reminder', on: addDays(nextDueOn, each), days: each }));
}

/** How a reminder is stored on its item. */
export const reminderMark = (nextDueOn: Day, days: number): string => `${nextDueOn} ${days}`;
