import type { Cycle } from '../products/product.ts';
import type { Day } from '../core/day.ts';
import { conflict } from '../core/problem.ts';
import type { Renewable } from '../schedule/steps.ts';

export type ServiceStatus = 'pending' | 'active' | 'paused' | 'suspended' | 'cancelled';

/** A planned change of a service, at the price displayed when it was requested. */
export interface PlannedChange {
  productId: string;
  name: string;
  cycle: Cycle;
  /** Minor units for one, per cycle, before tax. */
  price: number;
  taxRate: string | null;
  /** That of the product when the change was planned. */
  taxClass?: string | null;
  on: Day;
}

/** A service that the provider runs for a client, paid for by the period. */
/** A line of an invoice that pays for so many days of a service's current period. */
export interface PaidLine {
  accountId: string;
  invoiceId: string;
  lineIndex: number;
  days: number;
  /** It pays only for what a change made dearer; what the period itself costs is paid by another line, or elsewhere. */
  ofChange?: true;
}

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
  /** That of its product when it was ordered; counts where the product is gone. */
  taxClass?: string | null;
  cycle: Cycle;
  /** The day of the month on which its periods begin. */
  anchorDay: number;
  startOn: Day;
  /** When the next period is due; null for a service paid once. */
  nextDueOn: Day | null;
  /** The day on which it ends, if its end was requested. */
  cancelsOn: Day | null;
  /** Since when it is paused. Optional fields are absent where they were never set. */
  pausedOn?: Day | null;
  /** The day on which it resumes by itself; null where it has to be resumed by a person. */
  pausedUntil?: Day | null;
  /** Its `anchorDay` from before the pause. */
  pausedAnchor?: number | null;
  /** The first days of its latest pauses. */
  pauses?: Day[];
  /** The account that paid for its current period, where known. */
  periodPaidBy?: string | null;
  /** The invoices' lines that paid for its current period, in order; missing in older rows. */
  periodPaid?: PaidLine[];
  /** The invoice of its latest change to a more expensive product. */
  changeInvoiceId?: string | null;
  /** The account that the invoice is for, if not the service's own. */
  changeBilledTo?: string | null;
  /** The change planned for a later day. */
  plannedChange?: PlannedChange | null;
  orderId: string | null;
  invoicedFor: Day | null;
  invoiceId: string | null;
  /** The account that the invoice is for, if not the service's own. */
  billedTo?: string | null;
  paidFor: Day | null;
  reminded: string | null;
  version: string;
  createdAt: string;
}

/** Every transition of a service: the event, the status before, the status after. */
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

/**
 * The status after a transition.
 * @throws Problem where the service's status on this day does not allow it
 */
export function nextServiceStatus(service: Service, move: ServiceMove, today: Day): ServiceStatus {
  const status = serviceStatus(service, today);
  const to = (serviceMoves[move] as Partial<Record<ServiceStatus, ServiceStatus>>)[status];
  if (to) return to;
  throw conflict(`${service.name} is ${status} and cannot be ${doing[move]}.`);
}

/** The fields of a service that is not paused. */
export const notPaused = { pausedOn: null, pausedUntil: null, pausedAnchor: null } as const;

/** The status on a day: a start, an end or the end of a pause takes effect by the clock. */
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
 * The service as the renewals job sees it. A service is not renewed if it ends before its next period or is paused
 * without an end; a pause until a day puts the due day after that day.
 */
export function renewableService(service: Service): Renewable {
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
    anchorDay: service.anchorDay,
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
