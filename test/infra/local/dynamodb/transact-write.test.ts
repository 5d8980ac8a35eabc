import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { Controls } from '../../../../infra/local/controls.ts';
import {
  type Actions,
  TableName,
  startDatabase,
  reset,
  partition,
  put,
  remove,
  check,
  update,
  refusal,
  codes,
} from './database.ts';

const controls = new Controls();
const database = await startDatabase(controls);
const { transact, store, item, all } = database;

afterEach(() => reset(controls));
afterAll(() => database.close());

describe('TransactWriteItems', () => {
  test('puts, updates, deletes and checks in one go', async () => {
    const pk = partition();
    await store({ pk, sk: 'old', n: 1 }, { pk, sk: 'gone' }, { pk, sk: 'guard', open: true });
    await transact([
      put({ pk, sk: 'new', list: [1, { deep: 'x' }] }),
      update(
        pk,
        'old',
        'SET n = n + :one, #t = :t',
        { ':one': 1, ':t': 'text' },
        { ExpressionAttributeNames: { '#t': 'text' } },
      ),
      remove(pk, 'gone'),
      check(pk, 'guard', '#o = :true', {
        ExpressionAttributeNames: { '#o': 'open' },
        ExpressionAttributeValues: { ':true': true },
      }),
    ]);
    expect(await all(pk)).toEqual([
      { pk, sk: 'guard', open: true },
      { pk, sk: 'new', list: [1, { deep: 'x' }] },
      { pk, sk: 'old', n: 2, text: 'text' },
    ]);
  });

  test('spans tables', async () => {
    const pk = partition();
    await transact([put({ pk, sk: 'a' }), { Put: { TableName: 'Other', Item: { pk, sk: 'b' } } }]);
    expect(await item(pk, 'a')).toEqual({ pk, sk: 'a' });
    expect(await item(pk, 'b', 'Other')).toEqual({ pk, sk: 'b' });
  });

  test('changes nothing when one condition fails, and gives the reasons in the order of the actions', async () => {
    const pk = partition();
    await store({ pk, sk: 'taken' });
    const refused = await refusal(
      transact([
        put({ pk, sk: 'a' }),
        put({ pk, sk: 'taken', n: 1 }, { ConditionExpression: 'attribute_not_exists(pk)' }),
      ]),
    );
    expect(refused.name).toBe('TransactionCanceledException');
    expect(refused.$metadata.httpStatusCode).toBe(400);
    expect(refused.message).toBe(
      'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]',
    );
    expect(refused.CancellationReasons).toEqual([
      { Code: 'None' },
      { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
    ]);
    expect(await all(pk)).toEqual([{ pk, sk: 'taken' }]);
  });

  test('honours the condition of each kind of action, and names every one that fails', async () => {
    const pk = partition();
    const failing = { ConditionExpression: 'attribute_exists(pk)' };
    const refused = await refusal(
      transact([
        put({ pk, sk: 'a' }, failing),
        update(pk, 'b', 'SET n = :n', { ':n': 1 }, failing),
        put({ pk, sk: 'c' }, { ConditionExpression: 'attribute_not_exists(pk)' }),
        remove(pk, 'd', failing),
        check(pk, 'e', 'attribute_exists(pk)'),
      ]),
    );
    const failed = 'ConditionalCheckFailed';
    expect(codes(refused)).toEqual([failed, failed, 'None', failed, failed]);
    expect(await all(pk)).toEqual([]);
  });

  test('hands out the item that failed a condition, where ALL_OLD asks for it and there is one', async () => {
    const pk = partition();
    await store({ pk, sk: 'a', n: 1 }, { pk, sk: 'b', n: 2 }, { pk, sk: 'd', n: 4 }, { pk, sk: 'e', n: 5 });
    const old = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
    const failing = { ConditionExpression: 'attribute_exists(absent)' };
    const refused = await refusal(
      transact([
        check(pk, 'a', 'attribute_exists(absent)', old),
        put({ pk, sk: 'b' }, failing),
        update(pk, 'c', 'SET n = :n', { ':n': 1 }, { ...failing, ...old }),
        remove(pk, 'd', { ...failing, ...old }),
        put({ pk, sk: 'e' }, { ConditionExpression: 'attribute_exists(pk)', ...old }),
      ]),
    );
    const wire = (sk: string, n: string) => ({ pk: { S: pk }, sk: { S: sk }, n: { N: n } });
    expect(refused.CancellationReasons?.map(({ Item }) => Item)).toEqual([
      wire('a', '1'),
      undefined,
      undefined,
      wire('d', '4'),
      undefined,
    ]);
  });

  test('creates the item that an Update does not find', async () => {
    const pk = partition();
    await transact([
      update(pk, 'a', 'ADD hits :n SET made = if_not_exists(made, :m)', { ':n': 3, ':m': 'now' }),
    ]);
    expect(await item(pk, 'a')).toEqual({ pk, sk: 'a', hits: 3, made: 'now' });
  });

  test('judges the conditions on the state before the transaction', async () => {
    const pk = partition();
    await store({ pk, sk: 'a', n: 1 });
    const wasOne = { ConditionExpression: 'n = :one' };
    await transact([update(pk, 'a', 'SET n = :two', { ':two': 2, ':one': 1 }, wasOne)]);
    const refused = await refusal(
      transact([update(pk, 'a', 'SET n = :two', { ':two': 2, ':one': 1 }, wasOne)]),
    );
    expect(codes(refused)).toEqual(['ConditionalCheckFailed']);
  });

  test('takes 100 actions', async () => {
    const pk = partition();
    await transact(Array.from({ length: 100 }, (_, n) => put({ pk, sk: `${n}` })));
    expect(await all(pk)).toHaveLength(100);
  });

  test('refuses more than 100 actions, and none', async () => {
    const pk = partition();
    const many = await refusal(transact(Array.from({ length: 101 }, (_, n) => put({ pk, sk: `${n}` }))));
    expect(many.name).toBe('ValidationException');
    expect(many.message).toMatch(
      /^1 validation error detected: Value '\[.+\]' at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100$/,
    );
    const none = await refusal(transact([]));
    expect(none.name).toBe('ValidationException');
    expect(none.message).toBe(
      "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
    expect(await all(pk)).toEqual([]);
  });

  test('refuses two actions on one item, whatever the actions', async () => {
    const pk = partition();
    for (const second of [put({ pk, sk: 'a' }), remove(pk, 'a'), check(pk, 'a', 'attribute_exists(pk)')]) {
      const refused = await refusal(transact([update(pk, 'a', 'SET n = :n', { ':n': 1 }), second]));
      expect(refused.name).toBe('ValidationException');
      expect(refused.message).toBe('Transaction request cannot include multiple operations on one item');
    }
    expect(await all(pk)).toEqual([]);
  });

  test('takes the same key twice if the tables differ', async () => {
    const pk = partition();
    await transact([put({ pk, sk: 'a' }), { Put: { TableName: 'Other', Item: { pk, sk: 'a' } } }]);
    expect(await item(pk, 'a', 'Other')).toBeDefined();
  });

  test('refuses more than 4 MB', async () => {
    const pk = partition();
    const large = (count: number) =>
      Array.from({ length: count }, (_, n) => put({ pk, sk: `${n}`, text: 'x'.repeat(380_000) }));
    const refused = await refusal(transact(large(12)));
    expect(refused.name).toBe('ValidationException');
    expect(await all(pk)).toEqual([]);
    await transact(large(11));
    // What an update leaves untouched counts too.
    const growing = Array.from({ length: 11 }, (_, n) =>
      update(pk, `${n}`, 'SET more = :t', { ':t': 'x'.repeat(20_000) }),
    );
    expect((await refusal(transact(growing))).name).toBe('ValidationException');
  });

  test('refuses an unknown table before it changes the known one', async () => {
    const pk = partition();
    const unknown = { Put: { TableName: 'Nowhere', Item: { pk, sk: 'b' } } };
    const refused = await refusal(transact([put({ pk, sk: 'a' }), unknown]));
    expect(refused.name).toBe('ResourceNotFoundException');
    expect(refused.message).toBe('Requested resource not found');
    expect(await all(pk)).toEqual([]);
  });

  test('refuses to update an attribute of the key', async () => {
    const pk = partition();
    const refused = await refusal(transact([update(pk, 'a', 'SET sk = :b', { ':b': 'b' })]));
    expect(refused.name).toBe('ValidationException');
    expect(refused.message).toBe(
      'One or more parameter values were invalid: Cannot update attribute sk. This attribute is part of the key',
    );
  });

  test('refuses a malformed request as a whole, before it looks for tables', async () => {
    const pk = partition();
    const unknown = { Put: { TableName: 'Nowhere', Item: { pk, sk: 'b' } } };
    const cases: [Actions[number], string | RegExp][] = [
      [check(pk, 'a', 'attribute_exists('), /^Invalid ConditionExpression: Syntax error/],
      [update(pk, 'a', 'FROB x'), /^Invalid UpdateExpression: Syntax error/],
      [
        check(pk, 'a', 'attribute_exists(pk)', { ExpressionAttributeValues: { ':v': 1 } }),
        'Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}',
      ],
      [
        { ...put({ pk, sk: 'a' }), ...remove(pk, 'a') },
        'TransactItems can only contain one of Check, Put, Update or Delete',
      ],
      [{}, 'Invalid Request: TransactWriteRequest should contain Delete or Put or Update request'],
      [put({ pk, sk: 'a', text: 'x'.repeat(410_000) }), 'Item size has exceeded the maximum allowed size'],
      [
        { Put: { TableName: 'bad!name', Item: { pk } } },
        "1 validation error detected: Value 'bad!name' at 'transactItems.2.member.put.tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
      ],
      [
        { ConditionCheck: { TableName, Key: { pk, sk: 'a' }, ConditionExpression: undefined } },
        "1 validation error detected: Value null at 'transactItems.2.member.conditionCheck.conditionExpression' failed to satisfy constraint: Member must not be null",
      ],
    ];
    for (const [action, message] of cases) {
      const refused = await refusal(transact([unknown, action]));
      expect(refused.name).toBe('ValidationException');
      if (typeof message === 'string') expect(refused.message).toBe(message);
      else expect(refused.message).toMatch(message);
    }
  });

  test('cancels with ValidationError for what only shows on the item', async () => {
    const pk = partition();
    await store({ pk, sk: 'a', word: 'x' }, { pk, sk: 'large', text: 'x'.repeat(390_000) });
    const refused = await refusal(
      transact([
        put({ pk, sk: 'fine' }),
        update(pk, 'a', 'SET n = word + :one', { ':one': 1 }),
        update(pk, 'b', 'SET n = nothing'),
        update(pk, 'c', 'SET deep.down = :one', { ':one': 1 }),
        update(pk, 'large', 'SET more = :t', { ':t': 'x'.repeat(20_000) }),
      ]),
    );
    expect(refused.name).toBe('TransactionCanceledException');
    const reason = (Message: string) => ({ Code: 'ValidationError', Message });
    expect(refused.CancellationReasons).toEqual([
      { Code: 'None' },
      reason('An operand in the update expression has an incorrect data type'),
      reason('The provided expression refers to an attribute that does not exist in the item'),
      reason('The document path provided in the update expression is invalid for update'),
      reason('Item size to update has exceeded the maximum allowed size'),
    ]);
    expect(await item(pk, 'fine')).toBeUndefined();
  });

  test('cancels with ValidationError for keys that do not fit the table or an index', async () => {
    const pk = partition();
    const refused = await refusal(
      transact([
        { Delete: { TableName, Key: { pk } } },
        put({ pk, sk: 1 }),
        put({ pk, sk: 'a', gpk: 1 }),
        check(pk, 'fine', 'attribute_not_exists(pk)'),
      ]),
    );
    const reason = (Message: string) => ({ Code: 'ValidationError', Message });
    expect(refused.CancellationReasons).toEqual([
      reason('The provided key element does not match the schema'),
      reason('One or more parameter values were invalid: Type mismatch for key sk expected: S actual: N'),
      reason(
        'One or more parameter values were invalid: Type mismatch for Index Key gpk Expected: S Actual: N IndexName: everything',
      ),
      { Code: 'None' },
    ]);
  });

  test('refuses an empty string as a key, of the table or of an index', async () => {
    const pk = partition();
    const empty = 'One or more parameter values are not valid.';
    const rule = 'The AttributeValue for a key attribute cannot contain an empty string value.';
    const cases: [Actions[number], string][] = [
      [put({ pk, sk: '' }), `${empty} ${rule} Key: sk`],
      [remove(pk, ''), `${empty} ${rule} Key: sk`],
      [
        put({ pk, sk: 'a', gpk: '' }),
        `${empty} A value specified for a secondary index key is not supported. ${rule} IndexName: everything, IndexKey: gpk`,
      ],
      [
        update(pk, 'a', 'SET gpk = :e', { ':e': '' }),
        `${empty} The update expression attempted to update a secondary index key to a value that is not supported. ${rule}`,
      ],
    ];
    for (const [action, message] of cases) {
      const refused = await refusal(transact([put({ pk, sk: 'b' }), action]));
      expect([refused.name, refused.message]).toEqual(['ValidationException', message]);
    }
    expect(await all(pk)).toEqual([]);
  });

  test('counts two write units per item and kilobyte, and none without being asked', async () => {
    const pk = partition();
    const actions = [put({ pk, sk: 'a' }), put({ pk, sk: 'b', text: 'x'.repeat(1500) })];
    expect((await transact(actions)).ConsumedCapacity).toBeUndefined();
    const { ConsumedCapacity } = await transact(actions, { ReturnConsumedCapacity: 'TOTAL' });
    expect(ConsumedCapacity).toEqual([{ TableName, CapacityUnits: 6, WriteCapacityUnits: 6 }]);
  });
});
