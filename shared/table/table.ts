/**
 * The single table as stores see it: keys, conditions as data, and transactions. `dynamo-table.ts` is the adapter of
 * DynamoDB; `memory-table.ts` keeps to the same contract.
 */
export interface Key {
  pk: string;
  sk: string;
}

export type Item = Key & Record<string, unknown>;

export const indexes = ['gsi1', 'gsi2', 'gsi3', 'gsi4'] as const;
export type Index = (typeof indexes)[number];

export type Condition =
  | { kind: 'absent' }
  | { kind: 'present' }
  /** The item exists and each attribute has this value. */
  | { kind: 'equals'; values: Record<string, string | number | boolean> }
  /** The attribute is missing or below the value: a free lease, an expired record. */
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
      /** Numbers to add to attributes; a missing one counts as 0. */
      add?: Record<string, number>;
      remove?: string[];
      when?: Condition;
    };

export interface Query {
  index?: Index;
  /** The partition key of the table, or of the index if one is named. */
  pk: string;
  /** Only sort keys with this prefix. Not together with `from` and `to`. */
  prefix?: string;
  /** Sort keys from here (inclusive), together with `to`. */
  from?: string;
  /** Sort keys up to here (inclusive). DynamoDB accepts no empty string for any of these keys. */
  to?: string;
  limit: number;
  descending?: boolean;
  /** `next` of the previous page. */
  after?: Position;
}

/** The position of an item in a list: `[sk]` in the table, `[index sk, pk, sk]` in an index. */
export type Position = string[];

export interface Page {
  items: Item[];
  next: Position | null;
}

export interface Table {
  /** Strongly consistent. */
  get(key: Key): Promise<Item | undefined>;
  /** Strongly consistent, in the order of the keys; undefined for a missing item. */
  getMany(keys: readonly Key[]): Promise<(Item | undefined)[]>;
  /** Strongly consistent, except on an index, which is eventually consistent. */
  query(query: Query): Promise<Page>;
  /**
   * All or nothing; at most 100 actions, each on another item. A conflict with another transaction is retried.
   * @throws ConditionsFailed naming the actions whose condition did not hold
   * @throws TableBusy when conflicts or throttling outlast the retries
   */
  transact(actions: readonly Action[]): Promise<void>;
}

export class ConditionsFailed extends Error {
  /** Indexes of the actions in the transaction, from 0. */
  readonly failed: readonly number[];

  constructor(failed: readonly number[]) {
    super(`The conditions of actions ${failed.join(', ')} did not hold`);
    this.name = 'ConditionsFailed';
    this.failed = failed;
  }
}

/** The table could not be read or written because of conflicts or throttling; nothing was written. */
export class TableBusy extends Error {
  constructor(cause: unknown) {
    super('The table is busy', { cause });
    this.name = 'TableBusy';
  }
}

/** The position from which a list continues after this item. */
export function positionOf(item: Item, index: Index | undefined): Position {
  if (index === undefined) return [item.sk];
  return [String(item[`${index}sk`]), item.pk, item.sk];
}

/** The key of an action's item. */
export function keyOf(action: Action): Key {
  if ('put' in action) return action.put;
  if ('delete' in action) return action.delete;
  if ('check' in action) return action.check;
  return action.update;
}

/** Whether a condition holds for an item; undefined for none. */
export function holds(condition: Condition, item: Item | undefined): boolean {
  switch (condition.kind) {
    case 'absent':
      return item === undefined;
    case 'present':
      return item !== undefined;
    case 'equals':
      return Object.entries(condition.values).every(([name, value]) => item?.[name] === value);
    case 'free': {
      const value = item?.[condition.attribute];
      return value === undefined || (typeof value === 'number' && value < condition.below);
    }
    case 'all':
      return condition.of.every((part) => holds(part, item));
  }
}
