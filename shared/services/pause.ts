import { addDays, addYears, type Day, daysBetween } from '../core/day.ts';
import { conflict, invalid } from '../core/problem.ts';
import { nextServiceStatus, notPaused, type Service } from './service.ts';

/** The provider's limits on pauses. */
export interface PauseLimits {
  pausesPerYear: number;
  longestPauseDays: number;
}

/** How many of a service's latest pauses are stored. */
export const storedPauses = 10;

/**
 * A service paused from today until a day, by default for the longest pause. Paid time is not used up meanwhile: the
 * due day moves by the days of the pause, and so does an end on the due day. It moves at once, so that the service can
 * resume by the clock alone.
 * @throws Problem where it cannot be paused, or not so often, or not for so long
 */
export function pausedService(
  service: Service,
  today: Day,
  until: Day | undefined,
  { pausesPerYear, longestPauseDays }: PauseLimits,
): Service & { pausedUntil: Day } {
  const status = nextServiceStatus(service, 'pause', today);
  const { name, nextDueOn, anchorDay, pauses = [] } = service;
  const lastDay = addDays(today, longestPauseDays);
  const pausedUntil = until ?? lastDay;
  if (pausedUntil <= today || pausedUntil > lastDay) {
    throw invalid([
      { path: 'until', code: 'out-of-range', message: `must come after today, on ${lastDay} at the latest` },
    ]);
  }
  if (pauses.filter((began) => began > addYears(today, -1)).length >= pausesPerYear) {
    throw conflict(`${name} was paused as often as a service may be within a year: ${pausesPerYear} times.`);
  }
  if (nextDueOn !== null && nextDueOn < today) {
    throw conflict(`${name} was due on ${nextDueOn}: it can be paused once that is paid.`);
  }
  return {
    ...service,
    status,
    ...movedDue(service, daysBetween(today, pausedUntil)),
    pausedOn: today,
    pausedUntil,
    pausedAnchor: anchorDay,
    pauses: [...pauses, today].slice(-storedPauses),
  };
}

/**
 * A service resumed today: its due day has moved by the days of the pause.
 * @throws Problem where it is not paused
 */
export function resumedService(service: Service, today: Day): Service {
  const status = nextServiceStatus(service, 'resume', today);
  const { pausedOn, pausedUntil, pausedAnchor } = service;
  // A pause until a day moved the due day by its whole length, and its rest is taken back. Otherwise the due day has
  // not moved yet.
  const days = pausedUntil ? -daysBetween(today, pausedUntil) : pausedOn ? daysBetween(pausedOn, today) : 0;
  const moved = movedDue(service, days);
  const anchorDay = pausedOn === today ? (pausedAnchor ?? service.anchorDay) : moved.anchorDay;
  return { ...service, status, ...moved, anchorDay, ...notPaused };
}

function movedDue(
  { nextDueOn, cancelsOn, anchorDay }: Service,
  days: number,
): Pick<Service, 'nextDueOn' | 'cancelsOn' | 'anchorDay'> {
  if (nextDueOn === null || days === 0) return { nextDueOn, cancelsOn, anchorDay };
  const moved = addDays(nextDueOn, days);
  return {
    nextDueOn: moved,
    cancelsOn: cancelsOn === nextDueOn ? moved : cancelsOn,
    anchorDay: Number(moved.slice(8)),
  };
}
