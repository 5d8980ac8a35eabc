import { describe, expect, test, vi } from 'vitest';
import { firstSeed } from '../first-seed.ts';
import { sabotages } from './sabotages.ts';
import { simulateSenders } from './simulate-senders.ts';

// What fails on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

/** `npm run simulate` goes through as many more as are wanted. */
const seeds = [0, 1, 2, 3, 4, 5].map((n) => firstSeed + n);
/** Ample, as a busy machine is no failure. */
const timeoutMs = 240_000;

describe('people, machines and forgers write to the portal, and the mail service tells of its mail', () => {
  test(
    `what is true acts, nothing else does, and nobody is silenced or written to too much: seeds from ${firstSeed}`,
    async () => {
      for (const seed of seeds) {
        expect({ seed, wrong: await simulateSenders(seed) }).toEqual({ seed, wrong: [] });
      }
    },
    timeoutMs,
  );
});

describe('the simulation notices when', () => {
  test.each(Object.entries(sabotages))(
    '%s',
    async (_, { seed, sabotage }) => {
      const wrong = await simulateSenders(seed, sabotage).catch((error: Error) => [error.message]);
      expect(wrong).not.toEqual([]);
    },
    timeoutMs,
  );
});
