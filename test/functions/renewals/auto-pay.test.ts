import { expect, test } from 'vitest';
import { gbp } from '../../support/desks/billing-desk.ts';
import { domainDesk } from '../../support/desks/domain-desk.ts';

const autoPaid = (items: { kind: string; amount?: unknown }[]) =>
  items.filter(({ kind }) => kind === 'auto-pay').map(({ amount }) => amount);

test('what credit will pay is told beforehand, and paid by the job as far as the credit goes', async () => {
  const desk = await domainDesk();
  await desk.owner('PATCH', '', { autoPayFromCredit: true });
  await desk.staff('POST', '/credit', { amount: gbp(2500), reason: 'In advance' });
  await desk.domain('one', '2026-03-10');
  await desk.domain('two', '2026-03-10');
  await desk.domain('three', '2026-03-12');
  const plan = await desk.portal.planRenewals();
  const done = await desk.portal.renew();
  expect(autoPaid(plan.items)).toEqual([gbp(2000)]);
  expect(autoPaid(done.items)).toEqual([gbp(2000)]);
  expect((await desk.get('/credit')).balance).toEqual(gbp(500));
  expect((await desk.get('/invoices', { status: 'unpaid' })).items).toMatchObject([{ total: gbp(1000) }]);
  expect(autoPaid((await desk.portal.planRenewals()).items)).toEqual([]);
  await desk.agree();
});
