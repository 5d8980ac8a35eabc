import { decideBeneath } from '../../shared/access/decide.ts';
import type { PageRequest, StoredPage } from '../../shared/http/page.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Order } from '../../shared/ordering/order.ts';
import { linkOf } from '../../shared/people/people.ts';
import type { OrderDependencies } from './bill-order.ts';

/** What finding the orders that concern an account reads. */
export type ListOrdersDependencies = Pick<OrderDependencies, 'orders' | 'people' | 'settings'>;

/** Orders that concern the account, newest first: its own, those for it, and those of accounts beneath it. */
export async function listOrders(
  dependencies: ListOrdersDependencies,
  context: RequestContext,
  page: PageRequest,
): Promise<StoredPage<Order>> {
  const { items, next } = await dependencies.orders.concerning(context.accountId, page);
  const beneath = items.filter((order) => isBeneath(order, context.accountId));
  const open = await openOf(dependencies, context, [...new Set(beneath.map((order) => order.accountId))]);
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

/** Those of the accounts whose orders the caller may see from here. */
async function openOf(
  { people, settings }: ListOrdersDependencies,
  { accountId, caller, now }: RequestContext,
  ids: string[],
): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const [accounts, current] = await Promise.all([people.accounts(ids), settings()]);
  return new Set(
    accounts.flatMap((account) => {
      const link = account && linkOf(account, current);
      if (!account || link?.mainAccountId !== accountId) return [];
      return decideBeneath(caller, link, 'orders', now).allowed ? [account.id] : [];
    }),
  );
}
