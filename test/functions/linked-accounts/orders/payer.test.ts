import { beforeEach, describe, expect, test } from 'vitest';
import { gbp } from '../../../support/desks/billing-desk.ts';
import { type Family, family, type Member } from '../linked-portal.ts';

let here: Family;

beforeEach(async () => {
  here = await family();
});

const unpaid = (account: Member) => here.invoices(account, { status: 'unpaid' });
const credits = async () => [await here.credit(here.main), await here.credit(here.north)];

const renewals = (userId: string, account: Member, ...domains: { id: string }[]) =>
  here.portal.call(userId, 'POST', `${account.base}/cart/domain-renewals`, {
    body: { renewals: domains.map(({ id }) => ({ domainId: id, years: 1 })) },
  });

/** An order of renewals of the payer's own domains, or of those of an account beneath it. */
async function ordersRenewals(payer: Member, forAccount: Member, ...domains: { id: string }[]) {
  if (payer !== forAccount) await here.cartFor(payer.ownerId, payer, forAccount);
  expect(await renewals(payer.ownerId, payer, ...domains)).toMatchObject({ status: 200 });
  return here.checkout(payer.ownerId, payer);
}

/** Staff note money for an invoice; what follows from it is left to be done. */
async function receive(account: Member, { id }: { id: string }, amount: number): Promise<void> {
  const body = {
    amount: gbp(amount),
    method: 'bank-transfer',
    reference: `${id} ${amount}`,
    receivedOn: '2026-03-01',
  };
  expect((await here.staff('POST', `${account.base}/invoices/${id}/payments`, body)).status).toBe(201);
}

describe('what is left of a period when its service becomes cheaper', () => {
  const change = (who: Member, serviceId: string) =>
    here.portal.call(who.ownerId, 'POST', `${here.north.base}/services/${serviceId}/change`, {
      body: { productId: 'prd_small', mode: 'self' },
    });

  /** North's April, invoiced to whoever pays for it then, and paid. */
  async function paidApril(payer: Member): Promise<string> {
    const { id } = await here.service(here.north);
    here.at('2026-03-20');
    await here.portal.renew();
    const [invoice] = await unpaid(payer);
    await here.paid(payer, invoice);
    expect((await here.north.get(`/services/${id}`)).body.nextDueOn).toBe('2026-05-01');
    here.at('2026-04-16');
    return id;
  }

  // Fifteen days of thirty, with tax.
  const half = 775 + 155;

  test('is the account’s that paid for it before it was linked', async () => {
    await here.unlink(here.north);
    const id = await paidApril(here.north);
    expect((await here.link(here.north, here.main, 'aggregated')).status).toBe(200);
    expect((await change(here.main, id)).status).toBe(200);
    expect(await credits()).toEqual([0, half]);
    await here.agree();
  });

  test('is the main account’s that paid for it before the account was unlinked', async () => {
    const id = await paidApril(here.main);
    await here.unlink(here.north);
    expect((await change(here.north, id)).status).toBe(200);
    expect(await credits()).toEqual([half, 0]);
    await here.agree();
  });

  test('is the main account’s that ordered it, in its first period too', async () => {
    const { order, invoice } = await here.orderedFor(here.main, here.north);
    await here.paid(here.main, invoice);
    const path = `/v1/staff/orders/${order.id}/approve`;
    expect((await here.staff('POST', path, { startOn: '2026-03-01' })).status).toBe(200);
    await here.unlink(here.north);
    here.at('2026-03-12');
    const [service] = await here.services(here.north);
    expect((await change(here.north, service.id)).status).toBe(200);
    expect(await credits()).toEqual([1200, 0]);
    await here.agree();
  });
});

describe('the unpaid invoice of an order that the main account approved', () => {
  const actions = async (account: Member, orderId: string): Promise<string[]> => {
    const { items } = (await account.get('/activity', { limit: '100' })).body;
    return items
      .filter(({ subject }: any) => subject.id === orderId)
      .map(({ action }: { action: string }) => action);
  };

  test('takes the order with it when staff cancel it, and both accounts are told', async () => {
    const { order } = await here.ordered(here.north);
    const body = { paymentMethod: 'bank-transfer' };
    const approved = await here.decide(here.main.ownerId, here.main, order.id, 'approve', body);
    expect(approved.status).toBe(200);
    const { id } = approved.body.invoice;
    expect((await here.staff('POST', `${here.main.base}/invoices/${id}/cancel`)).status).toBe(200);
    expect(await here.orders(here.north)).toMatchObject([{ id: order.id, status: 'cancelled' }]);
    for (const account of [here.main, here.north]) {
      expect(await actions(account, order.id)).toContain('order.cancelled');
    }
    await here.agree();
  });
});

const ownOrBeneath: [string, () => Member][] = [
  ['its own', () => here.main],
  ['a linked account’s', () => here.north],
];

describe.each(ownOrBeneath)('an account that orders renewals of %s domains', (_, forAccount) => {
  test('has back as credit what it paid of the invoices they stood on', async () => {
    const one = await here.domain(forAccount(), 'one', '2026-03-11');
    const two = await here.domain(forAccount(), 'two', '2026-03-12');
    await here.portal.renew();
    const invoices = await unpaid(here.main);
    expect(invoices).toHaveLength(2);
    for (const invoice of invoices) await receive(here.main, invoice, 100);
    const done = await ordersRenewals(here.main, forAccount(), one, two);
    expect(done).toMatchObject({ status: 201, body: { invoice: { total: gbp(2000) } } });
    expect(await credits()).toEqual([200, 0]);
    for (const { id } of invoices) {
      expect((await here.main.get(`/invoices/${id}`)).body.status).toBe('refunded');
    }
    await here.agree();
  });

  test('has an earlier order cancelled with its invoice when it orders them again', async () => {
    const domain = await here.domain(forAccount(), 'one', '2026-03-11');
    const first = await ordersRenewals(here.main, forAccount(), domain);
    const second = await ordersRenewals(here.main, forAccount(), domain);
    expect([first.status, second.status]).toEqual([201, 201]);
    const read = async (what: string) => (await here.main.get(what)).body.status;
    expect(await read(`/orders/${first.body.order.id}`)).toBe('cancelled');
    expect(await read(`/invoices/${first.body.invoice.id}`)).toBe('cancelled');
    expect(await read(`/orders/${second.body.order.id}`)).toBe('awaiting-payment');
    expect(await unpaid(here.main)).toMatchObject([{ id: second.body.invoice.id }]);
    await here.agree();
  });

  test('is invoiced for them by the job once it took its unpaid order back', async () => {
    const domain = await here.domain(forAccount(), 'one', '2026-03-11');
    const { body } = await ordersRenewals(here.main, forAccount(), domain);
    await here.portal.renew();
    expect(await unpaid(here.main)).toMatchObject([{ id: body.invoice.id }]);
    const taken = await here.main.post(`/orders/${body.order.id}/cancel`);
    expect(taken).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    expect(await unpaid(here.main)).toEqual([]);
    await here.portal.renew();
    const invoices = await unpaid(here.main);
    expect(invoices).toMatchObject([{ total: gbp(1000), orderId: null }]);
    expect(invoices[0].lines).toMatchObject([{ relatesTo: { id: domain.id } }]);
    expect(await here.invoices(here.north)).toEqual([]);
    await here.agree();
  });
});

describe('a renewal that waits for the main account', () => {
  test('is not approved at a price that is not its price any more', async () => {
    const domain = await here.domain(here.north, 'north', '2026-03-11');
    const { order } = (await ordersRenewals(here.north, here.north, domain)).body;
    expect(order).toMatchObject({ status: 'awaiting-main-account', total: gbp(1000) });
    await here.give(here.main, 20_000);
    here.at('2026-04-20');
    const approved = await here.decide(here.main.ownerId, here.main, order.id, 'approve', {
      paymentMethod: 'credit',
    });
    expect(approved.status).toBe(409);
    expect(await here.orders(here.north)).toMatchObject([{ status: 'awaiting-main-account' }]);
    expect(await here.invoices(here.main)).toEqual([]);
    expect(await here.credit(here.main)).toBe(20_000);
  });
});

describe('a planned change of a service whose next period was paid just now', () => {
  test('waits until that is booked, and keeps nothing else from being invoiced', async () => {
    const { id } = await here.service(here.north);
    here.at('2026-03-20');
    await here.portal.renew();
    const other = await here.service(here.north, { startOn: '2026-03-10', nextDueOn: '2026-04-10' });
    const planned = { productId: 'prd_small', mode: 'self', on: '2026-03-27' };
    expect((await here.north.post(`/services/${id}/change`, planned)).status).toBe(200);
    const [invoice] = await unpaid(here.main);
    await receive(here.main, invoice, invoice.total.amount);
    here.at('2026-03-27');
    await here.portal.renew();
    const invoices = await unpaid(here.main);
    expect(invoices).toHaveLength(1);
    expect(invoices[0].lines).toMatchObject([{ relatesTo: { id: other.id } }]);
    const service = async () => (await here.north.get(`/services/${id}`)).body;
    expect(await service()).toMatchObject({ productId: 'prd_basic', nextDueOn: '2026-04-01' });
    await here.portal.deliver();
    expect((await service()).nextDueOn).toBe('2026-05-01');
    here.at('2026-03-28');
    await here.portal.renew();
    expect(await service()).toMatchObject({ productId: 'prd_small', plannedChange: null });
    await here.agree();
  });
});

describe('a renewal that the registrar refuses', () => {
  test('comes back to the main account, which alone is told of the money', async () => {
    await here.domain(here.north, 'north', '2026-03-11');
    here.portal.registrar.registrations.set('north.com', '2026-03-11');
    await here.portal.renew();
    const [invoice] = await unpaid(here.main);
    await here.paid(here.main, invoice);
    here.portal.mails.length = 0;
    here.portal.registrar.mode = () => 'refuse';
    await here.portal.passRenewals();
    await here.portal.deliver();
    const told = (address: string) =>
      here.portal.mails
        .filter(({ destinations, text, subject }) => {
          const isAbout = `${subject} ${text}`.includes('north.com');
          return isAbout && destinations.includes(address);
        })
        .map(({ text, html, subject }) => `${subject} ${text} ${html}`);
    const [main, north] = [told('owner@main.test'), told('owner@north.test')];
    expect([main.length, north.length]).toEqual([1, 1]);
    expect(main[0]).toContain('10.00');
    expect(north[0]).not.toMatch(/\d\.\d\d|GBP/);
    expect(await credits()).toEqual([1000, 0]);
    await here.agree();
  });
});

describe('credit for one of two equal things, the main account’s own and one beneath it,', () => {
  const paying = ({ items }: { items: { kind: string; accountId: string; amount?: object }[] }) =>
    items.filter(({ kind }) => kind === 'auto-pay').map(({ accountId, amount }) => ({ accountId, amount }));

  beforeEach(async () => {
    await here.portal.call(here.main.ownerId, 'PATCH', here.main.base, { body: { autoPayFromCredit: true } });
    await here.service(here.main);
    await here.give(here.main, 3720);
    here.at('2026-03-20');
  });

  /** What the plan, the preview and the run itself say of paying, in this order. */
  const said = async () => [
    paying(await here.portal.planRenewals()),
    paying((await here.staff('GET', '/v1/staff/renewals/preview')).body),
    paying(await here.portal.renew()),
  ];

  test('is foretold to pay one of two invoices, and pays one', async () => {
    await here.service(here.north, { startOn: '2026-03-02', nextDueOn: '2026-04-02' });
    const one = [{ accountId: here.main.id, amount: gbp(3720) }];
    expect(await said()).toEqual([one, one, one]);
    expect(await here.credit(here.main)).toBe(0);
    expect(await here.invoices(here.main)).toHaveLength(2);
    expect(await unpaid(here.main)).toMatchObject([{ total: gbp(3720) }]);
    await here.agree();
  });

  test('is foretold to pay nothing of one invoice for both, and pays nothing', async () => {
    await here.service(here.north);
    expect(await said()).toEqual([[], [], []]);
    expect(await here.credit(here.main)).toBe(3720);
    expect(await unpaid(here.main)).toMatchObject([{ total: gbp(2 * 3720) }]);
    await here.agree();
  });
});

/** Approves, with one more pound of credit just before the `at`-th look at the table or write to it. */
async function approvedWithGift(here: Family, at: number) {
  const { order } = await here.ordered(here.north);
  await here.give(here.main, 3720);
  let calls = 0;
  let happened = false;
  here.portal.table.before = async () => {
    if (happened || calls++ < at) return;
    happened = true;
    await here.give(here.main, 100);
  };
  const { ownerId } = here.main;
  const approved = await here.decide(ownerId, here.main, order.id, 'approve', { paymentMethod: 'credit' });
  here.portal.table.before = () => {};
  return { approved, happened };
}

test('an approval is paid for though the credit changes at any moment of it', async () => {
  let at = 0;
  for (let going = true; going; at++) {
    const each = await family();
    const { approved, happened } = await approvedWithGift(each, at);
    expect([at, approved.status, approved.body.massPayment?.status]).toEqual([at, 200, 'succeeded']);
    expect(await each.invoices(each.main)).toMatchObject([{ status: 'paid' }]);
    expect([at, await each.credit(each.main)]).toEqual([at, happened ? 100 : 0]);
    await each.agree();
    going = happened;
  }
  expect(at).toBeGreaterThan(5);
});
