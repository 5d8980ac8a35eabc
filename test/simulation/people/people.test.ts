import { describe, expect, test, vi } from 'vitest';
import { firstSeed } from '../first-seed.ts';
import { sabotages } from './sabotages.ts';
import { simulatePeople } from './simulate-people.ts';

// What fails on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

/** `npm run simulate` goes through as many more as are wanted. */
const seedsAtOnce = 8;
/** Ample, as a busy machine is no failure. */
const timeoutMs = 240_000;

describe('people who mean well, staff and attackers, each with what they know', () => {
  const parts = [0, 1];
  test.each(
    parts.map((part) => firstSeed + part * seedsAtOnce).map((from) => ({ from, to: from + seedsAtOnce - 1 })),
  )(
    'nobody does anything in an account that did not admit them: seeds $from to $to',
    async ({ from, to }) => {
      for (let seed = from; seed <= to; seed++) {
        expect({ seed, wrong: await simulatePeople(seed) }).toEqual({ seed, wrong: [] });
      }
    },
    timeoutMs,
  );
});

describe('the simulation notices when', () => {
  test.each(Object.entries(sabotages))(
    '%s',
    async (_, sabotage) => {
      let wrong: string[] = [];
      for (let seed = 1; seed <= 60 && wrong.length === 0; seed++) {
        wrong = await simulatePeople(seed, sabotage).catch((error: Error) => [error.message]);
      }
      expect(wrong).not.toEqual([]);
    },
    timeoutMs,
  );
});
