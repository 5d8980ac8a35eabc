import { setImmediate } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import type { Item } from '../../shared/table/table.ts';
import type { MemoryTable } from '../../shared/table/memory-table.ts';
import { keyOf } from '../../shared/table/table.ts';

/** What one use case asked of the table. */
export interface Cost {
  reads: number;
  transactions: number;
  /** Items that the reads brought. */
  items: number;
  /** Actions of the transactions; a check is one, as DynamoDB bills it. */
  written: number;
  /** Of the items as JSON: what the reads brought, and what stood in the table after the transactions. */
  bytesRead: number;
  bytesWritten: number;
  /** How often the work waited for the table: calls that need nothing of each other's answers wait together. */
  roundTrips: number;
}

const batchGetLimit = 100;

/**
 * Counts the calls that a table gets, as DynamoDB would: no request for no keys, and one for each hundred keys.
 * Pages of more than a megabyte, which DynamoDB cuts, are not cut in memory.
 */
export class Meter {
  #cost: Cost | null = null;
  #round: Promise<void> | null = null;

  /** `batchesAtOnce`: whether the hundreds of keys of one read are asked for together, or each after the one before. */
  constructor(table: MemoryTable, batchesAtOnce = true) {
    const [get, getMany] = [table.get.bind(table), table.getMany.bind(table)];
    const [query, transact] = [table.query.bind(table), table.transact.bind(table)];
    table.get = async (key) => {
      await this.#answered();
      const item = await get(key);
      this.#read(1, [item]);
      return item;
    };
    table.getMany = async (keys) => {
      const batches = Math.ceil(new Set(keys.map((key) => `${key.pk}\n${key.sk}`)).size / batchGetLimit);
      for (let round = 0; round < (batchesAtOnce ? Math.min(batches, 1) : batches); round++) {
        await this.#answered();
      }
      const items = await getMany(keys);
      this.#read(batches, items);
      return items;
    };
    table.query = async (asked) => {
      await this.#answered();
      const page = await query(asked);
      this.#read(1, page.items);
      return page;
    };
    table.transact = async (actions) => {
      await this.#answered();
      await transact(actions);
      if (!this.#cost) return;
      this.#cost.transactions++;
      this.#cost.written += actions.length;
      this.#cost.bytesWritten += bytesOf(await getMany(actions.map(keyOf)));
    };
  }

  /** What this work costs. */
  async of(work: () => Promise<unknown>): Promise<Cost> {
    const cost = {
      reads: 0,
      transactions: 0,
      items: 0,
      written: 0,
      bytesRead: 0,
      bytesWritten: 0,
      roundTrips: 0,
    };
    this.#cost = cost;
    try {
      await work();
    } finally {
      this.#cost = null;
    }
    return cost;
  }

  /** Every call takes one and the same time: those that begin before the next answers are one round trip. */
  async #answered(): Promise<void> {
    if (!this.#cost) return;
    if (!this.#round) this.#cost.roundTrips++;
    this.#round ??= this.#roundTrip();
    await this.#round;
  }

  async #roundTrip(): Promise<void> {
    await setImmediate();
    this.#round = null;
  }

  #read(calls: number, items: readonly (Item | undefined)[]): void {
    if (!this.#cost) return;
    this.#cost.reads += calls;
    this.#cost.items += items.filter((item) => item !== undefined).length;
    this.#cost.bytesRead += bytesOf(items);
  }
}

function bytesOf(items: readonly (Item | undefined)[]): number {
  return items.reduce((all, item) => all + (item ? Buffer.byteLength(JSON.stringify(item)) : 0), 0);
}

/** Whether the table in DynamoDB asks for two hundred keys in two requests at once: tried out, without any network. */
export async function sendsBatchesAtOnce(): Promise<boolean> {
  const [client, sent] = [new DynamoDBClient({ region: 'eu-central-1' }), { now: 0, most: 0 }];
  client.middlewareStack.add(
    () => async () => {
      sent.most = Math.max(sent.most, ++sent.now);
      await setImmediate();
      sent.now--;
      return { response: {}, output: { $metadata: {} } };
    },
    { step: 'initialize', priority: 'high' },
  );
  const keys = Array.from({ length: 2 * batchGetLimit }, (_, n) => ({ pk: 'P', sk: `${n}` }));
  await dynamoTable('Table', client).getMany(keys);
  client.destroy();
  return sent.most > 1;
}
