import type { Charge } from '../gateway.ts';
import { type Ask, Refusal } from './paypal-client.ts';

export type ChargeKey = Pick<Charge, 'key' | 'accountId'>;

export const read = (ask: Ask, id: string) => ask(({ orders }) => orders.getOrder({ id }));
export const readCapture = (ask: Ask, captureId: string) =>
  ask(({ payments }) => payments.getCapturedPayment({ captureId }));

/**
 * The account and key that `orderFor` wrote on an order or capture; null for one of another shop with the same app.
 */
export function chargeKeyOf(of: { customId?: string; invoiceId?: string } | undefined): ChargeKey | null {
  const [, accountId, key] = /^([^:]+):(.+)$/.exec(of?.customId ?? '') ?? [];
  return accountId !== undefined && key !== undefined && key === of?.invoiceId ? { accountId, key } : null;
}

/** PayPal deletes an order that was not paid. */
export async function orNull<T>(request: Promise<T>): Promise<T | null> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return null;
    throw error;
  }
}
