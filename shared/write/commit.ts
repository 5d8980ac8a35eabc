import type { Authority } from '../access/decide.ts';
import { type Action, all, ConditionsFailed, equals, type Table, TableBusy } from '../table/table.ts';
import { Problem } from '../core/problem.ts';
import { accountKey, memberKey } from '../table/keys.ts';
import { type Activity, activityEntry } from './activity.ts';
import { type Actor, systemActor } from './actor.ts';
import { idempotencyRecord, type IdempotentRequest, type Reply, underWayRecord } from './idempotency.ts';
import { outboxEntry, type OutboxTask } from './outbox-task.ts';
import { mergeAdditions } from './merge-additions.ts';

/** Who makes a write, and by which right. */
export interface WriteContext {
  actor: Actor;
  /** Null for the portal's own work, which needs no grant. */
  grantedBy: { userId: string; authority: Authority } | null;
  now: Date;
  idempotent: IdempotentRequest | null;
}

/** The context of the portal's own work, which needs no grant. */
export function portalContext(now: Date): WriteContext {
  return { actor: systemActor, grantedBy: null, now, idempotent: null };
}

/** Everything that one use case writes, all or nothing. */
export interface Change {
  actions: Action[];
  activity: Activity[];
  outbox: OutboxTask[];
  /** The answer to the caller, stored for a repeat of the request. */
  answer?: Reply;
  /** The request needs more transactions: until one of them stores the answer, a repeat is refused as in progress. */
  underWay?: true;
}

export interface WriteDependencies {
  table: Table;
  /** Notifies the outbox of waiting tasks. May fail or be lost: the sweep finds the tasks. */
  nudgeOutbox(ids: string[]): Promise<void>;
}

/** What was read changed before the write was made, so the use case must start again. Nothing was written. */
export class StaleRead extends Error {
  constructor() {
    super('What was read has changed');
    this.name = 'StaleRead';
  }
}

/** Another request with the same Idempotency-Key was committed first: this one gets the same answer. */
export class AlreadyAnswered extends Error {
  constructor() {
    super('A request with this key was answered before');
    this.name = 'AlreadyAnswered';
  }
}

/**
 * Every write goes through here: one transaction with the condition on the caller's grant, the idempotency record, the
 * activity entries and the outbox tasks. Afterwards it nudges the outbox.
 * @throws Problem `access-changed` when the grant is no longer the one the request was authorised under
 * @throws StaleRead when a condition of the use case's own actions did not hold
 * @throws AlreadyAnswered when the idempotency record exists already
 */
export async function commit(
  dependencies: WriteDependencies,
  context: WriteContext,
  change: Change,
): Promise<void> {
  const { now, actor } = context;
  const tasks = change.outbox.map((task) => outboxEntry(task, now));
  const guards: Guard[] = [];
  for (const action of grantChecks(context)) guards.push({ action, otherwise: accessChanged });
  const record = requestRecord(context, change);
  if (record) guards.push({ action: record, otherwise: () => new AlreadyAnswered() });
  const merged = mergeOwnChecks(guards, change.actions);
  const actions = [
    ...merged.guards.map((guard) => guard.action),
    ...mergeAdditions(merged.own),
    ...change.activity.map((activity) => activityEntry(activity, actor, now)),
    ...tasks.map((task) => task.action),
  ];
  if (actions.length === 0) return;
  try {
    await dependencies.table.transact(actions);
  } catch (error) {
    if (!(error instanceof ConditionsFailed)) throw error;
    const first = error.failed.find((index) => index < guards.length);
    if (first === undefined) throw new StaleRead();
    const { action, otherwise } = merged.guards[first]!;
    const guardCheck = guards[first]!.action;
    // The guard was merged with a condition of the use case on the same row: read which of the two failed.
    if (action !== guardCheck && (await stillHolds(dependencies.table, guardCheck))) throw new StaleRead();
    throw otherwise();
  }
  if (context.idempotent && change.underWay) context.idempotent.begun = true;
  if (tasks.length === 0) return;
  // The write is committed. A failed nudge is no failure: the sweep finds the tasks.
  await dependencies.nudgeOutbox(tasks.map((task) => task.id)).catch(() => undefined);
}

/** A condition on the request itself, and the error when it does not hold. */
interface Guard {
  action: Action;
  otherwise: () => Error;
}

/** Merges a guard and one of the change's own checks on the same row: a transaction may name a row only once. */
function mergeOwnChecks(guards: readonly Guard[], own: readonly Action[]) {
  const mergedChecks = new Set<Action>();
  const mergedGuards = guards.map((guard): Guard => {
    const { action } = guard;
    if (!('check' in action)) return guard;
    const { pk, sk } = action.check;
    const ownCheck = own.find((each) => 'check' in each && each.check.pk === pk && each.check.sk === sk);
    if (!ownCheck?.when) return guard;
    mergedChecks.add(ownCheck);
    return { ...guard, action: { ...action, when: all(action.when, ownCheck.when) } };
  });
  return { guards: mergedGuards, own: own.filter((action) => !mergedChecks.has(action)) };
}

/** Whether an `equals` check holds now. */
async function stillHolds(table: Table, action: Action): Promise<boolean> {
  if (!('check' in action) || action.when.kind !== 'equals') return false;
  const item = await table.get(action.check);
  return Object.entries(action.when.values).every(([name, value]) => item?.[name] === value);
}

function requestRecord({ idempotent, now }: WriteContext, { answer, underWay }: Change): Action | null {
  if (!idempotent) return null;
  if (underWay) return underWayRecord(idempotent, now);
  return answer === undefined ? null : idempotencyRecord(idempotent, answer, now);
}

/**
 * The grant must still have the version that the authoriser read. When people of a main account act in a linked
 * account, its link must be unchanged too.
 */
function grantChecks({ grantedBy }: WriteContext): Action[] {
  if (grantedBy?.authority.kind !== 'member' && grantedBy?.authority.kind !== 'main-account') return [];
  const { userId, authority } = grantedBy;
  const { grant } = authority;
  const check = { check: memberKey(userId, grant.accountId), when: equals({ version: grant.version }) };
  if (authority.kind === 'member') return [check];
  const { accountId, mainAccountId, kind } = authority.link;
  const linked = { check: accountKey(accountId), when: equals({ mainAccountId, linkKind: kind }) };
  return [check, linked];
}

function accessChanged(): Problem {
  return new Problem(
    'access-changed',
    'Your access was changed while this was under way. Nothing was done; please try again.',
  );
}

/** How often work runs at most when what it reads keeps changing before its write. */
const mostRuns = 40;
/** From this run on there is a random wait before the next one, so that many writers of one row take turns. */
const firstWaitingRun = 4;

/**
 * Runs work that reads, decides and writes, and repeats it while another write comes first.
 * @throws TableBusy when that happens in every run
 */
export async function retryWhileStale<T>(run: () => Promise<T>): Promise<T> {
  for (let runs = 1; ; runs++) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof StaleRead)) throw error;
      if (runs === mostRuns) throw new TableBusy(error);
    }
    if (runs >= firstWaitingRun) {
      const ceilingMs = Math.min(50, 3 * runs);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * ceilingMs));
    }
  }
}

/** Whether a failed commit certainly wrote nothing; after a lost answer that is unknown. */
export function wroteNothing(error: unknown): boolean {
  return (
    error instanceof Problem ||
    error instanceof StaleRead ||
    error instanceof AlreadyAnswered ||
    error instanceof TableBusy
  );
}
