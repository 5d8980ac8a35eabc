import { accountsNamed, beforeAllNamed } from '../../../shared/accounts/account-names.ts';
import type { Account } from '../../../shared/accounts/people.ts';
import type { PeopleStore } from '../../../shared/accounts/people-store.ts';
import { domainStore } from '../../../shared/domains/domain-store.ts';
import { invoiceStore } from '../../../shared/invoices/invoice-store.ts';
import type { PageRequest, StoredPage } from '../../../shared/table/page.ts';
import type { Table } from '../../../shared/table/table.ts';
import { ticketStore } from '../../../shared/tickets/ticket-store.ts';

interface FindDependencies {
  table: Table;
  people: PeopleStore;
}

/**
 * Accounts by what staff know of them: the address of anybody in it, a domain, the number of an invoice or a ticket, its
 * id, each of them exact; or the beginnings of words of its name. All of them, by name, without a search.
 */
export async function findAccounts(
  { table, people }: FindDependencies,
  search: string | undefined,
  page: PageRequest,
): Promise<StoredPage<Account>> {
  if (search === undefined) return people.accountsByName(page);
  const text = search.trim();
  const { items: ids, next } = text.includes('@')
    ? await people.accountsOfAddress(text, page)
    : await findByText(table, text, page);
  const accounts = await people.accounts(ids);
  return { items: accounts.filter((account) => account !== undefined), next };
}

/** What is found exactly comes first, and not once more among the names. */
async function findByText(table: Table, text: string, page: PageRequest): Promise<StoredPage<string>> {
  const exact = await findExact(table, text);
  if (exact !== undefined && page.after === undefined) {
    // The names begin on the next page.
    if (page.limit === 1) return { items: [exact], next: beforeAllNamed(text) };
    const named = await accountsNamed(table, text, { ...page, limit: page.limit - 1 });
    return { ...named, items: [exact, ...named.items.filter((id) => id !== exact)] };
  }
  const named = await accountsNamed(table, text, page);
  return { ...named, items: named.items.filter((id) => id !== exact) };
}

/** The account that an exact name leads to; no text has the form of two of them. */
async function findExact(table: Table, text: string): Promise<string | undefined> {
  if (/^acct_[\w-]{1,59}$/.test(text)) return text;
  if (/^\d{6}$/.test(text)) {
    const tickets = ticketStore(table);
    const ticketId = await tickets.idByNumber(text);
    return ticketId === undefined ? undefined : (await tickets.locate(ticketId))?.accountId;
  }
  if (/^\d{4}-\d+$/.test(text)) return invoiceStore(table).accountOfNumber(text);
  if (/^[^\s.]+(\.[^\s.]+)+$/.test(text)) return domainStore(table).accountOfName(text.toLowerCase());
  return undefined;
}
