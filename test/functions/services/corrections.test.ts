import { beforeEach, describe, expect, test } from 'vitest';
import { gbp } from '../../support/desks/billing-desk.ts';
import { serviceDesk } from './service-desk.ts';

let desk: Awaited<ReturnType<typeof serviceDesk>>;

beforeEach(async () => {
  desk = await serviceDesk();
});

const correct = async (changes: object) => {
  const answer = await desk.staff('PATCH', `/services/${desk.id}`, changes);
  expect(answer).toMatchObject({ status: 200 });
  return answer.body;
};

describe('a correction by staff takes the coming period off its open invoice', () => {
  const invoiced = async () => {
    desk.at('2026-03-20');
    await desk.portal.renew();
    return (await desk.unpaid())[0];
  };

  test.each([
    ['the service is cancelled', { status: 'cancelled' }],
    ['it waits without an end', { status: 'paused' }],
    ['it is due on another day', { nextDueOn: '2026-05-01' }],
  ])('where %s', async (_, changes) => {
    const invoice = await invoiced();
    await correct(changes);
    expect(await desk.get(`/invoices/${invoice.id}`)).toMatchObject({ status: 'cancelled', balance: gbp(0) });
    await desk.agree();
  });

  test('and leaves it where it is due as before', async () => {
    const invoice = await invoiced();
    await correct({ name: 'Renamed', nextDueOn: invoice.dueOn });
    expect(await desk.get(`/invoices/${invoice.id}`)).toMatchObject({ status: 'unpaid', credited: gbp(0) });
  });

  test('so that nothing is paid for what is over; what is paid all the same becomes credit', async () => {
    const invoice = await invoiced();
    const { id } = await desk.summary([invoice.id]);
    await desk.staff('POST', '/credit', { amount: invoice.total, reason: 'To pay with' });
    await desk.pay(id, 'credit');
    // Staff are faster than the outbox: the period was paid, and is not booked yet.
    const key = { pk: `ACCOUNT#${desk.accountId}`, sk: `SERVICE#${desk.id}` };
    await desk.portal.table.transact([{ update: key, set: { status: 'cancelled' } }]);
    await desk.portal.deliver();
    expect((await desk.get('/credit')).balance).toEqual(invoice.total);
    await desk.agree();
  });
});

describe('the day on which periods begin', () => {
  const onThe31st = async () => {
    await desk.add({ name: 'On the 31st', startOn: '2026-01-31' });
    const { items } = await desk.get('/services');
    return items.find(({ name }: any) => name === 'On the 31st').id as string;
  };
  const read = (id: string) => desk.get(`/services/${id}`);
  const patch = (id: string, changes: object) => desk.staff('PATCH', `/services/${id}`, changes);

  test('stays where the due day of a shorter month is sent back as it was', async () => {
    const id = await onThe31st();
    const { nextDueOn, anchorDay } = await read(id);
    expect([nextDueOn, anchorDay]).toEqual(['2026-02-28', 31]);
    expect((await patch(id, { name: 'Renamed', nextDueOn })).body.anchorDay).toBe(31);
  });

  test('moves with the due day, or is named by itself', async () => {
    const id = await onThe31st();
    expect((await patch(id, { nextDueOn: '2026-04-15' })).body.anchorDay).toBe(15);
    expect((await patch(id, { nextDueOn: '2026-04-30', anchorDay: 31 })).body.anchorDay).toBe(31);
    expect((await patch(id, { anchorDay: 32 })).status).toBe(400);
  });
});
