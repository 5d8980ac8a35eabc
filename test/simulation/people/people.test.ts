import { expect, test, vi } from 'vitest';
import { simulatePeople } from './simulate-people.ts';

// What fails on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

/** `npm run simulate` goes through as many more as are wanted. */
const seedsAtOnce = 10;
/** Ample, as a busy machine is no failure. */
const timeoutMs = 240_000;
const parts = [0, 1, 2, 3];

test.each(parts.map((part) => ({ from: part * seedsAtOnce + 1, to: (part + 1) * seedsAtOnce })))(
  'nobody does anything in an account that did not admit them: seeds $from to $to',
  async ({ from, to }) => {
    for (let seed = from; seed <= to; seed++) {
      expect({ seed, wrong: (await simulatePeople(seed)).wrongs }).toEqual({ seed, wrong: [] });
    }
  },
  timeoutMs,
);
