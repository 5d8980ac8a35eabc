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
