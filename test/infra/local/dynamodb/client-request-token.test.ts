import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { Controls } from '../../../../infra/local/controls.ts';
import {
  TableName,
  startDatabase,
  reset,
  partition,
  put,
  check,
  update,
  refusal,
  codes,
} from './database.ts';

const controls = new Controls();
const database = await startDatabase(controls);
const { transact, store, item } = database;

afterEach(() => reset(controls));
afterAll(() => database.close());

describe('ClientRequestToken', () => {
  const add = (pk: string, by: number) => [update(pk, 'a', 'ADD n :by', { ':by': by })];

  test('makes a repeated call succeed without doing it again', async () => {
    const pk = partition();
    const options = { ClientRequestToken: `once-${pk}`, ReturnConsumedCapacity: 'TOTAL' };
    await transact(add(pk, 1), options);
    const again = await transact(add(pk, 1), options);
    expect(await item(pk, 'a')).toEqual({ pk, sk: 'a', n: 1 });
    expect(again.ConsumedCapacity).toEqual([{ TableName, CapacityUnits: 2, ReadCapacityUnits: 2 }]);
  });

  test('refuses other content under the same token', async () => {
    const pk = partition();
    const options = { ClientRequestToken: `other-${pk}` };
    await transact(add(pk, 1), options);
    const refused = await refusal(transact(add(pk, 2), options));
    expect(refused.name).toBe('IdempotentParameterMismatchException');
    expect(await item(pk, 'a')).toMatchObject({ n: 1 });
  });

  test('takes the order of attributes for no difference', async () => {
    const pk = partition();
    const options = { ClientRequestToken: `order-${pk}` };
    await transact([put({ pk, sk: 'a', x: 1, y: 2 })], options);
    await expect(transact([put({ y: 2, x: 1, sk: 'a', pk })], options)).resolves.toBeDefined();
  });

  test('lapses after 10 minutes', async () => {
    const pk = partition();
    const options = { ClientRequestToken: `lapse-${pk}` };
    await transact(add(pk, 1), options);
    controls.setNow(new Date(Date.now() + 9.9 * 60_000));
    await transact(add(pk, 1), options);
    expect(await item(pk, 'a')).toMatchObject({ n: 1 });
    controls.setNow(new Date(Date.now() + 10.1 * 60_000));
    await transact(add(pk, 2), options);
    expect(await item(pk, 'a')).toMatchObject({ n: 3 });
  });

  test('of a cancelled call may be used again', async () => {
    const pk = partition();
    const options = { ClientRequestToken: `cancelled-${pk}` };
    const guarded = [...add(pk, 1), check(pk, 'guard', 'attribute_exists(pk)')];
    expect(codes(await refusal(transact(guarded, options)))).toEqual(['None', 'ConditionalCheckFailed']);
    await store({ pk, sk: 'guard' });
    await transact(guarded, options);
    expect(await item(pk, 'a')).toMatchObject({ n: 1 });
  });

  test('lets one of several simultaneous calls through', async () => {
    const pk = partition();
    const options = { ClientRequestToken: `race-${pk}` };
    const calls = await Promise.allSettled(Array.from({ length: 8 }, () => transact(add(pk, 1), options)));
    const errors = calls
      .filter((call) => call.status === 'rejected')
      .map(({ reason }) => (reason as Error).name);
    expect(errors.filter((name) => name !== 'TransactionInProgressException')).toEqual([]);
    expect(await item(pk, 'a')).toMatchObject({ n: 1 });
  });

  test('has 1 to 36 characters', async () => {
    for (const ClientRequestToken of ['', 'x'.repeat(37)]) {
      const refused = await refusal(transact([put({ pk: partition(), sk: 'a' })], { ClientRequestToken }));
      expect(refused.name).toBe('ValidationException');
      expect(refused.message).toContain("at 'clientRequestToken' failed to satisfy constraint");
    }
  });
});
