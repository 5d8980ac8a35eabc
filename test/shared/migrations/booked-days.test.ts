import { expect, test } from 'vitest';
import { migrate } from '../../../shared/migrations/migrate.ts';
import { migrations } from '../../../shared/migrations/migrations.ts';
import type { Action, Item } from '../../../shared/table/table.ts';
import { billingDesk, gbp } from '../../support/desks/billing-desk.ts';
import { allOf } from '../../support/desks/books-desk.ts';
import type { MemoryPortal } from '../../support/memory/memory-portal.ts';

const upgrade = ({ table }: MemoryPortal) =>
  migrate({
    table,
    rows: table,
    migrations,
    providerName: 'Annex',
    staffGroup: async () => [],
    pause: async () => {},
  });

/** What the release before did not write of a row. */
function asBefore({ pk, sk, ...row }: Item): Action[] {
  const isBooked =
    /^(INVOICE|CREDIT-NOTE|PAYMENT|JOURNAL)/.test(sk) || /^(INVOICE-NUMBER|UNASSIGNED)/.test(pk);
  if (!isBooked) return [];
  const own = sk.startsWith('INVOICE#') ? [] : ['gsi1pk', 'gsi1sk'];
  const added = [
    ...own,
    'gsi4pk',
    'gsi4sk',
    'bookedOn',
    'on',
    ...(sk.startsWith('JOURNAL') ? ['accountId'] : []),
  ];
  const remove = added.filter((name) => row[name] !== undefined);
  return [{ update: { pk, sk }, set: { schema: 3 }, remove }];
}

test('what was booked by the release before is in the reports as if this one had booked it', async () => {
  const desk = await billingDesk();
  const { portal } = desk;
  const money = (reference: string) => ({
    amount: gbp(400),
    method: 'bank-transfer',
    reference,
    receivedOn: '2026-03-01',
  });
  const { id } = await desk.invoice(1_000);
  await desk.invoice(700, { draft: true });
  await desk.staff('POST', `/invoices/${id}/payments`, money('A'));
  await desk.staff('POST', `/invoices/${id}/credit-notes`, { amount: gbp(50), reason: 'Late' });
  const paid = await desk.invoice(300);
  await desk.staff('POST', `/invoices/${paid.id}/payments`, { ...money('B'), amount: gbp(300) });
  await portal.call('stan', 'POST', '/v1/staff/unassigned-money', { body: money('C') });
  const lists = ['/invoices', '/credit-notes', '/payments', '/reports/journal', '/reports/receivables'];
  const everything = async () => {
    const found = lists.map((path) => allOf(portal, path));
    return Promise.all([...found, allOf(portal, '/unassigned-money', { from: '2026-03-01' })]);
  };
  const before = await everything();
  expect(before.map((items) => items.length)).toEqual([2, 1, 2, 5, 1, 1]);
  await portal.table.transact(portal.table.all().flatMap(asBefore));
  expect((await everything()).flat()).toEqual([]);
  await upgrade(portal);
  expect(await everything()).toEqual(before);
  expect((await upgrade(portal)).changed).toBe(0);
});
