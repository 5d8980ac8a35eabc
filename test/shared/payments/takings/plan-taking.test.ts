import { describe, expect, test } from 'vitest';
import type { Taking as Told } from '../../../../shared/payments/gateways/gateway.ts';
import {
  type Payment,
  refundableOf,
  statusOfPayment,
  unsharedOf,
} from '../../../../shared/payments/payment.ts';
import { firstNews, planTaking } from '../../../../shared/payments/takings/plan-taking.ts';

const gbp = (amount: number) => ({ amount, currency: 'GBP' });
const told = (changes: Partial<Told> = {}): Told => ({
  id: 'tk_1',
  kind: 'dispute',
  status: 'open',
  at: '2026-03-02T10:00:00Z',
  amount: gbp(1_000),
  taken: 1_000,
  feeAmount: 0,
  ...changes,
});
const by = { kind: 'user' as const, id: 'u', name: 'U' };
const payment: Payment = {
  id: 'pay_1',
  accountId: 'acct_1',
  at: '2026-03-01T10:00:00Z',
  amount: 1_000,
  currency: 'GBP',
  method: 'sandbox',
  reference: 'ch_1',
  status: 'succeeded',
  paidBy: by as unknown as Payment['paidBy'],
  receivedOn: '2026-03-01',
  feeAmount: 0,
  allocations: [
    { invoiceId: 'inv_1', amount: 600 },
    { invoiceId: 'inv_2', amount: 200 },
  ],
  toCredit: 200,
  refunds: [],
  massPaymentId: 'mpay_1',
  version: 'v',
};
const refund = (changes: object) =>
  ({ id: 'rfd_1', amount: 400, to: 'gateway', status: 'succeeded', allocations: [], ...changes }) as never;
const never = () => false;

describe('what a gateway tells', () => {
  test('is news once: what is known as it is told is none', () => {
    const { after } = planTaking(payment, told(), [600, 200]);
    expect(firstNews(payment, [told()], never)).toEqual(told());
    expect(firstNews({ ...payment, takings: [after] }, [told()], never)).toBeUndefined();
    for (const changes of [{ status: 'lost' }, { taken: 0 }, { feeAmount: 5 }] as const) {
      expect(firstNews({ ...payment, takings: [after] }, [told(changes)], never)).toEqual(told(changes));
    }
  });

  test('of a refund of ours is none, unless it had failed for us', () => {
    const ours = told({ kind: 'refund', status: 'succeeded', key: 'rfd_1' });
    for (const status of ['pending', 'succeeded']) {
      expect(firstNews({ refunds: [refund({ status })] }, [ours], never)).toBeUndefined();
    }
    expect(firstNews({ refunds: [refund({ status: 'failed' })] }, [ours], never)).toEqual(ours);
    expect(firstNews({ refunds: [] }, [ours], never)).toEqual(ours);
  });

  test('of a refund or reversal that took nothing is none', () => {
    for (const kind of ['refund', 'reversal'] as const) {
      const nothing = told({ kind, status: 'failed', taken: 0 });
      expect(firstNews(payment, [nothing], never)).toBeUndefined();
    }
  });
});

describe('the money taken', () => {
  test('goes over invoices in proportion, and what they cannot bear is left to credit', () => {
    const part = planTaking(payment, told({ taken: 400 }), [600, 200]).after;
    expect(part.waiting).toEqual([
      { invoiceId: 'inv_1', amount: 300 },
      { invoiceId: 'inv_2', amount: 100 },
    ]);
    const { after } = planTaking(payment, told(), [600, 200]);
    expect(after.waiting.map(({ amount }) => amount)).toEqual([600, 200]);
    expect([after.loss, unsharedOf(after)]).toEqual([0, 1_000]);
  });

  test('that was given back through the gateway before is a loss, that given back as credit is not', () => {
    const gone = { ...payment, refunds: [refund({})] };
    expect(planTaking(gone, told(), [0, 0]).after.loss).toBe(400);
    const credited = { ...payment, refunds: [refund({ to: 'credit' })] };
    expect(planTaking(credited, told(), [0, 0]).after.loss).toBe(0);
    const failed = { ...payment, refunds: [refund({ status: 'failed' })] };
    expect(planTaking(failed, told(), [0, 0]).after.loss).toBe(0);
  });

  test('that comes back closes invoices, then becomes the credit it came from, then is no loss any more', () => {
    const known = { ...planTaking(payment, told(), []).after, waiting: [] };
    const shared = { ...known, allocations: payment.allocations, fromCredit: 150, loss: 50 };
    const back = planTaking({ ...payment, takings: [shared] }, told({ status: 'won', taken: 0 }), []).after;
    expect(back.waiting).toEqual([
      { invoiceId: 'inv_1', amount: -600 },
      { invoiceId: 'inv_2', amount: -200 },
    ]);
    expect(back.loss).toBe(0);
    expect(unsharedOf(back)).toBe(-950);
  });
});

test('what is taken of an invoice, or is about to be, is not refunded of it', () => {
  const { after } = planTaking(
    payment,
    told({ kind: 'refund', status: 'succeeded', taken: 400 }),
    [600, 200],
  );
  expect(refundableOf({ ...payment, takings: [after] })).toEqual([300, 100]);
  const done = { ...after, allocations: after.waiting, waiting: [] };
  expect(refundableOf({ ...payment, takings: [done] })).toEqual([300, 100]);
});

test.each([
  [{ status: 'open' }, 'disputed'],
  [{ status: 'open', taken: 0 }, 'disputed'],
  [{ status: 'lost' }, 'charged-back'],
  [{ status: 'won', taken: 0 }, 'succeeded'],
  [{ kind: 'reversal', status: 'succeeded' }, 'charged-back'],
  [{ kind: 'reversal', status: 'failed', taken: 0 }, 'succeeded'],
  [{ kind: 'refund', status: 'succeeded' }, 'refunded'],
  [{ kind: 'refund', status: 'succeeded', taken: 999 }, 'succeeded'],
] as const)('a payment with a taking that is %o is %s', (changes, status) => {
  const { after } = planTaking(payment, told(changes), []);
  expect(statusOfPayment({ ...payment, takings: [after] })).toBe(status);
});
