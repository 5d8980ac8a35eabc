import { beforeEach, describe, expect, test } from 'vitest';
import { gbp } from '../../../support/desks/billing-desk.ts';
import { type Family, family, type Member } from '../linked-portal.ts';

let here: Family;

beforeEach(async () => {
  here = await family();
});

const unpaid = (account: Member) => here.invoices(account, { status: 'unpaid' });

/** For which accounts the lines of invoices are; an account's own lines may go without saying. */
const linesFor = (invoices: any[], payer: Member): string[] =>
  invoices
    .flatMap(({ lines }) => lines)
    .filter(({ credited }: any) => credited === undefined)
    .map(({ relatesTo }: any) => relatesTo.accountId ?? payer.id)
    .toSorted((a: string, b: string) => a.localeCompare(b));

const sorted = (...accounts: Member[]) => accounts.map(({ id }) => id).toSorted((a, b) => a.localeCompare(b));

/** Pays all that an account owes, and what follows from it. */
async function payAll(account: Member): Promise<void> {
  for (const invoice of await unpaid(account)) await here.paid(account, invoice);
  await here.portal.deliver();
  await here.portal.passRenewals();
  await here.portal.deliver();
}

describe('the renewals job', () => {
  test('bills an aggregated account to its main account, and an independent one to itself', async () => {
    const { main, north, south, west, stranger } = here;
    for (const account of [main, north, south, west, stranger]) await here.service(account);
    here.at('2026-03-20');
    await here.portal.renew();
    expect(linesFor(await unpaid(main), main)).toEqual(sorted(main, north, south));
    expect(linesFor(await unpaid(west), west)).toEqual(sorted(west));
    expect(linesFor(await unpaid(stranger), stranger)).toEqual(sorted(stranger));
    expect([await here.invoices(north), await here.invoices(south)]).toEqual([[], []]);
    const total = (await unpaid(main)).reduce((sum, invoice) => sum + invoice.total.amount, 0);
    expect(total).toBe(3 * 3720);
    await here.agree();
  });

  test('makes one invoice of what an account has due on one day, each line naming that account', async () => {
    await here.service(here.north);
    await here.domain(here.north, 'north', '2026-04-01');
    here.at('2026-03-20');
    await here.portal.renew();
    const invoices = await unpaid(here.main);
    expect(invoices).toMatchObject([{ total: gbp(3720 + 1000), dueOn: '2026-04-01' }]);
    for (const line of invoices[0].lines) {
      expect(line.relatesTo).toMatchObject({ accountId: here.north.id });
      expect(JSON.stringify(line)).toContain('North');
    }
  });

  test('bills each period once, run twice or late', async () => {
    await here.service(here.north);
    for (const day of ['2026-03-20', '2026-03-20', '2026-03-25']) {
      here.at(day);
      await here.portal.renew();
    }
    expect(await unpaid(here.main)).toMatchObject([{ total: gbp(3720), dueOn: '2026-04-01' }]);
  });

  test('does as it foretold', async () => {
    await here.service(here.north);
    await here.service(here.west);
    here.at('2026-03-20');
    const plan = await here.portal.planRenewals();
    const done = await here.portal.renew();
    const invoicesOf = (items: any[]) =>
      items
        .filter(({ kind }) => kind === 'invoice')
        .map(({ accountId, subject, amount }) => [accountId, subject.name, amount]);
    expect(invoicesOf(plan.items)).toHaveLength(2);
    expect(invoicesOf(plan.items)).toEqual(invoicesOf(done.items));
  });

  test('bills the account itself from the period after it was unlinked on', async () => {
    const service = await here.service(here.north);
    here.at('2026-03-20');
    await here.portal.renew();
    await here.unlink(here.north);
    await here.portal.renew();
    expect(await here.invoices(here.north)).toEqual([]);
    expect(linesFor(await unpaid(here.main), here.main)).toEqual(sorted(here.north));
    await payAll(here.main);
    expect((await here.north.get(`/services/${service.id}`)).body).toMatchObject({ nextDueOn: '2026-05-01' });
    here.at('2026-04-20');
    await here.portal.renew();
    expect(await unpaid(here.north)).toMatchObject([{ total: gbp(3720), dueOn: '2026-05-01' }]);
    expect(await unpaid(here.main)).toEqual([]);
    await here.agree();
  });

  test('bills the account itself from the period after it became independent on', async () => {
    await here.service(here.north);
    await here.link(here.north, here.main, 'independent');
    here.at('2026-03-20');
    await here.portal.renew();
    expect(await unpaid(here.north)).toMatchObject([{ total: gbp(3720) }]);
    expect(await unpaid(here.main)).toEqual([]);
  });

  test('bills the main account from the period after it was linked on', async () => {
    const service = await here.service(here.stranger);
    here.at('2026-03-20');
    await here.portal.renew();
    await here.link(here.stranger, here.main, 'aggregated');
    await here.portal.renew();
    expect(await unpaid(here.main)).toEqual([]);
    await payAll(here.stranger);
    expect((await here.stranger.get(`/services/${service.id}`)).body.nextDueOn).toBe('2026-05-01');
    here.at('2026-04-20');
    await here.portal.renew();
    expect(linesFor(await unpaid(here.main), here.main)).toEqual(sorted(here.stranger));
    expect(await unpaid(here.stranger)).toEqual([]);
  });

  test('bills whether management is on or off', async () => {
    await here.set({ 'linkedAccounts.management': false });
    await here.service(here.north);
    here.at('2026-03-20');
    await here.portal.renew();
    expect(linesFor(await unpaid(here.main), here.main)).toEqual(sorted(here.north));
    expect(await here.invoices(here.north)).toEqual([]);
  });

  test('bills a period once, whoever leaves or comes while it runs', async () => {
    await here.service(here.north);
    await here.service(here.stranger);
    here.at('2026-03-20');
    await Promise.all([
      here.portal.renew(),
      here.unlink(here.north),
      here.link(here.stranger, here.main, 'aggregated'),
    ]);
    await here.portal.renew();
    for (const account of [here.north, here.stranger]) {
      const all = [...(await unpaid(here.main)), ...(await unpaid(account))];
      expect(linesFor(all, account).filter((id) => id === account.id)).toHaveLength(1);
    }
    await here.agree();
  });

  test('pays from the main account’s credit where that asked for it, never from the linked one’s', async () => {
    await here.service(here.north);
    await here.give(here.north, 5000);
    await here.portal.call(here.north.ownerId, 'PATCH', here.north.base, {
      body: { autoPayFromCredit: true },
    });
    here.at('2026-03-20');
    await here.portal.renew();
    here.at('2026-04-01');
    await here.portal.renew();
    expect(await here.credit(here.north)).toBe(5000);
    expect(await unpaid(here.main)).toHaveLength(1);
    await here.give(here.main, 5000);
    await here.portal.call(here.main.ownerId, 'PATCH', here.main.base, { body: { autoPayFromCredit: true } });
    here.at('2026-04-02');
    await here.portal.renew();
    expect(await unpaid(here.main)).toEqual([]);
    expect([await here.credit(here.main), await here.credit(here.north)]).toEqual([1280, 5000]);
    await here.agree();
  });
});

describe('what the main account has paid', () => {
  test('prolongs the linked account’s services and domains', async () => {
    const service = await here.service(here.north);
    const domain = await here.domain(here.north, 'north', '2026-04-01');
    here.portal.registrar.registrations.set('north.com', '2026-04-01');
    here.at('2026-03-20');
    await here.portal.renew();
    await payAll(here.main);
    expect((await here.north.get(`/services/${service.id}`)).body).toMatchObject({ nextDueOn: '2026-05-01' });
    expect((await here.north.get(`/domains/${domain.id}`)).body).toMatchObject({ expiresOn: '2027-04-01' });
    expect(here.portal.registrar.renewed).toEqual([{ name: 'north.com', from: '2026-04-01', years: 1 }]);
    await here.agree();
  });

  test('comes back as its credit, with mail to it, where the registrar refuses for good', async () => {
    const domain = await here.domain(here.north, 'north', '2026-03-11');
    here.portal.registrar.registrations.set('north.com', '2026-03-11');
    await here.portal.renew();
    here.portal.registrar.mode = () => 'refuse';
    await payAll(here.main);
    here.portal.mails.length = 0;
    for (let hour = 0; hour < 3; hour++) {
      here.portal.advance(3600);
      await here.portal.passRenewals();
    }
    await here.portal.deliver();
    expect((await here.north.get(`/domains/${domain.id}`)).body).toMatchObject({ expiresOn: '2026-03-11' });
    expect([await here.credit(here.main), await here.credit(here.north)]).toEqual([1000, 0]);
    await here.agree();
  });

  test('is told of to the main account when the registrar has refused', async () => {
    await here.domain(here.north, 'north', '2026-03-11');
    here.portal.registrar.registrations.set('north.com', '2026-03-11');
    here.portal.registrar.mode = () => 'refuse';
    await here.portal.renew();
    await payAll(here.main);
    for (let hour = 0; hour < 3; hour++) {
      here.portal.advance(3600);
      await here.portal.passRenewals();
    }
    await here.portal.deliver();
    const told = here.portal.mails.filter(
      ({ text, destinations }) => text?.includes('10.00') && destinations.includes('owner@main.test'),
    );
    expect(told.some(({ text, subject }) => `${subject} ${text}`.includes('north.com'))).toBe(true);
  });
});

describe.each([
  ['its own owner', () => here.north.ownerId],
  ['the main account’s owner', () => here.main.ownerId],
])('a service of an aggregated account, managed by %s,', (_, who) => {
  let id: string;

  beforeEach(async () => {
    ({ id } = await here.service(here.north));
  });

  const post = (what: string, body: object) =>
    here.portal.call(who(), 'POST', `${here.north.base}/services/${id}/${what}`, { body });
  const change = (productId: string) => post('change', { productId, mode: 'self' });

  test('is invoiced to the main account where it becomes dearer', async () => {
    here.at('2026-03-12');
    expect((await change('prd_big')).status).toBe(200);
    const invoices = await unpaid(here.main);
    // Twenty days of thirty-one.
    expect(invoices).toMatchObject([{ subtotal: gbp(2000), total: gbp(2400) }]);
    expect(linesFor(invoices, here.main)).toEqual(sorted(here.north));
    expect(await here.invoices(here.north)).toEqual([]);
    await here.agree();
  });

  test('is credited to the main account where it becomes cheaper', async () => {
    here.at('2026-03-20');
    await here.portal.renew();
    await payAll(here.main);
    here.at('2026-04-11');
    expect((await change('prd_small')).status).toBe(200);
    expect([await here.credit(here.main), await here.credit(here.north)]).toEqual([1240, 0]);
    expect(await unpaid(here.main)).toEqual([]);
    await here.agree();
  });

  test('costs the main account what a pause costs', async () => {
    await here.set({ 'services.pauseFee': { GBP: 500 } });
    expect((await post('pause', {})).status).toBe(200);
    const invoices = await unpaid(here.main);
    expect(invoices).toMatchObject([{ total: gbp(600) }]);
    expect(linesFor(invoices, here.main)).toEqual(sorted(here.north));
    expect(await here.invoices(here.north)).toEqual([]);
    await here.agree();
  });

  const leaving: [string, () => ReturnType<typeof post>][] = [
    ['changed', () => change('prd_small')],
    ['paused', () => post('pause', { until: '2026-03-25' })],
    ['cancelled', () => post('cancel', { when: 'period-end', reason: 'Moving' })],
  ];

  test.each(leaving)(
    'takes its coming period off the main account’s invoice when %s',
    async (what, leave) => {
      await here.service(here.main);
      here.at('2026-03-20');
      await here.portal.renew();
      expect((await unpaid(here.main)).reduce((sum, { total }) => sum + total.amount, 0)).toBe(2 * 3720);
      expect((await leave()).status).toBe(200);
      const left = await unpaid(here.main);
      expect(linesFor(left, here.main)).toEqual(sorted(here.main));
      expect(left.reduce((sum, { balance }) => sum + balance.amount, 0)).toBe(3720);
      expect(await here.invoices(here.north)).toEqual([]);
      if (what !== 'changed') expect(await here.credit(here.main)).toBe(0);
      await here.agree();
    },
  );
});

describe('a service of an independent account', () => {
  test('is billed and credited to that account, whoever pauses it', async () => {
    const { id } = await here.service(here.west);
    await here.set({ 'services.pauseFee': { GBP: 500 } });
    const path = `${here.west.base}/services/${id}/pause`;
    expect((await here.portal.call(here.main.ownerId, 'POST', path, { body: {} })).status).toBe(200);
    expect(await unpaid(here.west)).toMatchObject([{ total: gbp(600) }]);
    expect(await here.invoices(here.main)).toEqual([]);
    expect((await here.west.post(`/services/${id}/resume`)).status).toBe(200);
    here.at('2026-03-20');
    await here.portal.renew();
    await payAll(here.west);
    const change = { productId: 'prd_small', mode: 'self' };
    expect((await here.west.post(`/services/${id}/change`, change)).status).toBe(200);
    expect(await here.credit(here.west)).toBeGreaterThan(0);
    expect(await here.credit(here.main)).toBe(0);
  });
});

describe('what falls due on one day', () => {
  test('for a main account and those aggregated beneath it is one invoice, planned as it is raised', async () => {
    const own = await here.service(here.main);
    const theirs = await here.service(here.north);
    const south = await here.service(here.south);
    const west = await here.service(here.west);
    here.at('2026-03-20');
    const { items } = await here.portal.renew();
    expect(items.filter(({ kind }) => kind === 'invoice')).toHaveLength(4);
    const invoices = await here.invoices(here.main);
    expect(invoices).toHaveLength(1);
    const about = new Map(invoices[0].lines.map(({ relatesTo }: any) => [relatesTo.id, relatesTo.accountId]));
    expect(about).toEqual(
      new Map([
        [own.id, undefined],
        [theirs.id, here.north.id],
        [south.id, here.south.id],
      ]),
    );
    expect((await here.invoices(here.west))[0].lines[0].relatesTo).toMatchObject({ id: west.id });
    expect((await here.portal.renew()).items).toEqual([]);
    await here.agree();
  });

  test('for a hundred linked accounts is a few invoices, each thing on one of them', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `Branch ${index}`);
    for (const name of names) {
      const { accountId } = await here.portal.createAccount(name, `${name.replace(' ', '')}@branch.test`);
      await here.link({ id: accountId }, here.main, 'aggregated');
      await here.service({ id: accountId, base: `/v1/accounts/${accountId}` } as never);
    }
    here.at('2026-03-20');
    await here.portal.renew();
    const invoices = await here.invoices(here.main);
    expect(invoices.length).toBe(3);
    const billed = invoices.flatMap(({ lines }) => lines.map(({ relatesTo }: any) => relatesTo.accountId));
    expect(new Set(billed).size).toBe(100);
    expect(billed).toHaveLength(100);
  });
});
