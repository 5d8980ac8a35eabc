import { interrupt } from '../../support/faults/stoppages.ts';
import { type Family, family } from './linked-portal.ts';

/**
 * Does a thing, and has another one happen whole just before its `at`-th look at the table or write to it. Says
 * whether it came to that.
 */
export async function interrupted<T>(
  { portal }: Family,
  at: number,
  doing: () => Promise<T>,
  happen: () => Promise<unknown>,
): Promise<{ result: T; happened: boolean }> {
  const { acted, other } = await interrupt(portal, at + 1, doing, happen);
  return { result: acted, happened: other !== null };
}

/** The same at each look and write in turn, each time with a family of its own; how many there were. */
export async function everywhere(check: (here: Family, at: number) => Promise<boolean>): Promise<number> {
  for (let at = 0; at < 400; at++) {
    if (!(await check(await family(), at))) return at;
  }
  throw new Error('It never comes to an end');
}
