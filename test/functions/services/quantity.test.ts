import { beforeEach, expect, test } from 'vitest';
import { gbp } from '../../support/desks/billing-desk.ts';
import { serviceDesk } from './service-desk.ts';

let desk: Awaited<ReturnType<typeof serviceDesk>>;

beforeEach(async () => {
  desk = await serviceDesk();
});

test('a service shows its quantity and the price of one; all of it is invoiced, and tells the monthly cost', async () => {
  await desk.add({ quantity: 3, startOn: '2026-02-01', nextDueOn: '2026-03-10' });
  expect(await desk.read()).toMatchObject({ quantity: 3, price: gbp(3100) });
  const { areas } = await desk.get('/dashboard');
  expect(areas.products).toMatchObject({ active: 2, monthlyCost: gbp(4 * 3100) });
  await desk.portal.renew();
  const [invoice] = await desk.unpaid();
  expect(invoice).toMatchObject({ subtotal: gbp(9300), total: gbp(11_160) });
  expect(invoice.lines).toMatchObject([{ quantity: 3, unitPrice: gbp(3100), amount: gbp(9300) }]);
  const planned = await desk.portal.call('stan', 'GET', '/v1/staff/renewals/preview', {
    query: { days: '60' },
  });
  const ofIt = planned.body.items.filter(
    ({ subject, kind }: any) => subject.id === desk.id && kind === 'invoice',
  );
  for (const { amount } of ofIt) expect(amount).toEqual(gbp(9300));
});

test('a change to another product charges, and gives back, for each of the quantity', async () => {
  await desk.add({ quantity: 2 });
  desk.at('2026-03-01');
  expect(await desk.post('change', { productId: 'prd_big', mode: 'self' })).toMatchObject({
    status: 200,
    body: { quantity: 2, price: gbp(6200) },
  });
  expect(await desk.unpaid()).toMatchObject([{ subtotal: gbp(2 * 3100) }]);
  const { items } = await desk.get('/activity');
  const entry = items.find(({ action }: any) => action === 'service.product-changed');
  expect(entry.after).toMatchObject({ quantity: 2, price: gbp(6200) });
  await desk.agree();
});
