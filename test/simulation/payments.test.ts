import { describe, expect, test, vi } from 'vitest';
import { firstSeed } from './first-seed.ts';
import { noticedBy, sabotages } from './sabotages.ts';
import { simulatePayments } from './simulate-payments.ts';

// What fails on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

/** `npm run simulate` goes through as many more as are wanted. */
const seedsAtOnce = 100;
/** Ample, as a busy machine is no failure. */
const timeoutMs = 240_000;

describe('two to eight at once, with a table and a gateway that fail at every turn', () => {
  const parts = [0, 1, 2, 3, 4, 5];
  test.each(
    parts.map((part) => firstSeed + part * seedsAtOnce).map((from) => ({ from, to: from + seedsAtOnce - 1 })),
  )(
    'the books agree with the gateway, and nothing is charged twice or lost: seeds $from to $to',
    async ({ from, to }) => {
      for (let seed = from; seed <= to; seed++) {
        expect({ seed, wrong: await simulatePayments(seed) }).toEqual({ seed, wrong: [] });
      }
    },
    timeoutMs,
  );
});

describe('the simulation notices when', () => {
  test.each(Object.entries(sabotages))(
    '%s',
    async (name, sabotage) => {
      let wrong: string[] = [];
      const first = noticedBy[name] ?? 1;
      for (let seed = first; seed < first + 400 && wrong.length === 0; seed++) {
        wrong = await simulatePayments(seed, sabotage).catch((error: Error) => [error.message]);
      }
      expect(wrong).not.toEqual([]);
    },
    timeoutMs,
  );
});
