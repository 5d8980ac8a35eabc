import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import db, {
  type BatchOperation,
  type Done,
  type Item,
  type Refusal,
  type Store,
  type StoreView,
  type SubDb,
  type Table,
} from 'dynalite/db/index.js';
import validations, { type Custom, type Types } from 'dynalite/validations/index.js';

const load = createRequire(import.meta.url);

type Action = (store: StoreView, input: never, done: Done<object>) => void;

/** One DynamoDB operation as dynalite has it: the shape of its input, the rules beyond that, and the work. */
export interface Operation {
  types: Types;
  custom?: Custom;
  run: Action;
}

/** dynalite's own implementation of an operation, such as `putItem`. */
export function dynaliteOperation(name: string): Operation {
  const { types, custom } = load(`dynalite/validations/${name}.js`) as Operation;
  return { types, custom, run: load(`dynalite/actions/${name}.js`) as Action };
}

/** A call that DynamoDB refuses, in the shape that dynalite's own refusals have too. */
export class DynamoDbError extends Error implements Refusal {
  readonly statusCode = 400;
  readonly body: Refusal['body'];

  constructor(type: string, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.body = { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message, ...details };
  }
}

/** Whether an error is an answer to the caller, from dynalite or from here, and not a defect. */
export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && 'statusCode' in error && 'body' in error;
}

/** Whether a refusal is of this type: `isOfType(error, 'ConditionalCheckFailedException')`. */
export function isOfType(refusal: Refusal, type: string): boolean {
  return refusal.body.__type.endsWith(`#${type}`);
}

/** An item that a call addresses: its table and its key. Other attributes beside the key are allowed. */
export interface Target {
  table: Table;
  key: Item;
}

const keys = new WeakMap<Target, string | undefined>();

/** The database key of an item; undefined if the item does not have the key that the table asks for. */
export function keyOf(target: Target): string | undefined {
  // Cached, because a key costs a hash and a transaction asks for it several times.
  if (!keys.has(target)) keys.set(target, makeKey(target));
  return keys.get(target);
}

function makeKey({ table, key }: Target): string | undefined {
  const lacking = db.traverseKey(table, (name, type) => (key[name]?.[type] == null ? true : undefined));
  return lacking ? undefined : `item-${table.TableName}~${db.createKey(key, table)}`;
}

/** The result of an action: the answer, or the refusal. */
export interface Outcome {
  refusal?: Refusal;
  answer?: object;
}

/**
 * A view of the store for dynalite's actions. Reads come from what was fetched beforehand, and writes are recorded.
 * An action is thereby synchronous, so that several can be evaluated on one state and then take effect in one atomic
 * batch, with the entries of their indexes.
 */
export class Staging {
  readonly operations: BatchOperation[] = [];
  readonly #written: Target[] = [];
  readonly #view: StoreView;
  readonly #tables: Map<string, Table>;
  readonly #items: Map<string, Item>;

  constructor(options: StoreView['options'], tables: Map<string, Table>, items: Map<string, Item>) {
    this.#tables = tables;
    this.#items = items;
    this.#view = {
      options,
      getTable: (name, checkStatus, done) => this.#getTable(name, done ?? (checkStatus as Done<Table>)),
      getItemDb: (table) => this.#subDb(`item-${table}~`, this.#tables.get(table)),
      getIndexDb: (type, table, index) => this.#subDb(`index-${type.toLowerCase()}~${table}~${index}~`),
    };
  }

  /** The item as it was when the view was taken. */
  existing(target: Target): Item | undefined {
    const key = keyOf(target);
    return key === undefined ? undefined : this.#items.get(key);
  }

  /** The items that the actions so far will put. */
  get written(): readonly Target[] {
    return this.#written;
  }

  /** Evaluates one action. After a refusal others may follow for their reasons, but nothing may be committed. */
  run(action: Action, input: object): Outcome {
    const before = this.#written.length;
    const outcomes: Outcome[] = [];
    action(this.#view, input as never, (error, answer) => {
      if (error && !isRefusal(error)) throw error;
      outcomes.push(error ? { refusal: error } : { answer: answer ?? {} });
    });
    const [outcome] = outcomes;
    if (!outcome) throw new Error('an action of dynalite did not answer at once');
    if (outcome.refusal) return outcome;
    const refusal = emptyIndexKey(this.#written.slice(before), 'UpdateExpression' in input);
    return refusal ? { refusal } : outcome;
  }

  #getTable(name: string, done: Done<Table>): void {
    const table = this.#tables.get(name);
    if (table) done(null, table);
    else done(notFound());
  }

  #subDb(prefix: string, table?: Table): SubDb {
    return {
      // The caller of commit holds the lock of the whole store.
      lock: (_key, work) => work((done) => done),
      get: (key, done) => done(null, this.#items.get(prefix + key)),
      put: (key, value, done) => {
        this.operations.push({ type: 'put', key: prefix + key, value });
        if (table) this.#written.push({ table, key: value });
        done(null);
      },
      del: (key, done) => {
        this.operations.push({ type: 'del', key: prefix + key });
        done(null);
      },
    };
  }
}

/** The refusal for a missing table. */
export function notFound(message = 'Requested resource not found'): DynamoDbError {
  return new DynamoDbError('ResourceNotFoundException', message);
}

/** The refusal of an empty string as an index key. DynamoDB refuses it and dynalite does not. */
function emptyIndexKey(written: readonly Target[], byUpdate: boolean): Refusal | undefined {
  for (const { table, key: item } of written) {
    const refusal = db.traverseIndexes(table, (name, type, index) => {
      if (item[name]?.[type] !== '') return undefined;
      const start = 'One or more parameter values are not valid.';
      const kind = type === 'B' ? 'binary' : 'string';
      const rule = `The AttributeValue for a key attribute cannot contain an empty ${kind} value.`;
      const detail = byUpdate
        ? `The update expression attempted to update a secondary index key to a value that is not supported. ${rule}`
        : `A value specified for a secondary index key is not supported. ${rule} ` +
          `IndexName: ${index.IndexName}, IndexKey: ${name}`;
      return db.validationError(`${start} ${detail}`);
    });
    if (refusal) return refusal;
  }
  return undefined;
}

/** dynalite's database, with one lock for everything that writes to it. */
export class ItemStore {
  readonly dynalite: Store;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(dynalite: Store) {
    this.dynalite = dynalite;
  }

  /** Opens the database under `dir`, or an empty one in memory. */
  static async open(dir?: string): Promise<ItemStore> {
    if (dir !== undefined) mkdirSync(dir, { recursive: true });
    const delays = { createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 };
    const store = new ItemStore(db.create({ path: dir, ...delays }));
    await store.dynalite.db.open();
    return store;
  }

  /** The input of an operation, checked and with its expressions parsed; throws the refusal of a bad one. */
  validate<T>({ types, custom }: Pick<Operation, 'types' | 'custom'>, body: Record<string, unknown>): T {
    const input = validations.checkTypes(body, types);
    validations.checkValidations(input, types, custom, this.dynalite);
    return input as T;
  }

  /** A table that takes data; undefined if there is none of this name. */
  table(name: string): Table | undefined {
    const table = this.dynalite.db.getSync(`table~${name}`) as Table | undefined;
    return table && table.TableStatus !== 'CREATING' && table.TableStatus !== 'DELETING' ? table : undefined;
  }

  /** Runs work that writes, one after the other, so that what it read is still true when it writes. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /**
   * Fetches what the targets hold, for a Staging. The items come from one snapshot, and every write is one atomic
   * batch, so that even a reader outside the lock never sees half of a transaction.
   */
  async stage(targets: readonly Target[]): Promise<Staging> {
    const tables = new Map(targets.map(({ table }) => [table.TableName, table]));
    const wanted = targets.map(keyOf).filter((key) => key !== undefined);
    const found = await this.dynalite.db.getMany(wanted);
    const items = new Map<string, Item>();
    wanted.forEach((key, index) => {
      const item = found[index];
      if (item !== undefined) items.set(key, item as Item);
    });
    return new Staging(this.dynalite.options, tables, items);
  }

  /** Writes what was staged, in one atomic batch. */
  async commit(staging: Staging): Promise<void> {
    await this.dynalite.db.batch(staging.operations);
  }

  /** Waits for the writes under way and closes the database. */
  async close(): Promise<void> {
    await this.exclusive(() => this.dynalite.db.close());
  }
}
