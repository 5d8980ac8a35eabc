import { describe, expect, test, vi } from 'vitest';
import type { Action } from '../../shared/table/table.ts';
import type { RenewalSabotage } from './renewal-world.ts';
import { simulateRenewals } from './simulate-renewals.ts';

// What fails on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

/** Ample, as a busy machine is no failure. */
const timeoutMs = 240_000;

// `npm run simulate` does the same with three hundred accounts.
describe('four hundred days of missed, doubled and overlapping runs, hand renewals, payments and a bad registrar', () => {
  test(
    'of sixty accounts invoice every period once, extend what was paid once, remind once',
    async () => {
      expect({ seed: 1, wrong: await simulateRenewals(1, { accounts: 60, days: 400 }) }).toEqual({
        seed: 1,
        wrong: [],
      });
    },
    timeoutMs,
  );

  test.each([2, 3])(
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
  test.each([4, 5])(
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

const sabotages: Record<string, RenewalSabotage> = {
  'a domain changes whatever it was when it was read': unconditional(' DOMAIN#'),
  'a renewal is begun and tried whoever is at it': unconditional('RENEWAL#'),
  'a domain forgets that it was invoiced': forgetting('invoicedFor'),
  'a transaction can stop half way': { torn: true },
  'the registrar is told again without being asked first': { noLook: true },
};

describe('the simulation notices when', () => {
  test.each(Object.entries(sabotages))(
    '%s',
    async (_, sabotage) => {
      let wrong: string[] = [];
      for (let seed = 1; seed <= 25 && wrong.length === 0; seed++) {
        wrong = await simulateRenewals(seed, { accounts: 12, days: 200 }, sabotage).catch((error: Error) => [
          error.message,
        ]);
      }
      expect(wrong).not.toEqual([]);
    },
    timeoutMs,
  );
});
