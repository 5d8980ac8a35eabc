/** The source of the current time; injected so that tests control it. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();

/** RFC 3339 in UTC, to the millisecond. */
export function toInstant(date: Date): string {
  return date.toISOString();
}

export function toSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** Unix seconds as RFC 3339; null if there are none. */
export function secondsToInstant(seconds: number | null | undefined): string | null {
  return typeof seconds === 'number' ? new Date(seconds * 1000).toISOString() : null;
}
