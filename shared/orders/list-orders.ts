import type { PageRequest, StoredPage } from '../table/page.ts';
import type { RequestContext } from '../http/request.ts';
import type { Order } from './order.ts';
import { reachedLinkedIds } from '../accounts/linked.ts';
import type { PeopleStore } from '../accounts/people-store.ts';
import type { Settings } from '../settings/settings.ts';
import type { OrderStore } from './order-store.ts';

/** What `listOrders` reads from. */
export interface ListOrdersDependencies {
  orders: Pick<OrderStore, 'concerning'>;
  people: PeopleStore;
  settings(): Promise<Settings>;
}

/** Orders that concern the account, newest first: its own, those for it, and those of its linked accounts. */
export async function listOrders(
  dependencies: ListOrdersDependencies,
  context: RequestContext,
  page: PageRequest,
): Promise<StoredPage<Order>> {
  const { items, next } = await dependencies.orders.concerning(context.accountId, page);
  const ofLinkedAccounts = items.filter((order) => isOfLinkedAccount(order, context.accountId));
  const ids = ofLinkedAccounts.map((order) => order.accountId);
  const open = await reachedLinkedIds(dependencies, context, ids, 'orders');
  const visible = items.filter((order) => !ofLinkedAccounts.includes(order) || open.has(order.accountId));
  return { items: visible.filter((order) => isVisibleTo(context, order)), next };
}

/** Orders that an earlier main account placed for the account are hidden from its present one. */
function isVisibleTo({ authority, accountId }: RequestContext, order: Order): boolean {
  if (authority.kind !== 'main-account') return true;
  return order.accountId === accountId || order.accountId === authority.link.mainAccountId;
}

/** An order placed in another account and not for this one: this one is its main account. */
function isOfLinkedAccount(order: Order, accountId: string): boolean {
  return order.accountId !== accountId && order.forAccountId !== accountId;
}
