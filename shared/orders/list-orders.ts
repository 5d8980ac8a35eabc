import type { PageRequest, StoredPage } from '../table/page.ts';
import type { RequestContext } from '../http/request.ts';
import type { Order } from './order.ts';
import { idsReachedBeneath } from '../accounts/linked.ts';
import type { PeopleStore } from '../accounts/people-store.ts';
import type { Settings } from '../settings/settings.ts';
import type { OrderStore } from './order-store.ts';

/** What finding the orders that concern an account reads. */
export interface ListOrdersDependencies {
  orders: Pick<OrderStore, 'concerning'>;
  people: PeopleStore;
  settings(): Promise<Settings>;
}

/** Orders that concern the account, newest first: its own, those for it, and those of accounts beneath it. */
export async function listOrders(
  dependencies: ListOrdersDependencies,
  context: RequestContext,
  page: PageRequest,
): Promise<StoredPage<Order>> {
  const { items, next } = await dependencies.orders.concerning(context.accountId, page);
  const beneath = items.filter((order) => isBeneath(order, context.accountId));
  const ids = beneath.map((order) => order.accountId);
  const open = await idsReachedBeneath(dependencies, context, ids, 'orders');
  const shown = items.filter((order) => !beneath.includes(order) || open.has(order.accountId));
  return { items: shown.filter((order) => isTold(context, order)), next };
}

/** What another main account ordered for the account, when that was beneath it, is nothing for this one. */
function isTold({ authority, accountId }: RequestContext, order: Order): boolean {
  if (authority.kind !== 'main-account') return true;
  return order.accountId === accountId || order.accountId === authority.link.mainAccountId;
}

/** Placed in another account and not for this one: this one is its main account. */
function isBeneath(order: Order, accountId: string): boolean {
  return order.accountId !== accountId && order.forAccountId !== accountId;
}
