import { expect } from 'vitest';
import { gbp } from '../../support/desks/billing-desk.ts';
import { domainDesk } from '../../support/desks/domain-desk.ts';

/** An account with a service of 31 pounds a month and 20 % tax, paid until April; products to change it to. */
export async function serviceDesk() {
  const desk = await domainDesk();
  const staff = (path: string, body: object) => desk.portal.call('stan', 'PUT', path, { body });
  const product = (productId: string, name: string, monthly: number, extra: object = {}) => ({
    id: productId,
    name,
    kind: 'hosting',
    taxRate: '20',
    prices: [
      { cycle: 'monthly', price: gbp(monthly) },
      { cycle: 'one-time', price: gbp(100) },
    ],
    ...extra,
  });
  const dollars = [{ cycle: 'monthly', price: { amount: 100, currency: 'USD' } }];
  const items = [
    product('prd_basic', 'Basic', 3100),
    product('prd_big', 'Big', 6200),
    product('prd_small', 'Small', 1550),
    product('prd_old', 'Old', 100, { sold: false }),
    product('prd_usd', 'Dollars', 100, { prices: dollars }),
  ];
  expect(await staff('/v1/staff/products', { items })).toMatchObject({ status: 200 });
  const here = {
    ...desk,
    /** The service that the rest is about. */
    id: '',
    /** Adds a service, which the rest is about from then on. */
    async add(extra: object = {}): Promise<void> {
      const made = await desk.staff('POST', '/services', {
        name: 'Basic (monthly)',
        productId: 'prd_basic',
        price: gbp(3100),
        taxRate: '20',
        cycle: 'monthly',
        startOn: '2026-03-01',
        ...extra,
      });
      expect(made).toMatchObject({ status: 201 });
      here.id = made.body.id as string;
    },
    /** The same, and its March was invoiced and paid here. */
    async addPaid(): Promise<void> {
      await here.add({ startOn: '2026-02-01' });
      here.at('2026-02-20');
      await desk.portal.renew();
      await here.payAll();
      await desk.portal.deliver();
    },
    post: (what: string, body?: object, headers: Record<string, string> = {}) =>
      desk.owner('POST', `/services/${here.id}/${what}`, body, headers),
    patch: (body: object, headers: Record<string, string> = {}) =>
      desk.staff('PATCH', `/services/${here.id}`, body, headers),
    read: () => desk.get(`/services/${here.id}`),
    unpaid: async () => (await desk.get('/invoices', { status: 'unpaid' })).items,
    credit: async () => (await desk.get('/credit')).balance,
    /** It is that day, in the morning. */
    at(day: string): void {
      desk.portal.now = new Date(`${day}T10:00:00Z`);
    },
    async setting(settings: object): Promise<void> {
      expect(await staff('/v1/staff/settings', settings)).toMatchObject({ status: 200 });
    },
  };
  await here.add();
  return here;
}
