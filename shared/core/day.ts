/** A calendar day, `2026-02-28`: no time and no zone, so that it sorts and compares as text. */
export type Day = string;

const formats = new Map<string, Intl.DateTimeFormat>();

/** The day it is in a time zone (an IANA name such as `Europe/London`) at this instant. */
export function dayIn(timeZone: string, at: Date): Day {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
    formats.set(timeZone, format);
  }
  return format.format(at);
}

const dayMs = 24 * 60 * 60 * 1000;
const midnight = (day: Day): number => Date.parse(`${day}T00:00:00Z`);

/** So many days later, or earlier. */
export function addDays(day: Day, days: number): Day {
  return new Date(midnight(day) + days * dayMs).toISOString().slice(0, 10);
}

/** How many days from one day to another; negative where the other comes first. */
export function daysBetween(from: Day, to: Day): number {
  return Math.round((midnight(to) - midnight(from)) / dayMs);
}

export function isTimeZone(name: string): boolean {
  try {
    return dayIn(name, new Date(0)) !== '';
  } catch {
    return false;
  }
}

/**
 * So many months later, on the same day of the month or the last one there is. `anchor` is the day of the month that
 * is meant: the 31st is the 28th in February and the 31st again in March.
 */
export function addMonths(day: Day, months: number, anchor = Number(day.slice(8))): Day {
  const [year = 0, month = 1] = day.split('-').map(Number);
  const index = year * 12 + (month - 1) + months;
  const [newYear, newMonth] = [Math.floor(index / 12), (index % 12) + 1];
  const lastDay = new Date(Date.UTC(newYear, newMonth, 0)).getUTCDate();
  const text = (number: number, digits: number) => String(number).padStart(digits, '0');
  return `${text(newYear, 4)}-${text(newMonth, 2)}-${text(Math.min(anchor, lastDay), 2)}`;
}

/** So many years later; the 29th of February becomes the 28th where there is none. */
export function addYears(day: Day, years: number): Day {
  return addMonths(day, years * 12);
}
