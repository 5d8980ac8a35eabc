import type { Rows } from './rows.ts';
import { versioned } from './schema.ts';
import {
  type Action,
  ConditionsFailed,
  holds,
  type Index,
  indexes,
  type Item,
  type Key,
  keyOf,
  type Page,
  type Position,
  positionOf,
  type Query,
  type Table,
} from './table.ts';

/** The table in memory, for use-case tests and the simulator: the same contract without a server. */
export class MemoryTable implements Table, Rows {
  readonly #items = new Map<string, Item>();
  /** The same items by partition of the table and of each index. */
  readonly #partitions = new Map<string, Map<string, Item>>();
  /** The number of calls by kind, to measure what a use case costs. */
  readonly calls = { get: 0, getMany: 0, query: 0, transact: 0 };
  /** Called before each call; tests throw or wait here to inject faults and interleavings. */
  before: (call: keyof MemoryTable['calls']) => Promise<void> | void = () => {};

  async get(key: Key): Promise<Item | undefined> {
    await this.#begin('get');
    return copied(this.#items.get(keyText(key)));
  }

  async getMany(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    await this.#begin('getMany');
    return keys.map((key) => copied(this.#items.get(keyText(key))));
  }

  async query(query: Query): Promise<Page> {
    await this.#begin('query');
    if ([query.pk, query.prefix, query.from, query.to].includes(''))
      throw new Error('DynamoDB takes no empty key');
    const sorted = [...(this.#partitions.get(partitionText(query.index, query.pk))?.values() ?? [])]
      .filter((item) => matches(item, query))
      .sort((left, right) => compare(positionOf(left, query.index), positionOf(right, query.index)));
    if (query.descending) sorted.reverse();
    const { after } = query;
    const rest = after
      ? sorted.filter((item) => {
          const order = compare(positionOf(item, query.index), after);
          return query.descending ? order < 0 : order > 0;
        })
      : sorted;
    const items = rest.slice(0, query.limit);
    const last = items.at(-1);
    const next = last && rest.length > query.limit ? positionOf(last, query.index) : null;
    return { items: copied(items), next };
  }

  async transact(actions: readonly Action[]): Promise<void> {
    await this.#begin('transact');
    if (actions.length === 0 || actions.length > 100) throw new Error('A transaction has 1 to 100 actions');
    const keys = actions.map((action) => keyText(keyOf(action)));
    if (new Set(keys).size !== keys.length) throw new Error('An item stands twice in a transaction');
    const failed = actions.flatMap((action, index) =>
      action.when && !holds(action.when, this.#items.get(keys[index] ?? '')) ? [index] : [],
    );
    if (failed.length > 0) throw new ConditionsFailed(failed);
    for (const action of actions) this.#apply(versioned(action));
  }

  async scan(after: Key | null, limit: number): Promise<{ items: Item[]; next: Key | null }> {
    const rest = this.all().filter((item) => after === null || keyText(item) > keyText(after));
    const items = copied(rest.slice(0, limit));
    const last = items.at(-1);
    return { items, next: last && rest.length > limit ? { pk: last.pk, sk: last.sk } : null };
  }

  /** Rows as another release wrote them. */
  load(items: Iterable<Item>): void {
    for (const item of items) this.#store(item, structuredClone(item));
  }

  /** All items, in no particular order. */
  each(): Iterable<Item> {
    return this.#items.values();
  }

  /** All items, in the order of their keys. */
  all(): Item[] {
    return [...this.#items.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
  }

  async #begin(call: keyof MemoryTable['calls']): Promise<void> {
    this.calls[call]++;
    await this.before(call);
  }

  #apply(action: Action): void {
    if ('put' in action) {
      // Like DynamoDB's marshalling: undefined values are not stored.
      this.#store(action.put, JSON.parse(JSON.stringify(action.put)) as Item);
    } else if ('delete' in action) {
      this.#store(action.delete, undefined);
    } else if ('update' in action) {
      const { pk, sk } = action.update;
      const item: Item = { ...this.#items.get(keyText(action.update)), pk, sk };
      for (const [name, value] of Object.entries(action.set ?? {})) {
        if (value !== undefined) item[name] = structuredClone(value);
      }
      for (const [name, value] of Object.entries(action.add ?? {}))
        item[name] = Number(item[name] ?? 0) + value;
      for (const name of action.remove ?? []) delete item[name];
      this.#store(action.update, item);
    }
  }

  #store(key: Key, item: Item | undefined): void {
    const text = keyText(key);
    for (const partition of partitionsOf(this.#items.get(text))) {
      const items = this.#partitions.get(partition);
      items?.delete(text);
      if (items?.size === 0) this.#partitions.delete(partition);
    }
    this.#items.delete(text);
    if (!item) return;
    this.#items.set(text, item);
    for (const partition of partitionsOf(item)) {
      const items = this.#partitions.get(partition) ?? new Map<string, Item>();
      this.#partitions.set(partition, items.set(text, item));
    }
  }
}

function keyText(key: Key): string {
  return `${key.pk}\n${key.sk}`;
}

/** The partitions of an item: the table's, and one of each index for which it has both keys. */
function partitionsOf(item: Item | undefined): string[] {
  if (!item) return [];
  const inIndexes = indexes.flatMap((index) => {
    const [pk, sk] = [item[`${index}pk`], item[`${index}sk`]];
    return typeof pk === 'string' && typeof sk === 'string' ? [partitionText(index, pk)] : [];
  });
  return [partitionText(undefined, item.pk), ...inIndexes];
}

function partitionText(index: Index | undefined, pk: string): string {
  return `${index ?? ''}\n${pk}`;
}

/** Whether an item of the partition is within the bounds of a query. */
function matches(item: Item, query: Query): boolean {
  const sk = query.index ? String(item[`${query.index}sk`]) : item.sk;
  if (query.prefix !== undefined) return sk.startsWith(query.prefix);
  if (query.to !== undefined) return byBytes(sk, query.from ?? '') >= 0 && byBytes(sk, query.to) <= 0;
  return true;
}

function compare(left: Position, right: Position): number {
  const other = left.findIndex((text, index) => text !== right[index]);
  return other < 0 ? 0 : byBytes(left[other]!, right[other] ?? '');
}

/** DynamoDB orders strings by their UTF-8 bytes, which is by code points; JavaScript does so by UTF-16. */
function byBytes(left: string, right: string): number {
  let same = 0;
  // At the end of a string this is NaN, which equals nothing.
  while (left.charCodeAt(same) === right.charCodeAt(same)) same++;
  return (left.codePointAt(same) ?? -1) - (right.codePointAt(same) ?? -1);
}

/** A copy of what is stored, which is plain data: `structuredClone` takes ten times as long. */
function copied<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copied) as T;
  const copy = { ...value };
  for (const name in copy) if (typeof copy[name] === 'object') copy[name] = copied(copy[name]);
  return copy;
}
