import { newVersion } from '../../core/ids.ts';
import type { Charge, ChargeState } from '../gateways/gateway.ts';
import { isAbandoned, type MassPayment } from '../mass-payment.ts';

/** What a gateway is asked to take for a mass payment that was begun. */
export function chargeOf(payment: MassPayment, portalUrl: string): Charge {
  const { id, accountId, currency, items, intent } = payment;
  const numbers = items.map((item) => item.number).join(', ');
  return {
    key: id,
    accountId,
    amount: { amount: intent!.amount, currency },
    description: numbers.length <= 180 ? numbers : `${items.length} invoices, ${id}`,
    returnUrl: `${portalUrl}/payments/return?massPayment=${id}`,
  };
}

/** The payment after a gateway's answer other than paid. */
export function withChargeState(
  payment: MassPayment,
  state: Exclude<ChargeState, { kind: 'paid' }>,
): MassPayment {
  const intent = payment.intent!;
  const version = newVersion();
  switch (state.kind) {
    case 'redirect': {
      const next = { type: 'redirect' as const, url: state.url };
      return { ...payment, version, intent: { ...intent, state: 'begun', reference: state.reference, next } };
    }
    case 'instructions': {
      const next = { type: 'instructions' as const, text: state.text };
      return { ...payment, version, intent: { ...intent, state: 'begun', next } };
    }
    case 'pending':
      return {
        ...payment,
        version,
        intent: { ...intent, state: 'pending', reference: state.reference, next: null },
      };
    case 'failed':
      return { ...payment, version, status: 'failed', failure: state.reason };
    case 'absent':
      return { ...payment, version, status: 'failed', failure: 'The payment was not begun.' };
  }
}

/** A payment abandoned by its payer is expired, not failed. */
export function withExpiry(before: MassPayment, after: MassPayment, now: Date): MassPayment {
  const givenUp =
    after.status === 'failed' && before.intent!.state === 'begun' && isAbandoned(before.intent!, now);
  return givenUp ? { ...after, status: 'expired', failure: 'It was not gone through with in time.' } : after;
}
