import {
  type Action,
  ConditionsFailed,
  type Item,
  type Key,
  type Query,
  type Table,
} from '../../../shared/table/table.ts';

/** A table whose rows are read without their version, which is nothing that a writer said. */
export function withoutVersions(table: Table): Table {
  const without = (item: Item | undefined) => {
    if (!item) return item;
    const { schema: _, ...rest } = item;
    return rest as Item;
  };
  return {
    get: async (key) => without(await table.get(key)),
    getMany: async (keys) => (await table.getMany(keys)).map(without),
    async query(query) {
      const { items, next } = await table.query(query);
      return { items: items.map((item) => without(item)!), next };
    },
    transact: (actions) => table.transact(actions),
  };
}

let lastPartition = 0;
/** A partition that no other test knows. */
export const partition = (): string => `P${(lastPartition += 1)}`;

export const keyOf = ({ pk, sk }: Key): Key => ({ pk, sk });
export const numbered = (pk: string, count: number): Item[] =>
  Array.from({ length: count }, (_, n) => ({ pk, sk: String(n).padStart(4, '0'), n }));

/** Puts items, as many as there are. */
export async function fill(table: Table, items: readonly Item[]): Promise<void> {
  for (let start = 0; start < items.length; start += 100) {
    await table.transact(items.slice(start, start + 100).map((put) => ({ put })));
  }
}

/** What came of a transaction: nothing amiss, or the actions whose condition did not hold. */
export async function outcomeOf(table: Table, actions: readonly Action[]): Promise<readonly number[]> {
  try {
    await table.transact(actions);
    return [];
  } catch (error) {
    if (error instanceof ConditionsFailed) return error.failed;
    throw error;
  }
}

/** All items of a query, page after page, and how many pages it took. */
export async function walk(table: Table, query: Query): Promise<{ items: Item[]; pages: number }> {
  const items: Item[] = [];
  let after = query.after;
  for (let pages = 1; ; pages++) {
    const page = await table.query({ ...query, ...(after ? { after } : {}) });
    items.push(...page.items);
    if (!page.next) return { items, pages };
    after = page.next;
  }
}
