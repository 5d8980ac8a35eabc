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
  let calls = 0;
  let happened = false;
  portal.table.before = async () => {
    if (happened || calls++ < at) return;
    happened = true;
    await happen();
  };
  try {
    return { result: await doing(), happened };
  } finally {
    portal.table.before = () => {};
  }
}

/** The same at each look and write in turn, each time with a family of its own; how many there were. */
export async function everywhere(check: (here: Family, at: number) => Promise<boolean>): Promise<number> {
  for (let at = 0; at < 400; at++) {
    if (!(await check(await family(), at))) return at;
  }
  throw new Error('It never comes to an end');
}
