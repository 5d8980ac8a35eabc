import { balanceOf, type Invoice } from '../../shared/invoices/invoice.ts';
import type { InvoiceStore } from '../../shared/invoices/invoice-store.ts';
import type { OrderStore } from '../../shared/orders/order-store.ts';
import { type Account, payerId } from '../../shared/accounts/people.ts';
import type { DomainStore } from '../../shared/domains/domain-store.ts';
import type { ServiceStore } from '../../shared/services/service-store.ts';
import type { WriteDependencies } from '../../shared/write/commit.ts';
import type { ListLinkedDependencies } from '../../shared/services/list-linked.ts';

export interface LinkDependencies extends WriteDependencies, Pick<ListLinkedDependencies, 'people'> {
  invoices: InvoiceStore;
  orders: OrderStore;
  services: ServiceStore;
  domains: DomainStore;
  portalUrl: string;
}

/** Limits for each kind of resource: how many are listed, and how many are read. */
const mostListed = 100;
const mostRead = 500;
const firstPage = { limit: mostRead, after: undefined };

/**
 * The effects of a change of an account's link. Open invoices stay with the account that owes them, services and
 * domains are billed to the new payer from their next period on, and orders awaiting the main account are cancelled if
 * the payer changes.
 */
export async function linkEffects(dependencies: LinkDependencies, account: Account, after: Account) {
  const { orders, services, domains } = dependencies;
  const [invoices, orderPage, ownServices, ownDomains] = await Promise.all([
    openInvoices(dependencies, account),
    orders.concerning(account.id, firstPage),
    services.list(account.id, firstPage),
    domains.list(account.id, firstPage),
  ]);
  const payerChanges = payerId(after) !== payerId(account);
  const open = orderPage.items.filter(
    ({ forAccountId, status }) => forAccountId === account.id && status.startsWith('awaiting-'),
  );
  const waiting = open.filter(({ status }) => status === 'awaiting-main-account' && payerChanges);
  const billedTo = payerId(after);
  const billedRenewables = (renewables: readonly { id: string; name: string; nextDueOn: string | null }[]) =>
    renewables
      .flatMap(({ id, name, nextDueOn }) => (nextDueOn === null ? [] : [{ id, name, nextDueOn, billedTo }]))
      .slice(0, mostListed);
  const effects = {
    currency:
      after.currency === account.currency ? null : { before: account.currency, after: after.currency },
    invoices: invoices.slice(0, mostListed).map((invoice) => ({
      id: invoice.id,
      number: invoice.number,
      balance: { amount: balanceOf(invoice), currency: invoice.currency },
      owedBy: invoice.accountId,
    })),
    orders: open.slice(0, mostListed).map((order) => ({
      id: order.id,
      status: order.status,
      becomes: waiting.includes(order) ? 'cancelled' : order.status,
    })),
    services: billedRenewables(ownServices.items.filter(({ status }) => status !== 'cancelled')),
    domains: billedRenewables(ownDomains.items.filter(({ state }) => state === 'registered')),
  };
  return { waiting, effects };
}

/** Unpaid invoices of the account, and those of its payer with lines for this account. */
async function openInvoices({ invoices }: LinkDependencies, account: Account): Promise<Invoice[]> {
  const payerIds = [...new Set([account.id, payerId(account)])];
  const invoicesByPayer = await Promise.all(
    payerIds.map(async (accountId) => {
      const ids = await invoices.unpaid(accountId, mostRead);
      return ids.length === 0 ? [] : invoices.getMany(accountId, ids);
    }),
  );
  return invoicesByPayer
    .flat()
    .flatMap((invoice) => invoice ?? [])
    .filter((invoice) => invoice.accountId === account.id || hasLinesFor(invoice, account.id));
}

function hasLinesFor({ lines }: Invoice, accountId: string): boolean {
  return lines.some(({ relatesTo }) => typeof relatesTo === 'object' && relatesTo?.accountId === accountId);
}
