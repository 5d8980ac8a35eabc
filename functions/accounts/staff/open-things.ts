import type { Account } from '../../../shared/accounts/people.ts';
import { type Domain, statusOn, usualPeriods } from '../../../shared/domains/domain.ts';
import { domainStore } from '../../../shared/domains/domain-store.ts';
import { invoiceStore } from '../../../shared/invoices/invoice-store.ts';
import { readCredit } from '../../../shared/invoices/ledger/credit.ts';
import { orderStore } from '../../../shared/orders/order-store.ts';
import { type Service, serviceStatus } from '../../../shared/services/service.ts';
import { serviceStore } from '../../../shared/services/service-store.ts';
import { providerDay } from '../../../shared/settings/settings.ts';
import type { PageRequest, StoredPage } from '../../../shared/table/page.ts';
import type { Position, Table } from '../../../shared/table/table.ts';

/** What keeps an account from being closed, in the words of its areas. */
export async function openThings(table: Table, account: Account, now: Date): Promise<string[]> {
  const { id, currency, mainAccountId, linkedAccounts = 0 } = account;
  const today = await providerDay(table, now);
  const isOpen = (service: Service) => serviceStatus(service, today) !== 'cancelled';
  const isOurs = (domain: Domain) =>
    !['cancelled', 'transferred-away'].includes(statusOn(domain, usualPeriods, today));
  const [unpaid, credit, services, domains, orders] = await Promise.all([
    invoiceStore(table).unpaid(id, 1),
    readCredit(table, id, currency),
    some((page) => serviceStore(table).list(id, page), isOpen),
    some((page) => domainStore(table).list(id, page), isOurs),
    some(
      (page) => orderStore(table).list(id, page),
      ({ status }) => status.startsWith('awaiting-'),
    ),
  ]);
  const found: [string, boolean][] = [
    ['unpaid invoices', unpaid.length > 0],
    ['credit', credit > 0],
    ['services', services],
    ['domains', domains],
    ['waiting orders', orders],
    ['linked accounts', linkedAccounts > 0],
    ['a main account', Boolean(mainAccountId)],
  ];
  return found.filter(([, open]) => open).map(([name]) => name);
}

async function some<T>(
  read: (page: PageRequest) => Promise<StoredPage<T>>,
  matches: (item: T) => boolean,
): Promise<boolean> {
  let after: Position | undefined;
  do {
    const page = await read({ limit: 100, after });
    if (page.items.some(matches)) return true;
    after = page.next ?? undefined;
  } while (after);
  return false;
}
