// dynalite ships no types: these are the internals that the local DynamoDB uses.

declare module 'dynalite/db/index.js' {
  /** A value as it goes over the wire: `{ S: 'text' }`, `{ N: '1' }`, `{ M: { … } }`. */
  export type AttributeValue = Record<string, unknown>;
  export type Item = Record<string, AttributeValue>;
  export type KeySchema = { AttributeName: string; KeyType: 'HASH' | 'RANGE' }[];

  export interface Index {
    IndexName: string;
    IndexStatus?: string;
    KeySchema: KeySchema;
  }

  export interface Table {
    TableName: string;
    TableArn: string;
    TableStatus: string;
    KeySchema: KeySchema;
    GlobalSecondaryIndexes?: Index[];
  }

  /** How dynalite refuses a call: the HTTP status and the JSON body of the answer. */
  export interface Refusal extends Error {
    statusCode: number;
    body: { __type: string; message?: string } & Record<string, unknown>;
  }

  export type Done<T = unknown> = (error?: Error | null, result?: T) => void;

  /** A part of the database under its own key prefix. */
  export interface SubDb {
    lock(key: string, work: (release: (done: Done) => Done) => void): void;
    get(key: string, done: Done<Item>): void;
    put(key: string, item: Item, done: Done): void;
    del(key: string, done: Done): void;
  }

  /** What the actions on items ask of a store. */
  export interface StoreView {
    options: { maxItemSize: number };
    getTable(name: string, checkStatus: boolean | Done<Table>, done?: Done<Table>): void;
    getItemDb(table: string): SubDb;
    getIndexDb(type: string, table: string, index: string): SubDb;
  }

  export type BatchOperation = { type: 'put'; key: string; value: Item } | { type: 'del'; key: string };

  export interface Store extends StoreView {
    db: {
      open(): Promise<void>;
      close(): Promise<void>;
      getSync(key: string): unknown;
      getMany(keys: string[]): Promise<unknown[]>;
      batch(operations: BatchOperation[]): Promise<void>;
    };
  }

  /** The parsed ConditionExpression and UpdateExpression that the validation leaves in the input. */
  export interface Parsed {
    _condition?: { expression: unknown };
    _updates?: { sections: unknown[]; nestedPaths: unknown };
  }

  type Visit<T> = (attribute: string, type: string) => T | undefined;

  const db: {
    create(options: Record<string, unknown>): Store;
    createKey(item: Item, table: Table): string;
    traverseKey<T>(table: Table, visit: Visit<T>): T | undefined;
    traverseIndexes<T>(
      table: Table,
      visit: (attribute: string, type: string, index: Index) => T | undefined,
    ): T | undefined;
    validateKey(key: Item, table: Table): Refusal | null | undefined;
    validateItem(item: Item, table: Table): Refusal | null | undefined;
    validateUpdates(legacy: undefined, updates: Parsed['_updates'], table: Table): Refusal | null | undefined;
    validationError(message: string): Refusal;
    checkConditional(input: Parsed, item: Item | undefined): Refusal | null | undefined;
    itemSize(item: Item): number;
  };
  export default db;
}

declare module 'dynalite/validations/index.js' {
  import type { Store } from 'dynalite/db/index.js';

  /** The shape that an input must have, member by member. */
  export type Types = Record<string, unknown>;
  /** The rules that go beyond the shape: answers the message of the refusal, if there is one. */
  export type Custom = (input: never, store: Store) => string | undefined;

  const validations: {
    checkTypes(input: Record<string, unknown>, types: Types): Record<string, unknown>;
    checkValidations(
      input: Record<string, unknown>,
      types: Types,
      custom: Custom | undefined,
      store: Store,
    ): void;
  };
  export default validations;
}
