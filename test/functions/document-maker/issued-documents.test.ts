import { beforeEach, describe, expect, test } from 'vitest';
import { makeDocument } from '../../../functions/document-maker/make-document.ts';
import type { DocumentRef } from '../../../shared/invoices/documents/document-task.ts';
import { type BillingDesk, billingDesk, gbp } from '../../support/desks/billing-desk.ts';
import { printedDocument, printWaiting } from '../../support/desks/printed-document.ts';
import { untaxed } from '../../support/desks/tax-desk.ts';

let desk: BillingDesk;

const settings = async (changes: object) => {
  const saved = await desk.portal.call('ada', 'PUT', '/v1/staff/settings', { body: changes });
  expect(saved).toMatchObject({ status: 200 });
};
const profile = (changes: object) => desk.owner('PATCH', '', changes);
const printed = (path: string) => printedDocument(desk.portal, desk.ownerId, `${desk.base}${path}`);
const asPdf = (path: string) => desk.owner('GET', path, undefined, { accept: 'application/pdf' });
const isPrinting = {
  status: 503,
  headers: { 'retry-after': '5' },
  body: { type: expect.stringContaining('try-again') },
};
/** A PNG of one pixel. */
const logoOf = (letter: string) =>
  `data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=${letter}`;

beforeEach(async () => {
  desk = await billingDesk();
  desk.portal.addStaff('ada');
  await settings({
    'provider.name': 'Provider Ltd',
    'provider.address': '1 Cable Street\nLondon',
    'provider.taxId': 'GB1',
    'provider.invoiceFooter': 'Bank 1',
  });
  await profile({
    name: 'Acme Ltd',
    address: { line1: '2 Road', city: 'Leeds', country: 'GB' },
    taxId: 'GB2',
  });
});

async function pay(summary: string): Promise<void> {
  await desk.pay(summary, 'sandbox');
  desk.portal.gateway.act(summary, 'pay');
  await desk.event(summary);
}

/** All that can be changed is changed. */
async function changeEverything(): Promise<void> {
  desk.portal.advance(400 * 24 * 3600);
  await settings({
    'provider.name': 'Another Ltd',
    'provider.address': 'Elsewhere',
    'provider.taxId': 'DE9',
    'provider.invoiceFooter': 'Bank 2',
    'provider.logo': logoOf('='),
    'provider.currency': 'EUR',
    'tax.exchangeRates': [{ currency: 'GBP', rate: '1.15', from: '2020-01-01' }],
    'invoices.defaultTaxRate': '99',
    timeZone: 'Asia/Tokyo',
  });
  await profile({ name: 'Acme Group', address: { line1: 'Away' }, taxId: null, language: 'de' });
}

describe('an invoice', () => {
  test('carries who sold, who bought, and its language, from the day on which it got its number', async () => {
    const { id, ...raised } = await desk.invoice(1000);
    const { seller, buyer, language, copies } = raised;
    expect({ seller, buyer, language, copies }).toEqual({
      seller: { name: 'Provider Ltd', address: ['1 Cable Street', 'London'], taxId: 'GB1', footer: 'Bank 1' },
      buyer: {
        name: 'Acme Ltd',
        address: { line1: '2 Road', city: 'Leeds', country: 'GB' },
        taxId: 'GB2',
      },
      language: 'en',
      copies: [],
    });
    await changeEverything();
    expect(await desk.get(`/invoices/${id}`)).toMatchObject({ seller, buyer, language });
  });

  test('is sold by the portal where documents have no name of their own', async () => {
    await settings({ 'provider.name': '' });
    expect((await desk.invoice(1000)).seller.name).toBe('Annex');
  });

  test('has none of them while it is a draft, and those of the day on which it is issued', async () => {
    const draft = await desk.invoice(1000, { draft: true });
    expect(draft).toMatchObject({ seller: null, buyer: null, language: null });
    await settings({ 'provider.name': 'Renamed Ltd' });
    await profile({ language: 'de' });
    const issued = (await desk.staff('POST', `/invoices/${draft.id}/issue`)).body;
    expect(issued).toMatchObject({ seller: { name: 'Renamed Ltd' }, language: 'de' });
  });

  test('is asked for again in a moment while it is not printed, and printed then, though the word was lost', async () => {
    const { id } = await desk.invoice(1000);
    desk.portal.nudged = [];
    expect(await desk.owner('GET', `/invoices/${id}/pdf`)).toMatchObject(isPrinting);
    expect(await asPdf(`/invoices/${id}/pdf`)).toMatchObject(isPrinting);
    await printWaiting(desk.portal);
    expect(await desk.owner('GET', `/invoices/${id}/pdf`)).toMatchObject({
      status: 200,
      body: { url: expect.stringContaining(`/issued/invoices/${id}.pdf`) },
    });
    expect(await asPdf(`/invoices/${id}/pdf`)).toMatchObject({ status: 200 });
  });

  test('shows neither what is paid of it nor what is credited', async () => {
    const { id } = await desk.invoice(1000);
    const { id: summary } = await desk.summary([{ id, amount: gbp(400) }]);
    await pay(summary);
    await desk.staff('POST', `/invoices/${id}/credit-notes`, {
      amount: gbp(100),
      reason: 'Late',
      to: 'credit',
    });
    expect((await printed(`/invoices/${id}/pdf`)).totals.map(({ name }) => name)).toEqual([
      'Subtotal',
      'Tax 0% on 10.00',
      'Total GBP',
    ]);
  });

  test('prints the logo of its day', async () => {
    await settings({ 'provider.logo': logoOf('=') });
    const { id } = await desk.invoice(1000);
    await settings({ 'provider.logo': '' });
    expect((await printed(`/invoices/${id}/pdf`)).seller.logo).not.toBeNull();
  });

  test('in another currency than the provider’s says its taxes in that one too, at the rate of the day', async () => {
    await settings({
      'provider.currency': 'GBP',
      'tax.exchangeRates': [
        { currency: 'JPY', rate: '0.0052', from: '2026-02-01' },
        { currency: 'JPY', rate: '0.0049', from: '2026-03-01' },
        { currency: 'JPY', rate: '0.0060', from: '2026-03-02' },
        { currency: 'EUR', rate: '0.9', from: '2020-01-01' },
      ],
    });
    const lines = [{ ...untaxed(0), unitPrice: { amount: 10_000, currency: 'JPY' }, taxRate: '10' }];
    const { accountingTax } = await desk.invoice(0, { lines });
    expect(accountingTax).toEqual({
      currency: 'GBP',
      exchangeRate: '0.0049',
      from: '2026-03-01',
      taxes: [{ rate: '10', net: gbp(4900), amount: gbp(490) }],
    });
    expect((await desk.invoice(1000)).accountingTax).toBeNull();
    expect((await desk.invoice(1000, {}, 'USD')).accountingTax).toBeNull();
  });

  test('of another account is nobody’s', async () => {
    const { id } = await desk.invoice(1000);
    const other = await billingDesk(desk.portal, 'Other');
    expect(await other.owner('GET', `/invoices/${id}/pdf`)).toMatchObject({ status: 404 });
    expect(await other.owner('GET', `/invoices/${id}/copies/1/pdf`)).toMatchObject({ status: 404 });
    expect(desk.portal.toPrint).toEqual([]);
  });

  test('of a release that kept no parties says for ever what it reads when it is printed', async () => {
    const { id } = await desk.invoice(1000);
    const key = { pk: `ACCOUNT#${desk.accountId}`, sk: `INVOICE#${id}` };
    await desk.portal.table.transact([{ update: key, remove: ['seller', 'buyer', 'language'] }]);
    const before = await printed(`/invoices/${id}/pdf`);
    expect(before.buyer.name).toBe('Acme Ltd');
    await changeEverything();
    expect(await desk.get(`/invoices/${id}`)).toMatchObject({ buyer: { name: 'Acme Ltd' }, language: 'en' });
  });
});

describe('every issued document', () => {
  /** An invoice, its receipt and a credit note to it. */
  async function documents() {
    const { id } = await desk.invoice(1000);
    const { id: summary } = await desk.summary([id]);
    await pay(summary);
    const note = { amount: gbp(100), reason: 'Goodwill', to: 'credit' };
    const { body } = await desk.staff('POST', `/invoices/${id}/credit-notes`, note);
    const [payment] = (await desk.get('/payments')).items;
    return {
      invoice: `/invoices/${id}/pdf`,
      note: `/credit-notes/${body.id}/pdf`,
      receipt: `/payments/${payment.id}/pdf`,
    };
  }

  test('has the same bytes for ever, whatever changes afterwards, and however often its print is asked for', async () => {
    const paths = Object.values(await documents());
    await printWaiting(desk.portal);
    const read = () => Promise.all(paths.map(async (path) => (await asPdf(path)).body));
    const before = await read();
    await changeEverything();
    for (const key of Array.from(desk.portal.files.objects.keys())) {
      const [, kind = '', file = ''] = key.split('/');
      const ref = { kind: kind.slice(0, -1), accountId: desk.accountId, id: file.replace('.pdf', '') };
      await makeDocument(desk.portal.documentMaker(), ref as DocumentRef, desk.portal.now);
    }
    expect(await read()).toEqual(before);
  });

  test('prints what it was given with its number, though it is printed after all has changed', async () => {
    const { invoice, note } = await documents();
    await changeEverything();
    for (const path of [invoice, note]) {
      const { seller, buyer, language } = await printed(path);
      expect({ seller, buyer, language }).toMatchObject({
        seller: {
          name: 'Provider Ltd',
          lines: ['1 Cable Street', 'London', 'Tax ID: GB1'],
          footer: 'Bank 1',
        },
        buyer: { name: 'Acme Ltd', lines: ['2 Road', 'Leeds', 'GB', 'Tax ID: GB2'] },
        language: 'en',
      });
    }
  });

  test('is in its account’s language', async () => {
    await profile({ language: 'de-AT' });
    const { invoice, note, receipt } = await documents();
    const titles: string[] = [];
    for (const path of [invoice, note, receipt]) titles.push((await printed(path)).title);
    expect(titles).toEqual(['Rechnung', 'Rechnungskorrektur', 'Zahlungsbeleg']);
  });

  test('names what it is about: the note its invoice and reason, the receipt what was paid', async () => {
    const { note, receipt } = await documents();
    expect(await printed(note)).toMatchObject({
      number: 'CN-2026-00001',
      facts: [{}, {}, { name: 'For invoice', value: '2026-00001' }],
      totals: [{ value: '1.00' }, {}, { name: 'Total GBP', value: '1.00' }],
      notes: ['Reason: Goodwill'],
    });
    expect(await printed(receipt)).toMatchObject({
      number: 'R-2026-00001',
      table: { rows: [['Invoice 2026-00001', '10.00']] },
      totals: [{ name: 'Total GBP', value: '10.00' }],
    });
  });
});

describe('a receipt', () => {
  const paid = async (amount: number) => {
    const { id } = await desk.invoice(amount);
    const { id: summary } = await desk.summary([id]);
    await pay(summary);
  };

  test('takes a number without gaps when it is printed, once, whoever prints it at the same time', async () => {
    for (const amount of [100, 200, 300]) await paid(amount);
    const { items } = await desk.get('/payments');
    const makers = [...items, ...items].map(({ id }: any) =>
      makeDocument(
        desk.portal.documentMaker(),
        { kind: 'receipt', accountId: desk.accountId, id },
        desk.portal.now,
      ),
    );
    await Promise.all(makers);
    const numbers = (await desk.get('/payments')).items.map(({ receiptNumber }: any) => receiptNumber);
    expect(numbers.toSorted()).toEqual(['R-2026-00001', 'R-2026-00002', 'R-2026-00003']);
    expect(items.map(({ receiptNumber }: any) => receiptNumber)).toEqual([null, null, null]);
  });

  test('says what of the money became credit', async () => {
    const { id } = await desk.invoice(1000);
    await desk.staff('POST', '/payments', {
      amount: gbp(1500),
      method: 'bank',
      reference: 'X1',
      receivedOn: '2026-03-01',
      allocations: [{ invoiceId: id, amount: gbp(1000) }],
    });
    const [payment] = (await desk.get('/payments')).items;
    expect((await printed(`/payments/${payment.id}/pdf`)).table.rows).toEqual([
      ['Invoice 2026-00001', '10.00'],
      ['Kept as your credit', '5.00'],
    ]);
  });
});

describe('a copy', () => {
  const copy = (id: string, body: object = { reason: 'The logo was cut off' }) =>
    desk.staff('POST', `/invoices/${id}/copies`, body);

  test('is printed anew from the same data, marked with its day; the first print stays', async () => {
    const { id } = await desk.invoice(1000);
    const first = await printed(`/invoices/${id}/pdf`);
    await changeEverything();
    const made = await copy(id);
    expect(made).toMatchObject({
      status: 201,
      headers: { location: `${desk.base}/invoices/${id}/copies/1/pdf` },
      body: { copies: [{ number: 1, on: '2027-04-05', reason: 'The logo was cut off' }] },
    });
    const copied = await printed(`/invoices/${id}/copies/1/pdf`);
    expect(copied).toEqual({ ...first, mark: 'Copy of Apr 5, 2027' });
    expect(await printed(`/invoices/${id}/pdf`)).toEqual(first);
    expect((await copy(id)).body.copies).toHaveLength(2);
  });

  test('is made by staff alone, with a reason, of what was issued', async () => {
    const { id } = await desk.invoice(1000);
    const draft = await desk.invoice(1000, { draft: true });
    expect(await desk.owner('POST', `/invoices/${id}/copies`, { reason: 'x' })).toMatchObject({
      status: 403,
    });
    expect(await copy(id, {})).toMatchObject({ status: 400 });
    expect(await copy(draft.id)).toMatchObject({ status: 409 });
    for (const n of ['1', '0', '-1', 'x', '1.5']) {
      expect(await desk.owner('GET', `/invoices/${id}/copies/${n}/pdf`)).toMatchObject({ status: 404 });
    }
  });
});
