import { setTimeout } from 'node:timers/promises';
import { line } from '../../support/desks/billing-desk.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';
import { type Row, type Section, verdict } from '../report.ts';

const writers = [1, 2, 5, 10, 20];
const invoicesEach = 10;
/** What a call of the table takes here: as long for all, so that who waits for whom is as it is in DynamoDB. */
const callMs = 4;
/** About what a transaction of DynamoDB takes, to say numbers a second. */
const dynamoMs = 10;

interface Counted {
  ms: number;
  /** Transactions that took a number, or lost it to another. */
  tries: number;
  refused: number;
}

/** So many members of staff raise invoices at once, one after the other each. */
async function count(atOnce: number): Promise<Counted> {
  const portal = new MemoryPortal();
  const { accountId } = await portal.createAccount('Bench', 'owner@bench.test');
  const cached = await portal.authorizer('stan');
  let tries = 0;
  const [get, transact] = [portal.table.get.bind(portal.table), portal.table.transact.bind(portal.table)];
  portal.table.get = async (key) => {
    await setTimeout(callMs);
    return get(key);
  };
  portal.table.transact = async (actions) => {
    await setTimeout(callMs);
    tries++;
    return transact(actions);
  };
  let refused = 0;
  const body = { lines: [line(1000)], dueOn: '2026-03-15' };
  const begun = performance.now();
  const raise = async () => {
    for (let made = 0; made < invoicesEach; made++) {
      const { status } = await portal.call('stan', 'POST', `/v1/accounts/${accountId}/invoices`, {
        body,
        cached,
      });
      if (status !== 201) refused++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, raise));
  return { ms: performance.now() - begun, tries, refused };
}

async function numberRows(): Promise<Row[]> {
  const rows: Row[] = [];
  let alone: number | undefined;
  for (const atOnce of writers) {
    const { ms, tries, refused } = await count(atOnce);
    const numbers = atOnce * invoicesEach - refused;
    const perMs = numbers / ms;
    alone ??= perMs;
    rows.push({
      'writers at once': String(atOnce),
      numbers: String(numbers),
      'tries each': (tries / numbers).toFixed(2),
      'to one writer': (perMs / alone).toFixed(2),
      'a second, at 10 ms a call': ((perMs * 1000 * callMs) / dynamoMs).toFixed(0),
      refused: String(refused),
      aim: 'none refused',
      '': verdict(refused === 0),
    });
  }
  return rows;
}

export const numbersSection: Section = {
  name: 'numbers',
  title: 'numbers without gaps: how many the one counter gives while many write',
  notes: [
    'A number is taken in its invoice’s own transaction, so of those who write at once one comes first and the others try',
    `again: they wait for each other, and nobody else does. A call of the table takes ${callMs} ms here.`,
  ],
  rows: numberRows,
};
