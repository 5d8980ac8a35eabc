import { beforeEach, expect, test } from 'vitest';
import { migrate } from '../../../shared/migrations/migrate.ts';
import { migrations } from '../../../shared/migrations/migrations.ts';
import type { Item } from '../../../shared/table/table.ts';
import { gbp } from '../../support/desks/billing-desk.ts';
import { type DomainDesk, domainDesk } from '../../support/desks/domain-desk.ts';

let desk: DomainDesk;

beforeEach(async () => {
  desk = await domainDesk();
});

const upgrade = () => {
  const { table } = desk.portal;
  return migrate({
    table,
    rows: table,
    migrations,
    providerName: 'Annex',
    staffGroup: async () => [],
    pause: async () => {},
  });
};
/** The row as the release before would have written it. */
const asBefore = async (row: Item, set: object) => {
  const update = { pk: row.pk, sk: row.sk };
  await desk.portal.table.transact([{ update, set: { ...set, schema: 2 } }]);
};
const row = (sk: string) =>
  desk.portal.table.all().find((each) => each.pk === `ACCOUNT#${desk.accountId}` && each.sk.startsWith(sk))!;

const tasks = () =>
  desk.portal.table
    .all()
    .filter(({ task }) => (task as { kind?: string } | undefined)?.kind === 'check-tax-id');

test('a tax id of before is looked at, once', async () => {
  await asBefore(row('ACCOUNT'), { taxId: 'FR83404833048', address: { country: 'FR' } });
  await upgrade();
  await upgrade();
  desk.portal.now = new Date(Date.now() + 24 * 3600 * 1000);
  await desk.portal.sweep();
  const { taxIdCheck } = (await desk.portal.people.account(desk.accountId))!;
  expect(taxIdCheck).toMatchObject({ taxId: 'FR83404833048', state: 'valid' });
  await upgrade();
  expect(tasks()).toEqual([]);
});

test('an account without one leaves no task', async () => {
  await asBefore(row('ACCOUNT'), {});
  await upgrade();
  expect(tasks()).toEqual([]);
});

const products = (taxRate: string | null) =>
  desk.portal.call('stan', 'PUT', '/v1/staff/products', {
    body: {
      items: [
        {
          id: 'prd_host',
          name: 'Host',
          kind: 'hosting',
          taxRate,
          prices: [{ cycle: 'monthly', price: gbp(1) }],
        },
      ],
    },
  });

test.each([
  ['the default rate, of a product without one', { orderId: 'ord_1', taxRate: '0' }, null, null],
  ['another rate', { orderId: 'ord_1', taxRate: '7' }, null, '7'],
  ['the default rate, of a product with that rate', { orderId: 'ord_1', taxRate: '0' }, '0', '0'],
  ['a rate from staff', { orderId: null, taxRate: '0' }, null, '0'],
])(
  'a service that was ordered has %s: afterwards its own is as it should be',
  async (_, set, product, after) => {
    await products(product);
    const body = {
      name: 'Host',
      productId: 'prd_host',
      price: gbp(1000),
      cycle: 'monthly',
      startOn: '2026-03-01',
    };
    expect(await desk.staff('POST', '/services', body)).toMatchObject({ status: 201 });
    const { version } = row('SERVICE#');
    await asBefore(row('SERVICE#'), set);
    await upgrade();
    expect(row('SERVICE#')['taxRate']).toBe(after);
    expect(row('SERVICE#')['version'] === version).toBe(after !== null);
  },
);
