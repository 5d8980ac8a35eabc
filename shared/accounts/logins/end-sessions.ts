import type { Clock } from '../../core/clock.ts';
import { toSeconds } from '../../core/clock.ts';
import { newVersion } from '../../core/ids.ts';
import { loginKey } from '../../table/keys.ts';
import { type Action, equals } from '../../table/table.ts';
import { commit, portalContext, StaleRead, type WriteDependencies } from '../../write/commit.ts';
import { outboxEntry, outboxKey } from '../../write/outbox-task.ts';
import type { LoginDirectory } from './directory.ts';
import { forgotten, type Login } from '../people.ts';
import { loginRow, type PeopleStore } from '../people-store.ts';

declare module '../../write/outbox-task.ts' {
  interface OutboxTasks {
    /** Ends a login's sessions, where whoever began it did not come to its end. */
    'end-sessions': Ending;
  }
}

/** One ending of a login's sessions: while it is under way, the login's row carries its id. */
export interface Ending {
  userId: string;
  id: string;
  /**
   * Whether the second factor goes as well: that of an unproven login may be somebody else's, and so is one that a session
   * set up at the user pool past the portal. It would keep the login's person out.
   */
  dropsSecondFactor: boolean;
}

export interface EndSessionsDependencies extends WriteDependencies {
  people: Pick<PeopleStore, 'login'>;
  directory: Pick<LoginDirectory, 'dropSecondFactor' | 'endSessions'>;
  clock: Clock;
  /** Waits until the second of this instant is over: a sign-in after it gives tokens that count. */
  secondOver(now: Date): Promise<void>;
}

/** What begins an ending: its rows are written before anything is ended, and its task repairs it from then on. */
export interface BegunEnding {
  ending: Ending;
  taskId: string;
  actions: Action[];
}

/**
 * Begins to end the sessions of a login, at the version that was read: the portal refuses the tokens of sign-ins up to
 * this second. Nobody is told of the task, so that the sweep finds it only long after this run has finished or died.
 */
export function beginEnding(login: Login, now: Date, dropsSecondFactor: boolean): BegunEnding {
  const { version } = login;
  const kept = dropsSecondFactor ? forgotten(login) : login;
  const ending = newEnding(kept);
  const task = outboxEntry({ kind: 'end-sessions', ...ending }, now);
  const notBeforeSeconds = Math.max(login.notBeforeSeconds, toSeconds(now));
  const row = loginRow({ ...kept, notBeforeSeconds, endingSessions: ending.id }, { version });
  return { ending, taskId: task.id, actions: [row, task.action] };
}

/**
 * Prepares to end the sessions of a login whose password is about to change. The portal still believes its tokens: if
 * the change is refused, nothing has happened.
 */
export function standByToEnd(login: Login, now: Date): BegunEnding {
  const { version } = login;
  const ending = newEnding(login);
  const task = outboxEntry({ kind: 'end-sessions', ...ending }, now);
  const row = loginRow({ ...login, endingSessions: ending.id }, { version });
  return { ending, taskId: task.id, actions: [row, task.action] };
}

/** The ending of a login that will be so: with no second factor but the one that its row knows. */
function newEnding({ userId, secondFactor }: Login): Ending {
  return { userId, id: newVersion(), dropsSecondFactor: secondFactor === undefined };
}

/** Nothing is to be ended after all. */
export async function withdrawEnding(
  dependencies: EndSessionsDependencies,
  { ending, taskId }: BegunEnding,
): Promise<void> {
  await ended(dependencies, ending, [{ delete: outboxKey(taskId) }]);
}

/** The password has changed: from here on tokens up to this second are refused, whatever else fails. */
export async function endStandingBy(
  dependencies: EndSessionsDependencies,
  { ending, taskId }: BegunEnding,
): Promise<void> {
  try {
    const endedAt = await refuseTokens(dependencies, ending);
    await finishEnding(dependencies, { ending, taskId }, endedAt);
  } catch {
    await dependencies.nudgeOutbox([taskId]).catch(() => undefined);
  }
}

/** Ends what was begun at `begunAt`. Where that fails, the outbox repairs it at once. */
export async function finishEnding(
  dependencies: EndSessionsDependencies,
  { ending, taskId }: Pick<BegunEnding, 'ending' | 'taskId'>,
  begunAt: Date,
): Promise<void> {
  try {
    await endAtDirectory(dependencies, ending, begunAt);
    await ended(dependencies, ending, [{ delete: outboxKey(taskId) }]);
  } catch {
    await dependencies.nudgeOutbox([taskId]).catch(() => undefined);
  }
}

/** The outbox's part: who signed in meanwhile is out as well, and signs in again. */
export async function repairEnding(dependencies: EndSessionsDependencies, ending: Ending): Promise<void> {
  const login = await dependencies.people.login(ending.userId);
  if (login?.endingSessions !== ending.id) return;
  await endAtDirectory(dependencies, ending, await refuseTokens(dependencies, ending));
  await ended(dependencies, ending, []);
}

/** Refuses the tokens of sign-ins up to now; fails where another ending has taken the place of this one. */
async function refuseTokens(dependencies: EndSessionsDependencies, { userId, id }: Ending): Promise<Date> {
  const now = dependencies.clock();
  const set = { notBeforeSeconds: toSeconds(now), version: newVersion() };
  const row = { update: loginKey(userId), set, when: equals({ endingSessions: id }) };
  await commit(dependencies, portalContext(now), { actions: [row], activity: [], outbox: [] });
  return now;
}

async function endAtDirectory(
  { directory, secondOver }: EndSessionsDependencies,
  { userId, dropsSecondFactor }: Ending,
  since: Date,
): Promise<void> {
  if (dropsSecondFactor) await directory.dropSecondFactor(userId);
  await directory.endSessions(userId);
  await secondOver(since);
}

/** Takes the mark away. Where a later ending has put its own, that one has a task of its own. */
async function ended(
  dependencies: EndSessionsDependencies,
  { userId, id }: Ending,
  more: Action[],
): Promise<void> {
  const context = portalContext(dependencies.clock());
  const unmarked: Action = {
    update: loginKey(userId),
    // A new version: a write of the row as it was read before must not bring the mark back.
    set: { version: newVersion() },
    remove: ['endingSessions'],
    when: equals({ endingSessions: id }),
  };
  try {
    await commit(dependencies, context, { actions: [unmarked, ...more], activity: [], outbox: [] });
  } catch (error) {
    if (!(error instanceof StaleRead)) throw error;
    await commit(dependencies, context, { actions: more, activity: [], outbox: [] });
  }
}
