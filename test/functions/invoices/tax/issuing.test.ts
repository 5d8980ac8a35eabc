import { beforeEach, describe, expect, test } from 'vitest';
import { type BillingDesk, billingDesk, gbp } from '../../../support/desks/billing-desk.ts';
import { printedDocument } from '../../../support/desks/printed-document.ts';
import { isBuyer, rules, setTaxRules, untaxed } from '../../../support/desks/tax-desk.ts';

let desk: BillingDesk;

beforeEach(async () => {
  desk = await billingDesk();
  await setTaxRules(desk.portal);
});

const at = (day: string) => {
  desk.portal.now = new Date(`${day}T10:00:00Z`);
};
const buyer = (is: Parameters<typeof isBuyer>[2]) => isBuyer(desk.portal, desk.accountId, is);
const lines = (...all: object[]) => ({ lines: all, dueOn: '2026-12-01' });
const raise = async (body: object) => {
  const made = await desk.staff('POST', '/invoices', body);
  expect(made).toMatchObject({ status: 201 });
  return made.body;
};
const ratesOf = ({ lines: all }: any) => all.map(({ taxRate }: any) => taxRate);

describe('an invoice', () => {
  test('has the rate of its buyer’s country, where a line has none of its own', async () => {
    await buyer({ country: 'DE' });
    const made = await raise(lines(untaxed(1000), untaxed(1000, { taxRate: '7.5' })));
    expect(made).toMatchObject({ taxes: [{ rate: '19', amount: gbp(190) }, { rate: '7.5' }], tax: gbp(265) });
    await desk.agree();
  });

  test('has the default rate where no rule applies', async () => {
    expect(ratesOf(await raise(lines(untaxed(1000))))).toEqual(['5']);
    await buyer({ country: 'US' });
    expect(ratesOf(await raise(lines(untaxed(1000))))).toEqual(['5']);
  });

  test.each([
    ['UK', 'GB'],
    ['EL', 'GR'],
  ])('is for %s as for %s', async (country, iso) => {
    await setTaxRules(desk.portal, [{ country: iso, rate: '24', from: '2020-01-01' }]);
    await buyer({ country });
    expect(ratesOf(await raise(lines(untaxed(1000))))).toEqual(['24']);
  });

  test('to a business abroad says in its language who owes the tax, with both tax ids, on such lines alone', async () => {
    await buyer({ country: 'FR', taxId: 'FR83404833048' });
    const own = untaxed(100, { taxRate: '20' });
    const english = await raise(lines(untaxed(1000), own));
    expect(english).toMatchObject({ tax: gbp(20), total: gbp(1120) });
    expect(english.lines.map(({ taxWords }: any) => taxWords)).toEqual([
      'Reverse charge: DE1 to FR83404833048',
      undefined,
    ]);
    await buyer({ country: 'FR', taxId: 'FR83404833048', language: 'de-AT' });
    expect((await raise(lines(untaxed(1000)))).lines[0].taxWords).toBe('Steuerschuld: FR83404833048');
  });

  test.each([
    ['valid', '0'],
    ['invalid', '20'],
    ['unknown', '20'],
  ] as const)('to a buyer whose tax id is %s has the rate %s', async (state, rate) => {
    await buyer({ country: 'FR', taxId: 'FR83404833048', state });
    expect(await raise(lines(untaxed(1000)))).toMatchObject({
      lines: [{ taxRate: rate }],
      buyerTaxId: { taxId: 'FR83404833048', state, at: desk.portal.now.toISOString() },
    });
  });

  test('to a buyer with another tax id than was found valid is one to no business', async () => {
    await buyer({ country: 'FR', taxId: 'FR83404833048' });
    const key = { pk: `ACCOUNT#${desk.accountId}`, sk: 'ACCOUNT' };
    await desk.portal.table.transact([{ update: key, set: { taxId: 'FR00000000000' } }]);
    expect(await raise(lines(untaxed(1000)))).toMatchObject({
      lines: [{ taxRate: '20' }],
      buyerTaxId: { taxId: 'FR00000000000', state: 'unknown', at: null },
    });
  });

  test('keeps its tax, and what was known of the tax id, whatever the buyer and the rules become', async () => {
    await buyer({ country: 'FR', taxId: 'FR83404833048' });
    const { id } = await raise(lines(untaxed(1000)));
    const before = await desk.get(`/invoices/${id}`);
    await buyer({ country: 'DE' });
    await setTaxRules(desk.portal, [{ country: '*', rate: '99', from: '2020-01-01' }]);
    expect(await desk.get(`/invoices/${id}`)).toEqual(before);
    expect((await raise(lines(untaxed(1000)))).buyerTaxId).toBeNull();
  });

  test('with tax included has it taken out at the rate of the rules', async () => {
    await buyer({ country: 'DE' });
    const made = await raise({ ...lines(untaxed(1190)), taxIncluded: true });
    expect(made).toMatchObject({ subtotal: gbp(1000), tax: gbp(190), total: gbp(1190) });
  });
});

describe('a draft', () => {
  const read = async (id: string) => {
    const one = (await desk.staff('GET', `/invoices/${id}`)).body;
    const { items } = (await desk.staff('GET', '/invoices')).body;
    expect(items.find((each: any) => each.id === id)).toEqual(one);
    return one;
  };

  test('shows the tax of today, and takes that of the day on which it gets its number', async () => {
    await buyer({ country: 'DE' });
    const { id, ...draft } = await raise({
      ...lines(untaxed(1000), untaxed(100, { taxRate: '3' })),
      draft: true,
    });
    expect(draft).toMatchObject({ tax: gbp(193), buyerTaxId: null });
    at('2026-04-01');
    expect(await read(id)).toMatchObject({ tax: gbp(213), total: gbp(1313) });
    await buyer({ country: 'FR', taxId: 'FR83404833048' });
    expect(await read(id)).toMatchObject({ lines: [{ taxRate: '0', taxWords: expect.any(String) }, {}] });
    at('2026-04-02');
    const issued = await desk.staff('POST', `/invoices/${id}/issue`);
    expect(issued.body).toMatchObject({
      number: '2026-00001',
      lines: [{ taxRate: '0', taxWords: 'Reverse charge: DE1 to FR83404833048' }, { taxRate: '3' }],
      taxes: [{ rate: '0' }, { rate: '3' }],
      total: gbp(1103),
      balance: gbp(1103),
      buyerTaxId: { taxId: 'FR83404833048', state: 'valid' },
    });
    expect(await read(id)).toEqual(issued.body);
    await desk.agree();
  });

  test('loses the words of a rule that does not apply any more', async () => {
    await buyer({ country: 'FR', taxId: 'FR83404833048' });
    const { id } = await raise({ ...lines(untaxed(1000)), draft: true });
    await buyer({ country: 'DE' });
    const { lines: issued } = (await desk.staff('POST', `/invoices/${id}/issue`)).body;
    expect(issued).toMatchObject([{ taxRate: '19' }]);
    expect(issued[0]).not.toHaveProperty('taxWords');
  });

  test('that nothing is owed of is paid once it is issued, by what it comes to then', async () => {
    await buyer({ country: 'DE' });
    const { id } = await raise({ ...lines(untaxed(0)), draft: true });
    expect((await desk.staff('POST', `/invoices/${id}/issue`)).body).toMatchObject({ status: 'paid' });
  });

  test('that was cancelled is as it was', async () => {
    await buyer({ country: 'DE' });
    const { id } = await raise({ ...lines(untaxed(1000)), draft: true });
    await desk.staff('POST', `/invoices/${id}/cancel`);
    at('2026-04-01');
    expect(await read(id)).toMatchObject({ status: 'cancelled', tax: gbp(190) });
  });
});

describe('a quote', () => {
  const offer = async (...all: object[]) => {
    const body = { subject: 'Hosting', lines: all, validUntil: '2026-04-30' };
    return (await desk.staff('POST', '/quotes', body)).body;
  };
  const read = async (id: string) => {
    const one = await desk.get(`/quotes/${id}`);
    expect((await desk.get('/quotes')).items).toContainEqual(one);
    return one;
  };

  test('shows the tax of today, and is billed and kept at that of the day on which it is accepted', async () => {
    await buyer({ country: 'DE' });
    const { id, tax } = await offer(untaxed(1000), untaxed(100, { taxRate: '3' }));
    expect(tax).toEqual(gbp(193));
    at('2026-04-01');
    expect(await read(id)).toMatchObject({ tax: gbp(213), total: gbp(1313) });
    const accepted = (await desk.owner('POST', `/quotes/${id}/accept`)).body;
    expect(accepted).toMatchObject({ status: 'accepted', total: gbp(1313) });
    await setTaxRules(desk.portal, []);
    expect(await read(id)).toEqual(accepted);
    expect(await desk.get(`/invoices/${accepted.invoiceId}`)).toMatchObject({
      lines: [{ taxRate: '21' }, { taxRate: '3' }],
      total: gbp(1313),
    });
    await desk.agree();
  });

  test('that was declined or has ended stays as it was last stored', async () => {
    await buyer({ country: 'DE' });
    const [declined, ended] = [await offer(untaxed(1000)), await offer(untaxed(1000))];
    await desk.owner('POST', `/quotes/${declined.id}/decline`);
    at('2026-05-01');
    for (const { id } of [declined, ended]) expect(await read(id)).toMatchObject({ tax: gbp(190) });
  });
});

describe('the PDF', () => {
  const printed = (id: string) => printedDocument(desk.portal, 'stan', `${desk.base}/invoices/${id}/pdf`);

  test('says once what has to be said of the tax', async () => {
    await buyer({ country: 'FR', taxId: 'FR83404833048' });
    const { id } = await raise(lines(untaxed(1000), untaxed(500), untaxed(100, { taxRate: '20' })));
    expect((await printed(id)).notes).toEqual(['Reverse charge: DE1 to FR83404833048']);
  });

  test('of a draft is taxed as of today each time that it is looked at', async () => {
    await buyer({ country: 'DE' });
    const { id } = await raise({ ...lines(untaxed(1000)), draft: true });
    expect((await printed(id)).totals[1]).toEqual({ name: 'Tax 19% on 10.00', value: '1.90' });
    at('2026-04-01');
    expect((await printed(id)).totals[1]).toEqual({ name: 'Tax 21% on 10.00', value: '2.10' });
  });
});

test('a row of before the rules keeps the rate that it was written with', async () => {
  await buyer({ country: 'DE' });
  const { id } = await raise({ ...lines(untaxed(1000)), draft: true });
  const key = { pk: `ACCOUNT#${desk.accountId}`, sk: `INVOICE#${id}` };
  const row = (await desk.portal.table.get(key))!;
  const [{ taxClass: _, ...line }] = row['lines'] as [{ taxClass: unknown }];
  await desk.portal.table.transact([{ update: key, set: { lines: [line] } }]);
  await setTaxRules(desk.portal, [...rules, { country: 'DE', rate: '25', from: '2026-02-01' }]);
  expect((await desk.staff('POST', `/invoices/${id}/issue`)).body).toMatchObject({ tax: gbp(190) });
});
