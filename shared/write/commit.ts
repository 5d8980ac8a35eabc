import type { Authority } from '../access/decide.ts';
import {
  type Action,
  all,
  ConditionsFailed,
  equals,
  free,
  holds,
  keyOf,
  present,
  type Table,
  TableBusy,
} from '../table/table.ts';
import { Problem } from '../core/problem.ts';
import { accountKey, loginKey, memberKey, staffKey } from '../table/keys.ts';
import { type Activity, activityEntry } from './activity.ts';
import { type Actor, systemActor } from './actor.ts';
import { idempotencyRecord, type IdempotentRequest, type Reply, underWayRecord } from './idempotency.ts';
import { outboxEntry, type OutboxTask } from './outbox-task.ts';
import { mergeSameRows } from './merge-same-rows.ts';

/** Who makes a write, and by which right. */
export interface WriteContext {
  actor: Actor;
  /** Null for the portal's own work, which needs no grant. */
  grantedBy: GrantedBy | null;
  now: Date;
  idempotent: IdempotentRequest | null;
}

/** By whose right something is written. */
export interface GrantedBy {
  userId: string;
  authority: Authority;
  /** In Unix seconds, where somebody signed in. */
  signedInAtSeconds?: number | undefined;
  /** The accounts in which this person has a part of their own. */
  partsIn?: readonly string[];
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
 * Every write goes through here: one transaction with the conditions on the caller's session and grant, the idempotency
 * record, the activity entries and the outbox tasks. Afterwards it nudges the outbox.
 * @throws Problem `access-changed` when the grant is no longer the one the request was authorised under, or the session ended
 * @throws Problem `staff-only` when a member of staff would write in an account in which they have a part
 * @throws StaleRead when a condition of the use case's own actions did not hold
 * @throws AlreadyAnswered when the idempotency record exists already
 */
export async function commit(
  dependencies: WriteDependencies,
  context: WriteContext,
  change: Change,
): Promise<void> {
  const { now, actor } = context;
  requireNoPart(context, change);
  const tasks = change.outbox.map((task) => outboxEntry(task, now));
  const guards: Guard[] = rightChecks(context).map((action) => ({ action, otherwise: accessChanged }));
  const record = requestRecord(context, change);
  if (record) guards.push({ action: record, otherwise: () => new AlreadyAnswered() });
  const merged = mergeOwnActions(guards, change.actions);
  const actions = [
    ...merged.guards.map((guard) => guard.action),
    ...mergeSameRows(merged.own),
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
    // The guard was merged with the use case's own action on the same row: read which of the two conditions failed.
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

/** Merges a guard and the change's own action on the same row: a transaction may name a row only once. */
function mergeOwnActions(guards: readonly Guard[], own: readonly Action[]) {
  const mergedOwn = new Set<Action>();
  const mergedGuards = guards.map((guard): Guard => {
    const { action } = guard;
    const { pk, sk } = keyOf(action);
    const ownAction = own.find((each) => keyOf(each).pk === pk && keyOf(each).sk === sk);
    if (!('check' in action) || !ownAction) return guard;
    mergedOwn.add(ownAction);
    const when = ownAction.when ? all(action.when, ownAction.when) : action.when;
    return { ...guard, action: { ...ownAction, when } };
  });
  return { guards: mergedGuards, own: own.filter((action) => !mergedOwn.has(action)) };
}

/** Whether the condition of a check holds now. */
async function stillHolds(table: Table, action: Action): Promise<boolean> {
  return 'check' in action && holds(action.when, await table.get(action.check));
}

function requestRecord({ idempotent, now }: WriteContext, { answer, underWay }: Change): Action | null {
  if (!idempotent) return null;
  if (underWay) return underWayRecord(idempotent, now);
  return answer === undefined ? null : idempotencyRecord(idempotent, answer, now);
}

/** The rows that give the right to a write, each unchanged since the request was authorised. */
function rightChecks({ grantedBy }: WriteContext): CheckAction[] {
  if (!grantedBy) return [];
  const { userId, authority, signedInAtSeconds } = grantedBy;
  const session = signedInAtSeconds === undefined ? [] : [sessionCheck(userId, signedInAtSeconds)];
  const grant = grantCheck(userId, authority);
  const checks = grant ? [...session, grant] : session;
  if (authority.kind !== 'main-account') return checks;
  const { accountId, mainAccountId, kind } = authority.link;
  return [...checks, { check: accountKey(accountId), when: equals({ mainAccountId, linkKind: kind }) }];
}

/** Nobody acts as staff in an account of which they are a client, whichever route leads there. */
function requireNoPart({ grantedBy }: WriteContext, { actions, activity }: Change): void {
  if (grantedBy?.authority.kind !== 'staff') return;
  const own = new Set(grantedBy.partsIn?.map((accountId) => accountKey(accountId).pk));
  // What is told of in an account concerns it, as the kind of a link does its main account, be no row of it changed.
  const concerned = [
    ...actions.map((action) => keyOf(action).pk),
    ...activity.map(({ accountId }) => accountKey(accountId).pk),
  ];
  if (!concerned.some((pk) => own.has(pk))) return;
  throw new Problem('staff-only', 'You have a part in this account: a colleague has to do this.');
}

type CheckAction = Extract<Action, { check: unknown }>;

/** The login's sessions were not ended since the caller signed in. */
export function sessionCheck(userId: string, signedInAtSeconds: number): CheckAction {
  return { check: loginKey(userId), when: all(present, free('notBeforeSeconds', signedInAtSeconds)) };
}

/** The row that an authority rests on still has the version that the authoriser read; null where none gives it. */
export function grantCheck(userId: string, authority: Authority): CheckAction | null {
  switch (authority.kind) {
    case 'member':
    case 'main-account': {
      const { accountId, version } = authority.grant;
      return { check: memberKey(userId, accountId), when: equals({ version }) };
    }
    case 'staff':
      return { check: staffKey(userId), when: equals({ version: authority.staff.version }) };
    case 'signed-in':
      return null;
  }
}

export function accessChanged(): Problem {
  return new Problem(
    'access-changed',
    'Your access was changed while this was under way. Nothing was done; please try again.',
  );
}

export function isAccessChanged(error: unknown): boolean {
  return error instanceof Problem && error.kind === 'access-changed';
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
