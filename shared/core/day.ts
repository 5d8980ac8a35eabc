/** A calendar day, `2026-02-28`: no time and no zone, so that it sorts and compares as text. */
export type Day = string;

const formats = new Map<string, Intl.DateTimeFormat>();

/** The calendar day in a time zone (an IANA name such as `Europe/London`) at an instant. */
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

/** The day a number of days later; a negative number goes back. */
export function addDays(day: Day, days: number): Day {
  return new Date(midnight(day) + days * dayMs).toISOString().slice(0, 10);
}

/** The number of days from one day to another; negative when `to` is the earlier one. */
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
 * The day a number of months later. It has the day of the month `anchor`, or is the last day of a shorter month: an
 * anchor of 31 gives 28 February and then 31 March.
 */
export function addMonths(day: Day, months: number, anchor = Number(day.slice(8))): Day {
  const [year = 0, month = 1] = day.split('-').map(Number);
  const index = year * 12 + (month - 1) + months;
  const [newYear, newMonth] = [Math.floor(index / 12), (index % 12) + 1];
  const lastDay = new Date(Date.UTC(newYear, newMonth, 0)).getUTCDate();
  const text = (number: number, digits: number) => String(number).padStart(digits, '0');
  return `${text(newYear, 4)}-${text(newMonth, 2)}-${text(Math.min(anchor, lastDay), 2)}`;
}

/** The day a number of years later; 29 February becomes 28 February outside leap years. */
export function addYears(day: Day, years: number): Day {
  return addMonths(day, years * 12);
}
