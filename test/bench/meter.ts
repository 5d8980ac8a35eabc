import type { MemoryTable } from '../support/memory-table.ts';

/** What one use case asked of the table. */
export interface Cost {
  reads: number;
  transactions: number;
  /** Items that the reads brought. */
  items: number;
}

const batchGetLimit = 100;

/**
 * Counts the calls that a table gets, as DynamoDB would: no request for no keys, and one for each hundred keys.
 * Pages of more than a megabyte, which DynamoDB cuts, are not cut in memory.
 */
export class Meter {
  #cost: Cost = { reads: 0, transactions: 0, items: 0 };

  constructor(table: MemoryTable) {
    const [get, getMany] = [table.get.bind(table), table.getMany.bind(table)];
    const [query, transact] = [table.query.bind(table), table.transact.bind(table)];
    table.get = async (key) => {
      const item = await get(key);
      this.#read(1, item ? 1 : 0);
      return item;
    };
    table.getMany = async (keys) => {
      const items = await getMany(keys);
      const different = new Set(keys.map((key) => `${key.pk}\n${key.sk}`)).size;
      this.#read(Math.ceil(different / batchGetLimit), items.filter((item) => item !== undefined).length);
      return items;
    };
    table.query = async (asked) => {
      const page = await query(asked);
      this.#read(1, page.items.length);
      return page;
    };
    table.transact = async (actions) => {
      await transact(actions);
      this.#cost.transactions++;
    };
  }

  /** What this work costs. */
  async of(work: () => Promise<unknown>): Promise<Cost> {
    this.#cost = { reads: 0, transactions: 0, items: 0 };
    await work();
    return this.#cost;
  }

  #read(calls: number, items: number): void {
    this.#cost.reads += calls;
    this.#cost.items += items;
  }
}
