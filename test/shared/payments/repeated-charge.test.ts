import { expect, test } from 'vitest';
import { billingDesk } from '../../support/desks/billing-desk.ts';

/** The line breaks before the gateway hears of a payment; the payer tries again just as the janitor asks about it. */
async function triedAgain(between: 'the question and its answer' | 'the answer and its note') {
  const desk = await billingDesk();
  const { gateway } = desk.portal;
  const invoice = await desk.invoice(2_000);
  const { id } = await desk.summary();
  gateway.before = () => {
    throw new Error('The line broke');
  };
  await desk.pay(id, 'sandbox', 'one');
  desk.portal.advance(7 * 60);
  let again: Promise<unknown> | undefined;
  const pay = (call: string) => {
    if (call !== 'query' || again) return;
    // The gateway hears of it this time, and its answer is lost.
    gateway.after = (other) => {
      if (other === 'start') throw new Error('The answer was lost');
    };
    again = desk.pay(id, 'sandbox', 'two');
    return again.then(() => undefined);
  };
  gateway.before = between === 'the question and its answer' ? pay : () => {};
  gateway.after = between === 'the answer and its note' ? pay : () => {};
  await desk.portal.lookAfterPayments();
  gateway.before = () => {};
  gateway.after = () => {};
  expect(again).toBeDefined();
  return { desk, id, invoice };
}

test.each(['the question and its answer', 'the answer and its note'] as const)(
  'a payment that is begun again between %s of the janitor is not given up',
  async (between) => {
    const { desk, id, invoice } = await triedAgain(between);
    expect((await desk.get(`/mass-payments/${id}`)).status).toBe('processing');
    desk.portal.gateway.act(id, 'pay');
    desk.portal.advance(60 * 60);
    await desk.portal.lookAfterPayments();
    expect((await desk.get(`/invoices/${invoice.id}`)).status).toBe('paid');
    await desk.agree();
  },
);

test('one that no gateway has heard of for as long as anybody could be telling it has failed', async () => {
  const desk = await billingDesk();
  await desk.invoice(2_000);
  const { id } = await desk.summary();
  desk.portal.gateway.before = () => {
    throw new Error('The line broke');
  };
  await desk.pay(id, 'sandbox');
  desk.portal.gateway.before = () => {};
  desk.portal.advance(61);
  await desk.portal.lookAfterPayments();
  expect((await desk.get(`/mass-payments/${id}`)).status).toBe('processing');
  desk.portal.advance(10 * 60);
  await desk.portal.lookAfterPayments();
  expect((await desk.get(`/mass-payments/${id}`)).status).toBe('failed');
});

test('going on with a payment asks the grant: who lost it begins no charge', async () => {
  const desk = await billingDesk();
  const { gateway } = desk.portal;
  const { contactId, userId } = await desk.portal.createSubAccount(
    desk.ownerId,
    desk.accountId,
    'sam@acme.test',
    ['invoices'],
  );
  await desk.invoice(2_000);
  const { id } = await desk.summary();
  gateway.before = () => {
    throw new Error('The line broke');
  };
  await desk.pay(id, 'sandbox');
  gateway.before = () => {};
  const cached = await desk.portal.authorizer(userId);
  await desk.owner('DELETE', `/contacts/${contactId}`);
  const refused = await desk.portal.call(userId, 'POST', `${desk.base}/mass-payments/${id}/pay`, {
    body: { method: 'sandbox' },
    headers: { 'idempotency-key': 'sam' },
    cached,
  });
  expect(refused.status).toBe(401);
  expect(gateway.charges.size).toBe(0);
});

test('a gateway that knows payments by its own references ends what was given up', async () => {
  const desk = await billingDesk();
  const { gateway } = desk.portal;
  await desk.invoice(2_000);
  const { id } = await desk.summary();
  const byReference = <T>(call: (charge: any) => Promise<T>) => {
    const known = call.bind(gateway);
    return async (charge: any) => {
      if (charge.reference === null) throw new Error('Under which reference?');
      return known(charge);
    };
  };
  gateway.query = byReference(gateway.query);
  gateway.expire = byReference(gateway.expire);
  gateway.before = () => {
    throw new Error('The line broke');
  };
  await desk.pay(id, 'sandbox');
  for (const minutes of [1, 5]) {
    desk.portal.advance(minutes * 60);
    await desk.portal.lookAfterPayments();
  }
  gateway.before = () => {};
  desk.portal.advance(60 * 60);
  await desk.portal.lookAfterPayments();
  expect(['failed', 'expired']).toContain((await desk.get(`/mass-payments/${id}`)).status);
});
