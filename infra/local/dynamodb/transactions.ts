import db, { type Item, type Parsed, type Refusal, type Table } from 'dynalite/db/index.js';
import type { Custom, Types } from 'dynalite/validations/index.js';
import type { Controls } from '../controls.ts';
import { digestOf, Idempotency } from './idempotency.ts';
import {
  DynamoDbError,
  dynaliteOperation,
  isOfType,
  keyOf,
  notFound,
  type ItemStore,
  type Staging,
  type Target,
} from './store.ts';

const MAX_BYTES = 4 * 1024 * 1024;

type Json = Record<string, unknown>;

interface ActionInput extends Parsed {
  TableName: string;
  Key?: Item;
  Item?: Item;
  ReturnValuesOnConditionCheckFailure?: 'ALL_OLD' | 'NONE';
}

type Kind = 'ConditionCheck' | 'Put' | 'Update' | 'Delete' | 'Get';
type ActionItem = Partial<Record<Kind, ActionInput>>;

interface TransactionInput {
  TransactItems: ActionItem[];
  ClientRequestToken?: string;
  ReturnConsumedCapacity?: string;
}

interface Action extends Target {
  kind: Kind;
  input: ActionInput;
}

/** Why an action cancelled its transaction; `None` for one that would have gone through. */
interface Reason {
  Code: 'None' | 'ConditionalCheckFailed' | 'TransactionConflict' | 'ValidationError';
  Message?: string;
  Item?: Item;
}

/** What the call touched, from which its price follows. */
type Sizes = { table: string; bytes: number }[];

const putItem = dynaliteOperation('putItem');
const updateItem = dynaliteOperation('updateItem');
const deleteItem = dynaliteOperation('deleteItem');
const getItem = dynaliteOperation('getItem');

const OPERATIONS = {
  ConditionCheck: deleteItem,
  Put: putItem,
  Update: updateItem,
  Delete: deleteItem,
  Get: getItem,
};

/** The shape of ReturnValuesOnConditionCheckFailure, which dynalite does not know. */
export const ON_CONDITION_FAILURE = { type: 'String', enum: ['ALL_OLD', 'NONE'] };

const NAMES = ['TableName', 'ExpressionAttributeNames'];
const CONDITION = [...NAMES, 'ConditionExpression', 'ExpressionAttributeValues'];
const MEMBERS: Record<Kind, string[]> = {
  ConditionCheck: ['Key', ...CONDITION],
  Put: ['Item', ...CONDITION],
  Update: ['Key', 'UpdateExpression', ...CONDITION],
  Delete: ['Key', ...CONDITION],
  Get: ['Key', 'ProjectionExpression', ...NAMES],
};
const REQUIRED: Partial<Record<Kind, string>> = {
  ConditionCheck: 'ConditionExpression',
  Update: 'UpdateExpression',
};

/** The shape of one action, put together from the members of dynalite's operation on a single item. */
function actionTypes(kind: Kind): Types {
  const { types } = OPERATIONS[kind];
  const children: Types = Object.fromEntries(MEMBERS[kind].map((member) => [member, types[member]]));
  const required = REQUIRED[kind];
  if (required) children[required] = { type: 'String', notNull: true };
  if (kind !== 'Get') children.ReturnValuesOnConditionCheckFailure = ON_CONDITION_FAILURE;
  return { type: `FieldStruct<${kind}>`, children };
}

function transactionTypes(struct: string, kinds: Kind[]): Types {
  return {
    ReturnConsumedCapacity: putItem.types.ReturnConsumedCapacity,
    ReturnItemCollectionMetrics: putItem.types.ReturnItemCollectionMetrics,
    ClientRequestToken: { type: 'String', lengthGreaterThanOrEqual: 1, lengthLessThanOrEqual: 36 },
    TransactItems: {
      type: 'List',
      notNull: true,
      lengthGreaterThanOrEqual: 1,
      lengthLessThanOrEqual: 100,
      children: {
        type: `ValueStruct<${struct}>`,
        children: Object.fromEntries(kinds.map((kind) => [kind, actionTypes(kind)])),
      },
    },
  };
}

/** The rules for the actions that need no table, which DynamoDB checks before it looks at any. */
const customRules =
  (none: string): Custom =>
  (input: TransactionInput, store) => {
    for (const item of input.TransactItems) {
      const kinds = Object.keys(item ?? {}) as Kind[];
      const [kind] = kinds;
      if (!kind) return none;
      if (kinds.length > 1) return 'TransactItems can only contain one of Check, Put, Update or Delete';
      const message = OPERATIONS[kind].custom?.(item[kind] as never, store);
      if (message !== undefined) return message;
    }
    return undefined;
  };

const WRITE = {
  types: transactionTypes('TransactWriteItem', ['ConditionCheck', 'Put', 'Update', 'Delete']),
  custom: customRules('Invalid Request: TransactWriteRequest should contain Delete or Put or Update request'),
};
const GET = {
  types: transactionTypes('TransactGetItem', ['Get']),
  custom: customRules('Invalid Request: TransactGetRequest should contain Get request'),
};

/** The actions of an input with their tables. */
function actionsOf(input: TransactionInput, store: ItemStore): Action[] {
  const tables = new Map<string, Table | undefined>();
  return input.TransactItems.map((item) => {
    const [[kind, action]] = Object.entries(item) as [[Kind, ActionInput]];
    const name = action.TableName;
    const table = tables.get(name) ?? store.table(name);
    if (!table) throw notFound();
    tables.set(name, table);
    return { kind, input: action, table, key: action.Item ?? action.Key ?? {} };
  });
}

/** How an action violates the schema of its table. */
function misfit({ kind, input, table, key }: Action): Refusal | null | undefined {
  if (kind === 'Put') return db.validateItem(key, table);
  const wrongKey = db.validateKey(key, table);
  if (wrongKey || kind !== 'Update') return wrongKey;
  return db.validateUpdates(undefined, input._updates, table);
}

/** Misfits that DynamoDB answers with a ValidationException for the call, and not as the reason of one action. */
const OF_THE_CALL =
  /cannot contain an empty |This attribute is part of the key|Key attributes must be scalars/;

function reasonOf(refusal: Refusal | null | undefined): Reason {
  if (!refusal) return { Code: 'None' };
  if (isOfType(refusal, 'ConditionalCheckFailedException')) {
    return { Code: 'ConditionalCheckFailed', Message: refusal.message };
  }
  if (OF_THE_CALL.test(refusal.message)) {
    // dynalite has the older of DynamoDB's two wordings for an empty key.
    throw db.validationError(refusal.message.replace('were invalid: The Attr', 'are not valid. The Attr'));
  }
  return { Code: 'ValidationError', Message: refusal.message };
}

function cancelUnlessNone(reasons: Reason[]): void {
  if (reasons.every(({ Code }) => Code === 'None')) return;
  const codes = reasons.map(({ Code }) => Code).join(', ');
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  // The one error whose message DynamoDB writes with a capital.
  const details = { message: undefined, Message: message, CancellationReasons: reasons };
  throw new DynamoDbError('TransactionCanceledException', message, details);
}

/** Refuses actions that do not fit their tables, and two on the same item. */
function checkTargets(actions: Action[]): void {
  cancelUnlessNone(actions.map((action) => reasonOf(misfit(action))));
  if (new Set(actions.map(keyOf)).size < actions.length) {
    throw db.validationError('Transaction request cannot include multiple operations on one item');
  }
}

function checkSize(sizes: Sizes): void {
  if (sizes.reduce((sum, { bytes }) => sum + bytes, 0) > MAX_BYTES) {
    throw db.validationError('The aggregate size of the items in the transaction cannot exceed 4 MB');
  }
}

/** Evaluates one action on the state before the transaction and stages what it writes. */
function evaluate(action: Action, staging: Staging): Reason {
  const { kind, input } = action;
  const refusal =
    kind === 'ConditionCheck'
      ? db.checkConditional(input, staging.existing(action))
      : staging.run(OPERATIONS[kind].run, input).refusal;
  const reason = reasonOf(refusal);
  if (reason.Code === 'ConditionalCheckFailed' && input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD') {
    reason.Item = staging.existing(action);
  }
  return reason;
}

/** The size of an item is the greater of the one before and the one after, as DynamoDB counts it. */
function sizesOf(actions: Action[], staging: Staging): Sizes {
  const after = new Map(staging.written.map((target) => [keyOf(target), target.key]));
  return actions.map((action) => {
    const items = [staging.existing(action), after.get(keyOf(action))];
    return {
      table: action.table.TableName,
      bytes: Math.max(...items.map((item) => (item ? db.itemSize(item) : 0))),
    };
  });
}

/** ConsumedCapacity: twice what the calls on single items would have cost. */
function consumed(input: TransactionInput, sizes: Sizes, mode: 'Read' | 'Write'): Json {
  const asked = input.ReturnConsumedCapacity;
  if (asked !== 'TOTAL' && asked !== 'INDEXES') return {};
  const units = new Map<string, number>();
  for (const { table, bytes } of sizes) {
    const blocks = Math.max(1, Math.ceil(bytes / (mode === 'Read' ? 4096 : 1024)));
    units.set(table, (units.get(table) ?? 0) + 2 * blocks);
  }
  const capacities = [...units].map(([table, count]) => {
    const capacity = { CapacityUnits: count, [`${mode}CapacityUnits`]: count };
    return { TableName: table, ...capacity, ...(asked === 'INDEXES' && { Table: capacity }) };
  });
  return { ConsumedCapacity: capacities };
}

/** TransactWriteItems and TransactGetItems, which dynalite does not have, on dynalite's database. */
export class Transactions {
  readonly #store: ItemStore;
  readonly #controls: Controls;
  readonly #idempotency: Idempotency<Sizes>;

  constructor(store: ItemStore, controls: Controls) {
    this.#store = store;
    this.#controls = controls;
    this.#idempotency = new Idempotency(controls);
  }

  /**
   * TransactWriteItems: all actions or none. Throws TransactionCanceledException with a reason per action,
   * ValidationException, ResourceNotFoundException, and for a ClientRequestToken that is taken
   * IdempotentParameterMismatchException or TransactionInProgressException.
   */
  async write(body: Json): Promise<Json> {
    // Before the validation, which completes and trims the body.
    const digest = digestOf(body.TransactItems);
    const input = this.#store.validate<TransactionInput>(WRITE, body);
    const apply = (): Promise<Sizes> => this.#store.exclusive(() => this.#apply(input));
    const { result, repeated } = await this.#idempotency.once(input.ClientRequestToken, digest, apply);
    // A repeated call only costs what reading the items would.
    return consumed(input, result, repeated ? 'Read' : 'Write');
  }

  /** TransactGetItems: the items as they all were at one moment, in the order of the request. */
  async get(body: Json): Promise<Json> {
    const input = this.#store.validate<TransactionInput>(GET, body);
    const actions = actionsOf(input, this.#store);
    checkTargets(actions);
    const staging = await this.#store.stage(actions);
    const outcomes = actions.map(({ input: get }) => staging.run(getItem.run, get));
    cancelUnlessNone(outcomes.map(({ refusal }) => reasonOf(refusal)));
    const sizes = sizesOf(actions, staging);
    checkSize(sizes);
    const responses = outcomes.map(({ answer }) => ({
      Item: answer && 'Item' in answer ? answer.Item : undefined,
    }));
    return { Responses: responses, ...consumed(input, sizes, 'Read') };
  }

  async #apply(input: TransactionInput): Promise<Sizes> {
    const actions = actionsOf(input, this.#store);
    checkTargets(actions);
    if (this.#controls.strikes(this.#controls.faults.conflicts)) cancelUnlessNone(conflictAmong(actions));
    const staging = await this.#store.stage(actions);
    cancelUnlessNone(actions.map((action) => evaluate(action, staging)));
    const sizes = sizesOf(actions, staging);
    checkSize(sizes);
    await this.#store.commit(staging);
    return sizes;
  }
}

/** Reasons as if another transaction were at work on one of the items. */
function conflictAmong(actions: Action[]): Reason[] {
  const hit = Math.floor(Math.random() * actions.length);
  return actions.map((_, index) =>
    index === hit
      ? { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' }
      : { Code: 'None' },
  );
}
