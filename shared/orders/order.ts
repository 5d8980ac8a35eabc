import { amountsView, type Totals } from '../invoices/invoice.ts';
import type { Cycle } from '../products/product.ts';
import { conflict } from '../core/problem.ts';
import type { Activity } from '../write/activity.ts';
import type { Actor } from '../write/actor.ts';

/** A priced line of a cart. */
export type CartItem = {
  id: string;
  /** Its description on the invoice. */
  description: string;
  quantity: number;
  /** Minor units for one, before tax. */
  unitPrice: number;
  /** A rate of its own; null where the rules of tax decide. */
  taxRate: string | null;
  taxClass?: string | null;
  /** What the cart last showed. */
  shownTaxRate?: string;
} & (
  | { kind: 'product'; productId: string; cycle: Cycle }
  | { kind: 'domain-renewal'; domainId: string; years: number }
);

export type OrderStatus =
  'awaiting-main-account' | 'awaiting-payment' | 'awaiting-activation' | 'active' | 'rejected' | 'cancelled';

export interface Order extends Totals {
  id: string;
  /** The account in which it was placed. */
  accountId: string;
  accountName?: string;
  /** The account whose services and domains it is for. */
  forAccountId: string;
  forAccountName: string;
  /** The other account that lists it: the one it is for, or the main account that pays it; null for none. */
  otherAccountId?: string | null;
  /** The account that is billed, if not the one in which it was placed. */
  payerId?: string;
  status: OrderStatus;
  items: CartItem[];
  placedBy: Actor;
  invoiceId: string | null;
  massPaymentId: string | null;
  reason: string | null;
  /** The Idempotency-Key of the checkout that made it. */
  askedAs: string | null;
  /** The Idempotency-Key of its approval by the main account. */
  approvedAs?: string | null;
  version: string;
  createdAt: string;
}

/** Every transition of an order: the event, the status before, the status after. */
export const orderMoves = {
  pay: { 'awaiting-payment': 'awaiting-activation' },
  'pay-renewals': { 'awaiting-payment': 'active' },
  activate: { 'awaiting-activation': 'active' },
  reject: {
    'awaiting-main-account': 'rejected',
    'awaiting-payment': 'rejected',
    'awaiting-activation': 'rejected',
  },
  cancel: { 'awaiting-main-account': 'cancelled', 'awaiting-payment': 'cancelled' },
  approve: { 'awaiting-main-account': 'awaiting-payment' },
  decline: { 'awaiting-main-account': 'rejected' },
} as const satisfies Record<string, Partial<Record<OrderStatus, OrderStatus>>>;

/**
 * The status after a transition.
 * @throws Problem where the order's status does not allow it
 */
export function nextOrderStatus(
  { status }: Pick<Order, 'status'>,
  move: keyof typeof orderMoves,
): OrderStatus {
  const to = (orderMoves[move] as Partial<Record<OrderStatus, OrderStatus>>)[status];
  if (to) return to;
  throw conflict(`This order is ${status}: that cannot be done with it now.`);
}

/** The activity of a transition for every account that the order concerns; `before` is null when it is placed. */
export function orderActivity(before: Order | null, after: Order): Activity[] {
  const { id, accountId, otherAccountId, forAccountId, status, total, currency, items, reason } = after;
  const facts = before
    ? { status, ...(reason !== null && before.reason === null ? { reason } : {}) }
    : {
        status,
        total: { amount: total, currency },
        forAccountId,
        lines: items.map((item) => item.description).slice(0, 20),
      };
  const entry = {
    action: before ? `order.${status}` : 'order.placed',
    subject: { kind: 'order', id, name: id },
    before: before && { status: before.status },
    after: facts,
  };
  return [accountId, ...(otherAccountId ? [otherAccountId] : [])].map((each) => ({
    accountId: each,
    ...entry,
  }));
}

/** The account and authority that an order is displayed to. */
type OrderViewer = { accountId: string; authority: { kind: string } };

/** An order as the API returns it. Members do not see the invoice and payment of another account. */
export function orderView(order: Order, viewer?: OrderViewer) {
  const { id, status, forAccountId, forAccountName, items, placedBy, invoiceId, reason, createdAt } = order;
  const { currency, massPaymentId, accountId } = order;
  const { accountName = forAccountName, payerId = accountId } = order;
  const hidesBill = viewer?.authority.kind === 'member' && payerId !== viewer.accountId;
  const money = (amount: number) => ({ amount, currency });
  return {
    id,
    accountId,
    accountName,
    href: `/v1/accounts/${accountId}/orders/${id}`,
    status,
    forAccount: { id: forAccountId, name: forAccountName },
    // The lines of an order are its items, in the same order.
    items: items.map((item, index) => ({
      ...itemView(item, currency),
      taxRate: item.taxRate ?? order.lines[index]?.taxRate ?? null,
    })),
    ...amountsView(order, money),
    placedBy,
    invoiceId: hidesBill ? null : invoiceId,
    massPaymentId: hidesBill ? null : massPaymentId,
    reason,
    createdAt,
  };
}

/** A line of a cart or order as the API returns it. */
export function itemView(item: CartItem, currency: string) {
  const { unitPrice, quantity, taxRate, taxClass: _, shownTaxRate: __, ...rest } = item;
  return {
    ...rest,
    quantity,
    unitPrice: { amount: unitPrice, currency },
    amount: { amount: unitPrice * quantity, currency },
    taxRate,
  };
}
