import { beforeEach, describe, expect, test } from 'vitest';
import { gbp } from '../../support/desks/billing-desk.ts';
import { type DomainDesk, domainDesk } from '../../support/desks/domain-desk.ts';

let desk: DomainDesk;

beforeEach(async () => {
  desk = await domainDesk();
});

/** Two domains on one open renewal invoice. */
async function invoiced() {
  const [changed, other] = [
    await desk.domain('changed', '2026-03-10'),
    await desk.domain('other', '2026-03-10'),
  ];
  await desk.portal.renew();
  const [{ id }] = (await desk.get('/invoices')).items;
  expect(await desk.get(`/invoices/${id}`)).toMatchObject({ total: gbp(2000), dueOn: '2026-03-10' });
  return { changed, other, id };
}

const change = (id: string, changes: object, by: 'staff' | 'owner' = 'staff') =>
  desk[by]('PATCH', `/domains/${id}`, changes);
const unpaid = async () => (await desk.get('/invoices', { status: 'unpaid' })).items;

describe('an open renewal line', () => {
  test.each([
    ['its owner wants it no more by itself', 'owner', { autoRenew: false }],
    ['staff note that it was transferred', 'staff', { status: 'transferred-away' }],
    ['staff note that it is cancelled', 'staff', { status: 'cancelled' }],
    ['staff correct it to another term', 'staff', { expiresOn: '2027-03-10' }],
  ] as const)('comes off its invoice where %s', async (_, by, changes) => {
    const { changed, id } = await invoiced();
    expect(await change(changed, changes, by)).toMatchObject({ status: 200 });
    expect(await desk.get(`/invoices/${id}`)).toMatchObject({ credited: gbp(1000), balance: gbp(1000) });
    await desk.portal.renew();
    expect(await unpaid()).toHaveLength(1);
    await desk.agree();
  });

  test('comes off whatever finds it out: the registrar shows that the domain was renewed elsewhere', async () => {
    const { changed, id } = await invoiced();
    desk.portal.registrar.registrations.set('changed.com', '2028-03-10');
    desk.portal.now = new Date('2026-03-09T10:00:00Z');
    await desk.portal.checkDomains();
    expect((await desk.get(`/domains/${changed}`)).expiresOn).toBe('2028-03-10');
    expect(await desk.get(`/invoices/${id}`)).toMatchObject({ credited: gbp(1000) });
    await desk.agree();
  });

  test('takes its invoice with it where nothing is left of that', async () => {
    const { changed, other, id } = await invoiced();
    await change(changed, { autoRenew: false }, 'owner');
    await change(other, { autoRenew: false }, 'owner');
    expect(await desk.get(`/invoices/${id}`)).toMatchObject({ status: 'cancelled', balance: gbp(0) });
  });

  test('is invoiced again where it is to renew by itself again', async () => {
    const { changed } = await invoiced();
    await change(changed, { autoRenew: false }, 'owner');
    await change(changed, { autoRenew: true }, 'owner');
    await desk.portal.renew();
    expect((await unpaid()).map(({ balance }: any) => balance)).toEqual([gbp(1000), gbp(1000)]);
    await desk.agree();
  });

  test.each(['2026-03-13', '2026-03-07', '2026-04-23'])(
    'stays where the day of its term is corrected to %s, is paid once, and renews the domain once',
    async (expiresOn) => {
      const { changed, other, id } = await invoiced();
      await change(changed, { expiresOn });
      expect(await desk.get(`/invoices/${id}`)).toMatchObject({ credited: gbp(0) });
      await desk.portal.renew();
      expect(await unpaid()).toHaveLength(1);
      await desk.payAll();
      const year = Number(expiresOn.slice(0, 4)) + 1;
      expect((await desk.get(`/domains/${changed}`)).expiresOn).toBe(`${year}${expiresOn.slice(4)}`);
      expect((await desk.get(`/domains/${other}`)).expiresOn).toBe('2027-03-10');
      expect(desk.portal.registrar.renewed).toHaveLength(2);
      await desk.agree();
    },
  );

  test('that somebody ordered stays though the domain does not renew by itself', async () => {
    const id = await desk.domain('wanted', '2026-05-10');
    await desk.renewals([{ domainId: id, years: 1 }]);
    await desk.checkout();
    await change(id, { autoRenew: false }, 'owner');
    expect(await unpaid()).toHaveLength(1);
    await desk.payAll();
    expect((await desk.get(`/domains/${id}`)).expiresOn).toBe('2027-05-10');
  });

  test('that was paid before the domain was gone becomes credit, once the registrar would be told', async () => {
    const { changed } = await invoiced();
    await desk.staff('POST', '/credit', { amount: gbp(2000), reason: 'To pay with' });
    const { id } = await desk.summary();
    await desk.pay(id, 'credit');
    await change(changed, { status: 'transferred-away' });
    await desk.portal.deliver();
    await desk.portal.passRenewals();
    await desk.portal.deliver();
    expect((await desk.get('/credit')).balance).toEqual(gbp(1000));
    expect(desk.portal.registrar.renewed.map(({ name }) => name)).toEqual(['other.com']);
    await desk.agree();
  });
});

test('a term is renewed once, though it was known by two days and paid for twice', async () => {
  const id = await desk.domain('twice', '2026-03-10');
  await desk.portal.renew();
  await desk.payAll();
  await desk.staff('PATCH', `/domains/${id}`, { expiresOn: '2026-03-20' });
  await desk.renewals([{ domainId: id, years: 1 }]);
  await desk.checkout();
  await desk.payAll();
  expect(desk.portal.registrar.renewed).toHaveLength(1);
  expect((await desk.get('/credit')).balance).toEqual(gbp(1000));
  await desk.agree();
});
