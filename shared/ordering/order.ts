import { amountsView, type Totals } from '../billing/invoice.ts';
import type { Cycle } from '../catalogue/product.ts';
import { conflict } from '../domain/problem.ts';
import type { Actor } from '../write/actor.ts';

/** A line of a cart, as it is priced. */
export type CartItem = {
  id: string;
  /** What an invoice says of it. */
  description: string;
  quantity: number;
  /** Minor units for one, before tax. */
  unitPrice: number;
  taxRate: string | null;
} & (
  | { kind: 'product'; productId: string; cycle: Cycle }
  | { kind: 'domain-renewal'; domainId: string; years: number }
);

export type OrderStatus =
  'awaiting-main-account' | 'awaiting-payment' | 'awaiting-activation' | 'active' | 'rejected' | 'cancelled';

export interface Order extends Totals {
  id: string;
  /** Where it was placed. */
  accountId: string;
  /** Whose services and domains it is for. */
  forAccountId: string;
  forAccountName: string;
  status: OrderStatus;
  items: CartItem[];
  placedBy: Actor;
  invoiceId: string | null;
  massPaymentId: string | null;
  reason: string | null;
  /** The Idempotency-Key of the checkout that made it. */
  askedAs: string | null;
  version: string;
  createdAt: string;
}

/** Every move an order can make: what happens, from which status, to which. */
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
} as const satisfies Record<string, Partial<Record<OrderStatus, OrderStatus>>>;

/** @throws Problem where an order in this status cannot do that */
export function movedOrder({ status }: Pick<Order, 'status'>, move: keyof typeof orderMoves): OrderStatus {
  const to = (orderMoves[move] as Partial<Record<OrderStatus, OrderStatus>>)[status];
  if (to) return to;
  throw conflict(`This order is ${status}: it is too late for that.`);
}

export function orderView(order: Order) {
  const { id, status, forAccountId, forAccountName, items, placedBy, invoiceId, reason, createdAt } = order;
  const { currency, massPaymentId, accountId } = order;
  const money = (amount: number) => ({ amount, currency });
  return {
    id,
    accountId,
    status,
    forAccount: { id: forAccountId, name: forAccountName },
    items: items.map((item) => itemView(item, currency)),
    ...amountsView(order, money),
    placedBy,
    invoiceId,
    massPaymentId,
    reason,
    createdAt,
  };
}

/** A line as carts and orders show it. */
export function itemView(item: CartItem, currency: string) {
  const { unitPrice, quantity, taxRate, ...rest } = item;
  return {
    ...rest,
    quantity,
    unitPrice: { amount: unitPrice, currency },
    amount: { amount: unitPrice * quantity, currency },
    taxRate,
  };
}
