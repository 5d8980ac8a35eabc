import { describe, expect, test, vi } from 'vitest';
import { type BillingDesk, billingDesk, gbp } from '../../support/desks/billing-desk.ts';
import { settle, stopAt, stoppages } from '../../support/faults/stoppages.ts';

// What is stopped on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

/**
 * Whatever stops where: each act is stopped at each of its calls in turn. Then the client repeats its request, the
 * gateway sends its event again, the janitor runs for some hours, and everything is as if nothing had happened.
 */
interface Scene {
  desk: BillingDesk;
  act(): Promise<unknown>;
  verify(): Promise<void>;
}

/** More than one transaction takes. */
const many = 95;

async function begun(count: number): Promise<{ desk: BillingDesk; id: string }> {
  const desk = await billingDesk();
  await desk.invoices(count);
  const { id } = await desk.summary();
  return { desk, id };
}

/** Every invoice is paid once, by one payment with one receipt. */
async function paidOnce(desk: BillingDesk, count: number): Promise<void> {
  const { portal } = desk;
  const { items } = await desk.get('/invoices', { limit: '100' });
  expect(new Set(items.map((invoice: any) => invoice.status))).toEqual(new Set(['paid']));
  const payments = (await desk.get('/payments')).items;
  expect(payments).toMatchObject([{ amount: gbp(count * 100), status: 'succeeded' }]);
  expect(payments[0].allocations).toHaveLength(count);
  expect(portal.mails.filter((mail) => mail.subject!.startsWith('Receipt'))).toHaveLength(1);
}

async function paying(count: number): Promise<Scene> {
  const { desk, id } = await begun(count);
  return {
    desk,
    async act() {
      await insist(desk, () => desk.pay(id, 'sandbox', 'pay-once'));
      desk.portal.gateway.act(id, 'pay');
    },
    verify: async () => {
      // Where the gateway never heard of it, the payer was sent nowhere, and presses the button again.
      if (desk.portal.gateway.charges.size === 0) await desk.pay(id, 'sandbox');
      desk.portal.gateway.act(id, 'pay');
      expect(desk.portal.gateway.charges.size).toBe(1);
      await desk.event(id);
      await finished(desk);
      await paidOnce(desk, count);
    },
  };
}

async function payingFromCredit(count: number): Promise<Scene> {
  const desk = await billingDesk();
  await desk.invoices(count);
  await desk.staff('POST', '/credit', { amount: gbp(count * 100 + 50), reason: 'Sorry' });
  const { id } = await desk.summary();
  return {
    desk,
    act: () => insist(desk, () => desk.pay(id, 'credit', 'pay-once')),
    verify: async () => {
      await finished(desk);
      await paidOnce(desk, count);
      expect((await desk.get('/credit')).balance).toEqual(gbp(50));
    },
  };
}

async function event(count: number): Promise<Scene> {
  const { desk, id } = await begun(count);
  await desk.pay(id, 'sandbox');
  desk.portal.gateway.act(id, 'pay');
  return {
    desk,
    act: () => desk.event(id),
    verify: async () => {
      await finished(desk);
      await paidOnce(desk, count);
    },
  };
}

async function janitor(count: number): Promise<Scene> {
  const { desk, id } = await begun(count);
  await desk.pay(id, 'sandbox');
  desk.portal.gateway.act(id, 'pay');
  desk.portal.advance(61);
  return {
    desk,
    act: () => desk.portal.lookAfterPayments(),
    verify: async () => {
      await finished(desk);
      await paidOnce(desk, count);
    },
  };
}

async function refunding(count: number): Promise<Scene> {
  const { desk, id } = await begun(count);
  await desk.pay(id, 'sandbox');
  desk.portal.gateway.act(id, 'pay');
  await desk.event(id);
  const [payment] = (await desk.get('/payments')).items;
  const headers = { 'idempotency-key': 'refund-once' };
  const path = `/payments/${payment.id}/refunds`;
  return {
    desk,
    act: () => insist(desk, () => desk.staff('POST', path, { reason: 'Not used' }, headers)),
    verify: async () => {
      await finished(desk);
      const after = (await desk.get('/payments')).items[0];
      expect(after).toMatchObject({ status: 'refunded', refunds: [{ status: 'succeeded' }] });
      const { items } = await desk.get('/invoices', { limit: '100' });
      expect(new Set(items.map((invoice: any) => invoice.status))).toEqual(new Set(['refunded']));
      expect(desk.portal.gateway.total(desk.accountId)).toBe(0);
      expect(desk.portal.mails.filter((mail) => mail.subject!.startsWith('Refund'))).toHaveLength(1);
    },
  };
}

async function crediting(count: number): Promise<Scene> {
  const { desk, id } = await begun(count);
  await desk.pay(id, 'sandbox');
  desk.portal.gateway.act(id, 'pay');
  await desk.event(id);
  const [invoice] = (await desk.get('/invoices')).items;
  const headers = { 'idempotency-key': 'credit-once' };
  const note = { amount: gbp(100), reason: 'Not used', to: 'gateway' };
  const path = `/invoices/${invoice.id}/credit-notes`;
  return {
    desk,
    act: () => insist(desk, () => desk.staff('POST', path, note, headers)),
    verify: async () => {
      await finished(desk);
      expect((await desk.get('/credit-notes')).items).toMatchObject([{ total: gbp(100), back: gbp(100) }]);
      const after = await desk.get(`/invoices/${invoice.id}`);
      expect(after).toMatchObject({ status: 'refunded', refunded: gbp(100), balance: gbp(0) });
      expect(desk.portal.gateway.total(desk.accountId)).toBe((count - 1) * 100);
      expect((await desk.get('/credit')).balance).toEqual(gbp(0));
    },
  };
}

/** As a client does: the same request until it is answered; who is told that it still runs asks again in a minute. */
async function insist(desk: BillingDesk, ask: () => Promise<{ status: number; body: any }>): Promise<void> {
  for (let tries = 0; tries < 5; tries++) {
    const { status, body } = await ask();
    const running = status === 409 && body.type.endsWith('in-progress');
    if (status < 500 && !running) return;
    if (running) desk.portal.advance(61);
  }
}

/** Some hours pass, with nothing but the janitor and the sweep at work. */
async function finished(desk: BillingDesk): Promise<void> {
  for (let hours = 0; hours < 3; hours++) {
    desk.portal.advance(3600);
    await desk.portal.lookAfterPayments();
  }
  await settle(desk.portal);
  await desk.agree();
  const booked = desk.portal.table
    .all()
    .filter((item) => item.sk.startsWith('JOURNAL#'))
    .flatMap((item) => item['postings'] as { ledger: string; amount: number }[])
    .filter(({ ledger }) => ledger === 'cash:sandbox');
  const ours = booked.reduce((all, { amount }) => all + amount, 0);
  expect(ours).toBe(desk.portal.gateway.total(desk.accountId));
}

const scenes: Record<string, (count: number) => Promise<Scene>> = {
  paying,
  'paying from credit': payingFromCredit,
  'taking the gateway’s event': event,
  'the janitor’s round': janitor,
  refunding,
  'crediting to the gateway': crediting,
};

describe.each(Object.entries(scenes))('%s', (_, scene) => {
  // A call that fails is the gentler death: with many invoices the hard ones are enough.
  const cases = stoppages.flatMap((how) =>
    (how === 'fails' ? [3] : [3, many]).map((count) => ({ count, how })),
  );
  test.each(cases)(
    'of $count invoices comes to its end, though it $how at any of its calls',
    async ({ count, how }) => {
      for (let nth = 1; ; nth++) {
        const { desk, act, verify } = await scene(count);
        const stopped = await stopAt(desk.portal, how, nth, act);
        if (!stopped) {
          expect(nth).toBeGreaterThan(1);
          return verify();
        }
        await act();
        await verify();
      }
    },
  );
});
