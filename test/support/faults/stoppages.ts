import { AsyncLocalStorage } from 'node:async_hooks';
import type { Called, MemoryPortal } from '../memory/memory-portal.ts';

/**
 * How a function comes to its end before its time: a call fails and the code may clean up; the process is gone and
 * no code runs any more; a transaction lands and its answer is lost on the way.
 */
export const stoppages = ['fails', 'dies', 'loses its answer'] as const;
export type Stoppage = (typeof stoppages)[number];

class Stopped extends Error {}

/**
 * Acts, and stops at the n-th call on the table, the user pool or the payment gateway (for lost answers: at the n-th
 * transaction or answer of the gateway). Says
 * whether it came that far; what the act itself throws is as lost to the client as what never returns.
 */
export async function stopAt(
  portal: MemoryPortal,
  how: Stoppage,
  nth: number,
  act: () => Promise<unknown>,
): Promise<boolean> {
  const { table, directory, gateway } = portal;
  let left = nth;
  let stopped = false;
  let tell: (value: unknown) => void = () => {};
  const death = new Promise((resolve) => {
    tell = resolve;
  });
  const stop = (): Promise<void> | void => {
    // What runs beside the call that died is dead as well.
    if (stopped && how === 'dies') return new Promise(() => {});
    left -= 1;
    if (left !== 0) return undefined;
    stopped = true;
    if (how !== 'dies') throw new Stopped('Stopped');
    tell(undefined);
    return new Promise(() => {});
  };
  if (how === 'loses its answer') {
    table.transact = async (actions) => {
      await Object.getPrototypeOf(table).transact.call(table, actions);
      await stop();
    };
    gateway.after = stop;
  } else {
    table.before = stop;
    directory.before = stop;
    gateway.before = stop;
  }
  try {
    await Promise.race([act(), death]);
    if (stopped) await new Promise(setImmediate);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  } finally {
    // What died stays dead: its promise is waited for by nobody.
    table.before = () => {};
    directory.before = () => {};
    gateway.before = () => {};
    gateway.after = () => {};
    delete (table as { transact?: unknown }).transact;
  }
  return stopped;
}

/** Tells the calls of the act from those of what happens meanwhile. */
const acting = new AsyncLocalStorage<boolean>();

/**
 * Acts, and lets something else happen in full before the n-th call of that on the table or the user pool, while every
 * other call of the act waits. Says what came of both; null for the other where the act was through before that call.
 */
export async function interrupt<A, B>(
  { table, directory }: MemoryPortal,
  nth: number,
  act: () => Promise<A>,
  meanwhile: () => Promise<B>,
): Promise<{ acted: A; other: { came: B } | null }> {
  let left = nth;
  const happened: { other?: Promise<{ came: B }> } = {};
  const pause = async (): Promise<void> => {
    if (!acting.getStore()) return;
    left -= 1;
    if (left === 0) happened.other = acting.run(false, async () => ({ came: await meanwhile() }));
    await happened.other;
  };
  table.before = pause;
  directory.before = pause;
  try {
    const acted = await acting.run(true, act);
    return { acted, other: (await happened.other) ?? null };
  } finally {
    table.before = () => {};
    directory.before = () => {};
  }
}

/** The same; null where the act was through before its n-th call. */
export async function interleave<A, B>(
  portal: MemoryPortal,
  nth: number,
  act: () => Promise<A>,
  meanwhile: () => Promise<B>,
): Promise<[A, B] | null> {
  const { acted, other } = await interrupt(portal, nth, act, meanwhile);
  return other && [acted, other.came];
}

/** The statuses of several answers, the lowest first: who of two came first is not the question. */
export function statusesOf(answers: readonly Called[]): number[] {
  return answers.map((called) => called.status).toSorted((a, b) => a - b);
}

/** Asks again as a client does: the same request, until the answer is none of a failing server. */
export async function insist(ask: () => Promise<Called>): Promise<Called> {
  for (let tries = 1; ; tries++) {
    const called = await ask();
    if (called.status < 500 || tries === 5) return called;
  }
}

/** Lets an hour pass in which nothing but the sweep runs: what the outbox was told is lost. */
export async function settle(portal: MemoryPortal): Promise<void> {
  portal.nudged = [];
  for (let minutes = 0; minutes < 60; minutes++) {
    portal.advance(60);
    await portal.sweep();
  }
  portal.nudged = [];
}
