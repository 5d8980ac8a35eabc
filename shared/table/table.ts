/**
 * The one table, as stores see it: keys, conditions as data, and transactions. `dynamo-table.ts` speaks it to
 * DynamoDB; the tests have one in memory that is held to the same promises.
 */
export interface Key {
  pk: string;
  sk: string;
}

export type Item = Key & Record<string, unknown>;

export const indexes = ['gsi1', 'gsi2', 'gsi3'] as const;
export type Index = (typeof indexes)[number];

export type Condition =
  | { kind: 'absent' }
  | { kind: 'present' }
  /** The item is there and each attribute has this value. */
  | { kind: 'equals'; values: Record<string, string | number | boolean> }
  /** The attribute is missing or lies below the value: a lease that is free, a record that has run out. */
  | { kind: 'free'; attribute: string; below: number }
  | { kind: 'all'; of: Condition[] };

export const absent: Condition = { kind: 'absent' };
export const present: Condition = { kind: 'present' };
export const equals = (values: Record<string, string | number | boolean>): Condition => ({
  kind: 'equals',
  values,
});
export const free = (attribute: string, below: number): Condition => ({ kind: 'free', attribute, below });
export const all = (...of: Condition[]): Condition => ({ kind: 'all', of });

export type Action =
  | { put: Item; when?: Condition }
  | { delete: Key; when?: Condition }
  | { check: Key; when: Condition }
  | {
      update: Key;
      set?: Record<string, unknown>;
      /** Numbers added to attributes; a missing one counts as 0. */
      add?: Record<string, number>;
      remove?: string[];
      when?: Condition;
    };

export interface Query {
  index?: Index;
  /** The partition: the table's own, or the index's where one is named. */
  pk: string;
  /** Only sort keys that begin so. Not together with `from` and `to`. */
  prefix?: string;
  /** Sort keys from here (inclusive), together with `to`. */
  from?: string;
  /** Sort keys up to here (inclusive). DynamoDB takes no empty text in any of these. */
  to?: string;
  limit: number;
  descending?: boolean;
  /** Where the page before ended: what `next` said. */
  after?: Position;
}

/** The place in a list after an item: `[sk]` in the table, `[index sk, pk, sk]` in an index. */
export type Position = string[];

export interface Page {
  items: Item[];
  next: Position | null;
}

export interface Table {
  /** Strongly consistent. */
  get(key: Key): Promise<Item | undefined>;
  /** Strongly consistent, in the order of the keys; what is missing is undefined. */
  getMany(keys: readonly Key[]): Promise<(Item | undefined)[]>;
  /** Strongly consistent but for an index, which follows within moments. */
  query(query: Query): Promise<Page>;
  /**
   * All or nothing, 100 actions at most, no item twice. A conflict with another transaction is tried again.
   * @throws ConditionsFailed naming the actions whose condition did not hold
   * @throws TableBusy when conflicts or throttling outlast the tries
   */
  transact(actions: readonly Action[]): Promise<void>;
}

export class ConditionsFailed extends Error {
  /** Which actions of the transaction, counted from 0. */
  readonly failed: readonly number[];

  constructor(failed: readonly number[]) {
    super(`The conditions of actions ${failed.join(', ')} did not hold`);
    this.name = 'ConditionsFailed';
    this.failed = failed;
  }
}

/** The table could not be written or read for conflicts or throttling; nothing was written. */
export class TableBusy extends Error {
  constructor(cause: unknown) {
    super('The table is busy', { cause });
    this.name = 'TableBusy';
  }
}

/** Where a list goes on after this item. */
export function positionOf(item: Item, index: Index | undefined): Position {
  if (index === undefined) return [item.sk];
  return [String(item[`${index}sk`]), item.pk, item.sk];
}
