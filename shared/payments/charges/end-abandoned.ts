import type { Invoice } from '../../invoices/invoice.ts';
import { commit, portalContext, StaleRead } from '../../write/commit.ts';
import type { PaymentDependencies } from '../begin-mass-payment.ts';
import type { ChargeState } from '../gateways/gateway.ts';
import { isActive, type MassPayment, nextCheck, underWay } from '../mass-payment.ts';
import { massPaymentRow } from '../payment-store.ts';
import { settle } from '../settle.ts';
import { withChargeState, withExpiry } from './charge-state.ts';

/**
 * Before another payment takes an invoice over from one that its payer abandoned, that one's charge is ended at its
 * gateway: its payer may have gone through with it just now. Where the gateway has the money, or may get it, the other
 * payment has to wait.
 * @throws Problem `payment-in-progress` where the gateway does not say
 */
export async function endAbandonedCharges(
  dependencies: PaymentDependencies,
  { id, accountId }: MassPayment,
  invoices: readonly Invoice[],
  now: Date,
): Promise<void> {
  const holders = new Set(invoices.map(({ heldBy }) => heldBy));
  const others = [...holders].filter((holder) => holder !== '' && holder !== id);
  for (const payment of await dependencies.payments.massPayments(accountId, others)) {
    if (payment.status === 'processing' && !isActive(payment, now))
      await endCharge(dependencies, payment, now);
  }
}

async function endCharge(dependencies: PaymentDependencies, payment: MassPayment, now: Date): Promise<void> {
  const { gateways, warn } = dependencies;
  const { accountId, id: key } = payment;
  const { method, reference } = payment.intent!;
  let state: ChargeState | undefined;
  try {
    state = await gateways.get(method)?.expire({ key, accountId, reference });
  } catch (error) {
    warn('A gateway gave no answer', { gateway: method, massPaymentId: key, error });
  }
  if (!state) throw underWay(payment, `${method} has not said yet whether it took the money.`, now);
  if (state.kind === 'paid') {
    const { reference: paidAs, feeAmount, amount } = state;
    const received = { method, reference: paidAs, feeAmount, amount: amount.amount };
    await settle(dependencies, accountId, key, received, now);
    // The invoices are paid, in part at least: what was shown has changed.
    throw new StaleRead();
  }
  const after = withExpiry(payment, withChargeState(payment, state), now);
  const checkAt = after.status === 'processing' ? nextCheck(after.intent!, now) : null;
  const actions = [massPaymentRow(after, payment.version, checkAt)];
  await commit(dependencies, portalContext(now), { actions, activity: [], outbox: [] });
}
