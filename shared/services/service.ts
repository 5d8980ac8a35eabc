import type { Cycle } from '../products/product.ts';
import type { Day } from '../core/day.ts';
import { conflict } from '../core/problem.ts';
import type { Renewing } from '../schedule/steps.ts';

export type ServiceStatus = 'pending' | 'active' | 'paused' | 'suspended' | 'cancelled';

/** What a service is to become, at the price that was shown when it was asked for. */
export interface PlannedChange {
  productId: string;
  name: string;
  cycle: Cycle;
  /** Minor units for one, per cycle, before tax. */
  price: number;
  taxRate: string | null;
  on: Day;
}

/** Something that the provider runs for a client, paid for by the period. */
export interface Service {
  id: string;
  accountId: string;
  productId: string | null;
  name: string;
  status: ServiceStatus;
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
  /** What is missing here was never asked for. Since when it is paused. */
  pausedOn?: Day | null;
  /** The day on which it resumes by itself; null where it waits for somebody to resume it. */
  pausedUntil?: Day | null;
  /** Its `anchorDay` from before the pause. */
  pausedAnchor?: number | null;
  /** The days on which its latest pauses began. */
  pauses?: Day[];
  /** Who paid for its current period, where that is known: whose the rest of it is when it gets cheaper. */
  periodPaidBy?: string | null;
  /** The invoice of its latest change to a dearer product. */
  changeInvoiceId?: string | null;
  /** Whose invoice that is, where it is not the account's own. */
  changeBilledTo?: string | null;
  /** The change that it is to make on a day to come. */
  plannedChange?: PlannedChange | null;
  orderId: string | null;
  invoicedFor: Day | null;
  invoiceId: string | null;
  /** Whose invoice that is, where it is not the account's own. */
  billedTo?: string | null;
  paidFor: Day | null;
  reminded: string | null;
  version: string;
  createdAt: string;
}

/** Every move a service can make: what happens, from which status, to which. */
export const serviceMoves = {
  pause: { active: 'paused' },
  resume: { paused: 'active' },
  change: { active: 'active' },
  'request-change': { pending: 'pending', active: 'active', paused: 'paused', suspended: 'suspended' },
  'cancel-later': { pending: 'pending', active: 'active', paused: 'paused', suspended: 'suspended' },
  cancel: { pending: 'cancelled', active: 'cancelled', paused: 'cancelled', suspended: 'cancelled' },
} as const satisfies Record<string, Partial<Record<ServiceStatus, ServiceStatus>>>;

export type ServiceMove = keyof typeof serviceMoves;

const doing: Record<ServiceMove, string> = {
  pause: 'paused',
  resume: 'resumed',
  change: 'changed',
  'request-change': 'changed',
  'cancel-later': 'cancelled',
  cancel: 'cancelled',
};

/** @throws Problem where a service in the status of this day cannot do that */
export function movedService(service: Service, move: ServiceMove, today: Day): ServiceStatus {
  const status = serviceStatus(service, today);
  const to = (serviceMoves[move] as Partial<Record<ServiceStatus, ServiceStatus>>)[status];
  if (to) return to;
  throw conflict(`${service.name} is ${status} and cannot be ${doing[move]}.`);
}

/** What is of a pause and goes with it. */
export const notPaused = { pausedOn: null, pausedUntil: null, pausedAnchor: null } as const;

/** The status on a day: what waits for its start, its end or the end of its pause has it by the clock. */
export function serviceStatus(
  {
    status,
    startOn,
    cancelsOn,
    pausedUntil = null,
  }: Pick<Service, 'status' | 'startOn' | 'cancelsOn' | 'pausedUntil'>,
  today: Day,
): ServiceStatus {
  if (cancelsOn !== null && cancelsOn <= today) return 'cancelled';
  if (status === 'paused' && pausedUntil !== null && pausedUntil <= today) return 'active';
  return status === 'pending' && startOn <= today ? 'active' : status;
}

/**
 * The service as the renewals job sees it. One that ends before its next period is not renewed, nor is one that is
 * paused until somebody resumes it; the due day of one that is paused until a day lies behind that day.
 */
export function renewingService(service: Service): Renewing {
  const { id, name, accountId, status, cancelsOn, invoicedFor, paidFor, reminded, pausedUntil } = service;
  const ends = status === 'cancelled' || (cancelsOn !== null && cancelsOn <= (service.nextDueOn ?? ''));
  const waits = status === 'paused' && (pausedUntil ?? null) === null;
  const nextDueOn = ends || waits ? null : service.nextDueOn;
  const changesOn = status === 'cancelled' ? null : (service.plannedChange?.on ?? null);
  return {
    kind: 'service',
    id,
    name,
    accountId,
    nextDueOn,
    autoRenew: true,
    invoicedFor,
    paidFor,
    reminded,
    changesOn,
  };
}

export function serviceView(service: Service, today: Day) {
  const { id, productId, name, price, currency, quantity, cycle, startOn, nextDueOn, cancelsOn } = service;
  const status = serviceStatus(service, today);
  const pausedUntil = status === 'paused' ? (service.pausedUntil ?? null) : null;
  const money = { amount: price, currency };
  const planned = status === 'cancelled' ? null : (service.plannedChange ?? null);
  return {
    id,
    productId,
    name,
    status,
    price: money,
    quantity,
    cycle,
    startOn,
    nextDueOn,
    cancelsOn,
    pausedUntil,
    plannedChange: planned && {
      productId: planned.productId,
      name: planned.name,
      cycle: planned.cycle,
      price: { amount: planned.price, currency },
      on: planned.on,
    },
  };
}
