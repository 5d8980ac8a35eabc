import { toInstant } from '../../core/clock.ts';
import { newVersion } from '../../core/ids.ts';

/** How many automatic answers an address got, and when. */
export interface AnswerCount {
  lastAt: string;
  day: string;
  onDay: number;
  version: string;
}

const hoursBetween = 3;
const mostInADay = 10;

/** Allows at most one automatic answer to an address in 3 hours and 10 in a day, which stops mail loops. */
export function mayAnswer(count: AnswerCount | undefined, now: Date): boolean {
  if (!count) return true;
  if (now.getTime() - Date.parse(count.lastAt) < hoursBetween * 3_600_000) return false;
  return count.day !== dayOf(now) || count.onDay < mostInADay;
}

export function countAnswer(count: AnswerCount | undefined, now: Date): AnswerCount {
  const day = dayOf(now);
  const onDay = (count?.day === day ? count.onDay : 0) + 1;
  return { lastAt: toInstant(now), day, onDay, version: newVersion() };
}

function dayOf(now: Date): string {
  return toInstant(now).slice(0, 10);
}
