import { setTimeout as wait } from 'node:timers/promises';
import { type Clock, toSeconds } from '../../core/clock.ts';

/** Waits until a later second than this instant's has begun: at most a second. */
export async function secondOver(clock: Clock, now: Date): Promise<void> {
  while (toSeconds(clock()) <= toSeconds(now)) await wait(1000 - (clock().getTime() % 1000));
}
