import type { Day } from '../core/day.ts';
import { type Service, serviceStatus } from './service.ts';

/** The activity of a changed service, with the reason if one was given. */
export function serviceActivity(
  action: string,
  before: Service,
  after: Service,
  today: Day,
  reason: string | undefined,
) {
  const { accountId, id, name } = after;
  return {
    accountId,
    action,
    subject: { kind: 'service', id, name },
    before: factsOf(before, today),
    after: { ...factsOf(after, today), ...(reason ? { reason } : {}) },
  };
}

function factsOf(service: Service, today: Day) {
  const {
    name,
    productId,
    price,
    currency,
    quantity,
    cycle,
    nextDueOn,
    cancelsOn,
    pausedUntil = null,
  } = service;
  const status = serviceStatus(service, today);
  const money = { amount: price, currency };
  return { name, productId, status, price: money, quantity, cycle, nextDueOn, cancelsOn, pausedUntil };
}
