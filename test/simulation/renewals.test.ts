import { describe, expect, test, vi } from 'vitest';
import type { Action } from '../../shared/table/table.ts';
import { firstSeed } from './first-seed.ts';
import type { RenewalSabotage } from './renewal-world.ts';
import { simulateRenewals } from './simulate-renewals.ts';

// What fails on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

/** Ample, as a busy machine is no failure. */
const timeoutMs = 240_000;

// `npm run simulate` does the same with three hundred accounts.
describe('four hundred days of missed, doubled and overlapping runs, hand renewals, payments and a bad registrar', () => {
  test.each([firstSeed])(
    'of sixty accounts invoice every period once, extend what was paid once, remind once: seed %i',
    async (seed) => {
      expect({ seed, wrong: await simulateRenewals(seed, { accounts: 60, days: 400 }) }).toEqual({
        seed,
        wrong: [],
      });
    },
    timeoutMs,
  );

  test.each([firstSeed + 1, firstSeed + 2])(
    'of a few accounts do so too: seed %i',
    async (seed) => {
      expect({ seed, wrong: await simulateRenewals(seed, { accounts: 15, days: 400 }) }).toEqual({
        seed,
        wrong: [],
      });
    },
    timeoutMs,
  );
});

describe('the same while accounts are linked and unlinked, and a main account orders and approves', () => {
  test.each([firstSeed + 3, firstSeed + 4])(
    'seed %i',
    async (seed) => {
      const scale = { accounts: 15, days: 400, linking: true };
      expect({ seed, wrong: await simulateRenewals(seed, scale) }).toEqual({ seed, wrong: [] });
    },
    timeoutMs,
  );
});

const rowKey = (action: Action): string => ('put' in action ? `${action.put.pk} ${action.put.sk}` : '');

/** Rows that are put whatever they were when they were read. */
const unconditional = (part: string): RenewalSabotage => ({
  transact: (actions) =>
    actions.map((action) =>
      rowKey(action).includes(part) ? ({ ...action, when: undefined } as Action) : action,
    ),
});

/** Domains that forget something. */
const forgetting = (name: string): RenewalSabotage => ({
  transact: (actions) =>
    actions.map((action) =>
      'put' in action && action.put.sk.startsWith('DOMAIN#')
        ? { ...action, put: { ...action.put, [name]: null } }
        : action,
    ),
});

/** What goes without its guard, each with a seed that noticed it: where the portal has changed since, a later one does. */
const sabotages: Record<string, [number, RenewalSabotage]> = {
  'a domain changes whatever it was when it was read': [3, unconditional(' DOMAIN#')],
  'a renewal is begun and tried whoever is at it': [1, unconditional('RENEWAL#')],
  'a domain forgets that it was invoiced': [1, forgetting('invoicedFor')],
  'a transaction can stop half way': [5, { torn: true }],
  'the registrar is told again without being asked first': [1, { noLook: true }],
};

describe('the simulation notices when', () => {
  test.each(Object.entries(sabotages))(
    '%s',
    async (_, [first, sabotage]) => {
      let wrong: string[] = [];
      for (let seed = first; seed < first + 25 && wrong.length === 0; seed++) {
        wrong = await simulateRenewals(seed, { accounts: 12, days: 80 }, sabotage).catch((error: Error) => [
          error.message,
        ]);
      }
      expect(wrong).not.toEqual([]);
    },
    timeoutMs,
  );
});
