import { beforeEach, describe, expect, test } from 'vitest';
import { gbp, line } from '../../../support/desks/billing-desk.ts';
import { type DomainDesk, domainDesk } from '../../../support/desks/domain-desk.ts';
import { interrupt } from '../../../support/faults/stoppages.ts';

let desk: DomainDesk;

beforeEach(async () => {
  desk = await domainDesk();
});

const eur = (amount: number) => ({ amount, currency: 'EUR' });
const change = (currency = 'EUR') => desk.staff('PATCH', '', { currency });
const currency = async () => (await desk.portal.people.account(desk.accountId))!.currency;

const hosting = { id: 'prd_host', name: 'Host', kind: 'hosting' };
const monthly = [
  { cycle: 'monthly', price: gbp(500) },
  { cycle: 'monthly', price: eur(600) },
];
const catalogue = () =>
  desk.portal.call('stan', 'PUT', '/v1/staff/products', {
    body: { items: [{ ...hosting, prices: monthly }] },
  });
async function ordered() {
  await catalogue();
  await desk.owner('POST', '/cart/items', { productId: 'prd_host', cycle: 'monthly' });
  return desk.checkout();
}
const service = (extra: object = {}) =>
  desk.staff('POST', '/services', {
    name: 'Host',
    cycle: 'monthly',
    startOn: '2026-03-01',
    price: gbp(500),
    ...extra,
  });
const quote = () =>
  desk.staff('POST', '/quotes', { subject: 'Q', lines: [line(100)], validUntil: '2026-03-10' });
const draft = () => desk.staff('POST', '/invoices', { lines: [line(1)], dueOn: '2026-03-15', draft: true });
const credit = (amount: number) => desk.staff('POST', '/credit', { amount: gbp(amount), reason: 'Goodwill' });

describe('the currency of an account with which nothing is open', () => {
  test('is changed by staff, told to its owner, and in the log', async () => {
    await desk.portal.deliver();
    desk.portal.mails.length = 0;
    expect(await change()).toMatchObject({ status: 200, body: { currency: 'EUR' } });
    await desk.portal.deliver();
    expect(desk.portal.mails).toHaveLength(1);
    expect(JSON.stringify(desk.portal.mails[0])).toContain('the currency');
    const [entry] = (await desk.get('/activity')).items;
    expect(entry).toMatchObject({
      action: 'profile.changed',
      before: { currency: 'GBP' },
      after: { currency: 'EUR' },
    });
    expect((await desk.get('/credit')).balance).toEqual(eur(0));
  });

  test('is not the owner’s to change, nor of anybody who may change the profile', async () => {
    const { userId } = await desk.portal.createSubAccount(desk.ownerId, desk.accountId, 'p@acme.test', [
      'profile',
    ]);
    for (const user of [desk.ownerId, userId]) {
      const refused = await desk.portal.call(user, 'PATCH', desk.base, { body: { currency: 'EUR' } });
      expect(refused).toMatchObject({ status: 403, body: { reason: 'setting' } });
      expect(refused.body).not.toHaveProperty('requestAccess');
    }
    expect(await currency()).toBe('GBP');
  });

  test('is one of ISO 4217', async () => {
    expect((await change('XXQ')).status).toBe(400);
    expect(await currency()).toBe('GBP');
  });

  test('is changed with other fields or not at all', async () => {
    await credit(1);
    expect((await desk.staff('PATCH', '', { currency: 'EUR', name: 'Other' })).status).toBe(409);
    expect(await desk.get('')).toMatchObject({ name: 'Acme', currency: 'GBP' });
    expect(await desk.staff('PATCH', '', { currency: 'GBP', name: 'Other' })).toMatchObject({ status: 200 });
  });
});

describe('an account keeps its currency while it has', () => {
  const things: [string, () => Promise<unknown>, string, (() => Promise<unknown>)?][] = [
    [
      'an unpaid invoice',
      () => desk.invoice(100),
      'invoices or drafts',
      async () => {
        const [{ id }] = (await desk.get('/invoices')).items;
        await desk.staff('POST', `/invoices/${id}/cancel`);
      },
    ],
    ['a draft', draft, 'invoices or drafts'],
    ['an open quote', quote, 'open quotes', async () => (desk.portal.now = new Date('2026-03-11T10:00:00Z'))],
    ['credit', () => credit(100), 'credit', () => credit(-100)],
    [
      'a service',
      service,
      'services',
      async () => {
        const [{ id }] = (await desk.get('/services')).items;
        await desk.staff('POST', `/services/${id}/cancel`, { when: 'now', reason: 'Over' });
      },
    ],
    [
      'a domain that renews by itself',
      () => desk.domain('one', '2026-09-01', { autoRenew: true }),
      'domains that renew by themselves',
      async () => {
        const [{ id }] = (await desk.get('/domains')).items;
        await desk.owner('PATCH', `/domains/${id}`, { autoRenew: false });
      },
    ],
  ];

  test.each(things)('%s, and says so', async (_, begin, open, end) => {
    await begin();
    const refused = await change();
    expect(refused).toMatchObject({ status: 409, body: { open: [open] } });
    expect(refused.body.detail).toContain(open);
    expect(await currency()).toBe('GBP');
    if (!end) return;
    await end();
    expect(await change()).toMatchObject({ status: 200, body: { currency: 'EUR' } });
  });

  test('an order that waits, or whose service has to be set up', async () => {
    await ordered();
    expect((await change()).body.open).toEqual(['invoices or drafts', 'waiting orders']);
    await desk.payAll();
    expect((await change()).body.open).toEqual(['waiting orders']);
  });

  test('a renewal that was paid and is not done', async () => {
    const id = await desk.domain('one', '2026-03-20', { autoRenew: false });
    await desk.renewals([{ domainId: id, years: 1 }]);
    await desk.checkout();
    const { id: summary, totals } = await desk.summary();
    await credit(totals.due.amount);
    await desk.pay(summary, 'credit');
    await desk.portal.deliver();
    expect((await change()).body.open).toEqual(['domains that renew by themselves']);
    await desk.portal.passRenewals();
    await desk.portal.deliver();
    expect((await change()).status).toBe(200);
  });

  test('nothing of these: what is over or renews by nobody’s doing is no hindrance', async () => {
    await desk.domain('one', '2026-09-01', { autoRenew: false });
    const { id } = (await service({ status: 'cancelled' })).body;
    expect((await change()).status).toBe(200);
    // It begins again in the currency of now, at a price that staff say.
    expect(await desk.staff('PATCH', `/services/${id}`, { status: 'active' })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'price.currency' }] },
    });
    const again = { status: 'active', price: eur(600) };
    expect(await desk.staff('PATCH', `/services/${id}`, again)).toMatchObject({
      status: 200,
      body: { status: 'active', price: eur(600) },
    });
  });
});

describe('of two at once, a change of the currency and', () => {
  const begun: [string, () => Promise<{ status: number }>, () => Promise<unknown>][] = [
    [
      'an invoice',
      () => desk.staff('POST', '/invoices', { lines: [line(100)], dueOn: '2026-03-15' }),
      async () => {},
    ],
    ['a draft', draft, async () => {}],
    ['a quote', quote, async () => {}],
    ['credit', () => credit(100), async () => {}],
    ['a service', service, async () => {}],
    [
      'a service that begins again',
      async () => {
        const [{ id }] = (await desk.get('/services')).items;
        return desk.staff('PATCH', `/services/${id}`, { status: 'active' });
      },
      () => service({ status: 'cancelled' }),
    ],
    [
      'an order',
      () => desk.checkout(),
      async () => {
        await catalogue();
        await desk.owner('POST', '/cart/items', { productId: 'prd_host', cycle: 'monthly' });
      },
    ],
  ];

  /** What is priced by the account's currency is in the one of now. */
  async function agree(at: string, changed: { status: number }): Promise<void> {
    const now = await currency();
    expect([at, changed.status]).toEqual([at, now === 'EUR' ? 200 : 409]);
    const services = (await desk.get('/services')).items.filter(({ status }: any) => status !== 'cancelled');
    const money = [
      ...services.map(({ price }: any) => price),
      ...(await desk.get('/orders')).items.map(({ total }: any) => total),
      ...(await desk.get('/credit')).otherBalances.filter(({ amount }: any) => amount > 0),
    ];
    expect([at, money.filter((each) => each.currency !== now)]).toEqual([at, []]);
  }

  const everyPlace = async (check: (nth: number) => Promise<boolean>, prepare: () => Promise<unknown>) => {
    for (let nth = 1; ; nth++) {
      desk = await domainDesk();
      await prepare();
      if (!(await check(nth))) return nth;
    }
  };

  test.each(begun)(
    '%s: what was begun while it changes keeps the currency as it was',
    async (_, begin, prepare) => {
      const places = await everyPlace(async (nth) => {
        const { acted, other } = await interrupt(desk.portal, nth, change, async () => {
          const before = await currency();
          return { before, began: await begin() };
        });
        await agree(`${nth}`, acted);
        const { before, began } = other?.came ?? {};
        if (before === 'GBP' && began!.status < 300) expect([nth, await currency()]).toEqual([nth, 'GBP']);
        return other !== null;
      }, prepare);
      expect(places).toBeGreaterThan(10);
    },
  );

  test.each(begun)('%s: where it has changed meanwhile, that is read again', async (_, begin, prepare) => {
    const places = await everyPlace(async (nth) => {
      const { other } = await interrupt(desk.portal, nth, begin, change);
      if (other) await agree(`${nth}`, other.came);
      return other !== null;
    }, prepare);
    expect(places).toBeGreaterThan(5);
  });
});
