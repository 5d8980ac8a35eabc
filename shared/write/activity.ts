import type { Action } from '../table/table.ts';
import { toInstant } from '../core/clock.ts';
import { newId } from '../core/ids.ts';
import type { Actor } from './actor.ts';

/** An activity entry, without its actor and time. `before` and `after` hold the changed values; null for none. */
export interface Activity {
  accountId: string;
  /** Verb after noun: `sub-account.activated`. */
  action: string;
  subject: { kind: string; id: string; name: string };
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

export const activityPrefix = 'ACTIVITY#';

export function activityEntry(activity: Activity, actor: Actor, now: Date): Action {
  const id = newId('activity', now);
  const { accountId, action, subject, before, after } = activity;
  return {
    put: {
      pk: `ACCOUNT#${accountId}`,
      sk: `${activityPrefix}${id}`,
      id,
      at: toInstant(now),
      actor,
      action,
      subject,
      before,
      after,
    },
  };
}
