import { type Day, dayIn } from '../../core/day.ts';
import { conflict, invalid, type Problem } from '../../core/problem.ts';
import { readSettings, type Settings, settingsCheck, type StoredSettings } from '../../settings/settings.ts';
import type { Action, Table } from '../../table/table.ts';

/** The day that something is booked on, which was found open. */
export interface BookDay {
  on: Day;
  now: Date;
  /** Conditions of the transaction that books it: a day that is over may be closed meanwhile. */
  checks: Action[];
}

/**
 * Dates what is booked: on the day that is wanted, or else the provider's day of now, which is never closed.
 * @throws Problem `conflict` where the books are closed on that day
 */
export async function bookDay(table: Table, now: Date, wanted?: Day): Promise<BookDay> {
  return datedOn(await readSettings(table), now, wanted);
}

/** @throws Problem `conflict` where the books are closed on that day */
export async function requireOpen(table: Table, day: Day): Promise<void> {
  const { settings } = await readSettings(table);
  if (isClosed(settings, day)) throw closed(settings, day);
}

/**
 * Dates money that came by bank on the day that it came.
 * @throws Problem `invalid-request` where the books are closed on that day
 */
export async function receivedDay(table: Table, now: Date, receivedOn: Day): Promise<BookDay> {
  const stored = await readSettings(table);
  if (!isClosed(stored.settings, receivedOn)) return datedOn(stored, now, receivedOn);
  const message = `must be after ${closedUntil(stored.settings)}, until which the books are closed`;
  throw invalid([{ path: 'receivedOn', code: 'out-of-range', message }]);
}

/** The day that is wanted, or today where the books were closed on it since: for what must not be lost by that. */
export async function openDay(table: Table, now: Date, wanted: Day | undefined): Promise<BookDay> {
  const stored = await readSettings(table);
  const isOpen = wanted === undefined || !isClosed(stored.settings, wanted);
  return datedOn(stored, now, isOpen ? wanted : undefined);
}

function datedOn(stored: StoredSettings, now: Date, wanted: Day | undefined): BookDay {
  const { settings } = stored;
  const today = dayIn(settings.timeZone, now);
  const on = wanted ?? today;
  if (isClosed(settings, on)) throw closed(settings, on);
  return { on, now, checks: on < today ? [settingsCheck(stored)] : [] };
}

const closedUntil = (settings: Settings): Day | null => settings['books.closedUntil'];

/** Days until which the books are closed are compared here alone. */
function isClosed(settings: Settings, day: Day): boolean {
  const until = closedUntil(settings);
  return until !== null && day <= until;
}

function closed(settings: Settings, day: Day): Problem {
  return conflict(`The books are closed until ${closedUntil(settings)}: nothing can be dated ${day}.`);
}
