import { beforeEach, expect, test } from 'vitest';
import { migrate } from '../../../shared/migrations/migrate.ts';
import { migrations } from '../../../shared/migrations/migrations.ts';
import { type BillingDesk, billingDesk } from '../../support/desks/billing-desk.ts';
import { printedDocument } from '../../support/desks/printed-document.ts';

let desk: BillingDesk;

beforeEach(async () => {
  desk = await billingDesk();
  desk.portal.addStaff('ada');
});

const settings = (body: object) => desk.portal.call('ada', 'PUT', '/v1/staff/settings', { body });
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

/** An invoice as the release before has written it. */
async function invoiceOfBefore(extra: object = {}): Promise<string> {
  const { id } = await desk.invoice(1000, extra as Record<string, unknown>);
  const update = { pk: `ACCOUNT#${desk.accountId}`, sk: `INVOICE#${id}` };
  await desk.portal.table.transact([{ update, set: { schema: 3 }, remove: ['seller', 'buyer', 'language'] }]);
  return id;
}

test('an invoice of before says for ever what it read when the release came', async () => {
  await settings({ 'provider.address': 'Old Street' });
  await desk.owner('PATCH', '', { name: 'Acme Ltd' });
  const id = await invoiceOfBefore();
  expect(await desk.get(`/invoices/${id}`)).toMatchObject({ seller: null, buyer: null, language: null });
  await upgrade();
  await settings({ 'provider.address': 'New Street', 'provider.name': 'New Ltd' });
  await desk.owner('PATCH', '', { name: 'Acme Group', language: 'de' });
  await upgrade();
  expect(await desk.get(`/invoices/${id}`)).toMatchObject({
    seller: { name: 'Annex', address: ['Old Street'] },
    buyer: { name: 'Acme Ltd' },
    language: 'en',
  });
  expect(await printedDocument(desk.portal, desk.ownerId, `${desk.base}/invoices/${id}/pdf`)).toMatchObject({
    buyer: { name: 'Acme Ltd' },
  });
});

test('a draft of before has nothing yet that it says', async () => {
  const id = await invoiceOfBefore({ draft: true });
  await upgrade();
  expect((await desk.staff('GET', `/invoices/${id}`)).body).toMatchObject({ seller: null });
});

test('the logo of before is kept for the documents that name it', async () => {
  const logo =
    'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  await settings({ 'provider.logo': logo });
  const { table } = desk.portal;
  for (const { pk, sk } of table.all().filter((row) => row.pk.startsWith('LOGO#'))) {
    await table.transact([{ delete: { pk, sk } }]);
  }
  const id = await invoiceOfBefore();
  await upgrade();
  await settings({ 'provider.logo': '' });
  const { seller } = await printedDocument(desk.portal, desk.ownerId, `${desk.base}/invoices/${id}/pdf`);
  expect(seller.logo).not.toBeNull();
});
