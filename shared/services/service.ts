import type { Cycle } from '../catalogue/product.ts';
import type { Day } from '../domain/day.ts';
import type { Renewing } from '../renewing/steps.ts';

/** Something that the provider runs for a client, paid for by the period. */
export interface Service {
  id: string;
  accountId: string;
  productId: string | null;
  name: string;
  status: 'pending' | 'active' | 'paused' | 'suspended' | 'cancelled';
  quantity: number;
  /** Minor units for one, per cycle, before tax. */
  price: number;
  currency: string;
  taxRate: string | null;
  cycle: Cycle;
  /** The day of the month on which its periods begin. */
  anchorDay: number;
  startOn: Day;
  /** When the next period is due; null for what was paid once. */
  nextDueOn: Day | null;
  /** The day on which it ends, where its end was asked for. */
  cancelsOn: Day | null;
  orderId: string | null;
  invoicedFor: Day | null;
  invoiceId: string | null;
  paidFor: Day | null;
  reminded: string | null;
  version: string;
  createdAt: string;
}

/** The status on a day: what waits for its start, or was asked to end, does so by the clock. */
export function serviceStatus({ status, startOn, cancelsOn }: Service, today: Day): Service['status'] {
  if (cancelsOn !== null && cancelsOn <= today) return 'cancelled';
  return status === 'pending' && startOn <= today ? 'active' : status;
}

/** The service as the renewals job sees it; one that ends before its next period is not renewed. */
export function renewingService(service: Service): Renewing {
  const { id, name, accountId, status, cancelsOn, invoicedFor, paidFor, reminded } = service;
  const ends = status === 'cancelled' || (cancelsOn !== null && cancelsOn <= (service.nextDueOn ?? ''));
  const nextDueOn = ends ? null : service.nextDueOn;
  return { kind: 'service', id, name, accountId, nextDueOn, autoRenew: true, invoicedFor, paidFor, reminded };
}

export function serviceView(service: Service, today: Day) {
  const { id, productId, name, price, currency, quantity, cycle, startOn, nextDueOn, cancelsOn } = service;
  const status = serviceStatus(service, today);
  const money = { amount: price, currency };
  return { id, productId, name, status, price: money, quantity, cycle, startOn, nextDueOn, cancelsOn };
}
