import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeTickets } from '../../../shared/tickets/merge-tickets.ts';
import type { Ticket } from '../../../shared/tickets/ticket.ts';
import type { Position } from '../../../shared/table/table.ts';
import { MemoryTable } from '../../../shared/table/memory-table.ts';

/** Tickets in the order in which they were made, each by the number of its account; and which of them match. */
const tickets = fc.array(fc.record({ account: fc.nat(6), matches: fc.boolean() }), { maxLength: 120 });

async function pages(made: readonly { account: number; matches: boolean }[], limit: number) {
  const table = new MemoryTable();
  const ids = made.map((_, index) => `tkt_${String(index).padStart(4, '0')}`);
  for (const [index, { account }] of made.entries()) {
    const key = { pk: `ACCOUNT#${account}`, sk: `TICKET#${ids[index]}` };
    await table.transact([{ put: { ...key, id: ids[index] } }]);
  }
  const matching = new Set(ids.filter((_, index) => made[index]!.matches));
  const found: string[][] = [];
  let after: Position | undefined;
  do {
    const accounts = ['0', '1', '2', '3', '4', '5', '6'];
    const page = { limit, after };
    const { items, next } = await mergeTickets(table, accounts, ({ id }: Ticket) => matching.has(id), page);
    found.push(items.map(({ id }) => id));
    after = next ?? undefined;
  } while (after);
  return { found, wanted: [...matching].toReversed() };
}

test('the lists of several accounts are one: newest first, each once, none left out, whatever the pages', async () => {
  await fc.assert(
    fc.asyncProperty(tickets, fc.integer({ min: 1, max: 30 }), async (made, limit) => {
      const { found, wanted } = await pages(made, limit);
      expect(found.flat()).toEqual(wanted);
      for (const page of found) expect(page.length).toBeLessThanOrEqual(limit);
    }),
  );
});

test('pages are full where everything is asked for, though one account has all that is new', async () => {
  const made = Array.from({ length: 100 }, (_, index) => ({
    account: index < 20 ? index % 7 : 3,
    matches: true,
  }));
  const { found } = await pages(made, 25);
  expect(found.map((page) => page.length)).toEqual([25, 25, 25, 25]);
});
