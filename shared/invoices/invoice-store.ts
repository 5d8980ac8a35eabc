import { type Action, absent, equals, type Key, type Position, type Table } from '../table/table.ts';
import { addDays, type Day } from '../core/day.ts';
import { newVersion } from '../core/ids.ts';
import { byDay, type DayRange } from '../table/by-day.ts';
import { type PageRequest, type StoredPage, stripped, strippedPage } from '../table/page.ts';
import { balanceOf, type Invoice, type InvoiceStatus, isOverdue } from './invoice.ts';
import { noticeAfter } from './invoice-notice.ts';

const prefix = 'INVOICE#';
const keyOf = (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `${prefix}${id}` });
export const numberKey = (number: string): Key => ({ pk: `INVOICE-NUMBER#${number}`, sk: 'INVOICE' });
/** Numbered invoices of all accounts, by the day of their number. */
const ofDays = byDay('INVOICES');
/** Numbered invoices of all accounts whose balance is not zero, by account. */
const openPartition = 'OPEN-INVOICES';
const duePartition = (accountId: string) => `ACCOUNT#${accountId}#DUE`;
/**
 * Unpaid invoices by the day of their next notice, in shards so that one day's work does not fall on one partition.
 */
export const noticeShards = 4;
const noticePartition = (shard: number) => `INVOICE-NOTICES#${shard}`;

export interface InvoiceFilter {
  status?: InvoiceStatus | undefined;
  overdue?: boolean | undefined;
  drafts: boolean;
  today: Day;
}

/** What names an invoice of any account. */
export interface InvoiceRef {
  accountId: string;
  invoiceId: string;
}

/** A filtered list reads at most this many pages of the table, then returns what it has. */
const maxPages = 4;

export function invoiceStore(table: Table) {
  const ofAccounts = async (refs: readonly InvoiceRef[]): Promise<(Invoice | undefined)[]> => {
    if (refs.length === 0) return [];
    const items = await table.getMany(refs.map(({ accountId, invoiceId }) => keyOf(accountId, invoiceId)));
    return items.map((item) => stripped<Invoice>(item));
  };
  return {
    /** Invoices of any accounts, in the order of what names them. */
    ofAccounts,
    async get(accountId: string, id: string): Promise<Invoice | undefined> {
      return stripped(await table.get(keyOf(accountId, id)));
    },
    async getMany(accountId: string, ids: readonly string[]): Promise<(Invoice | undefined)[]> {
      const items = await table.getMany(ids.map((id) => keyOf(accountId, id)));
      return items.map((item) => stripped<Invoice>(item));
    },
    /** The account that an invoice of this number was given to. */
    async accountOfNumber(number: string): Promise<string | undefined> {
      const row = await table.get(numberKey(number));
      return row && String(row['accountId']);
    },
    /** Newest first, filtered by status, overdue and drafts. */
    async list(accountId: string, filter: InvoiceFilter, page: PageRequest): Promise<StoredPage<Invoice>> {
      const { status, overdue, drafts, today } = filter;
      const matches = (invoice: Invoice) =>
        (drafts || invoice.number !== null) &&
        (status === undefined || invoice.status === status) &&
        (overdue === undefined || isOverdue(invoice, today) === overdue);
      const source = sourceOf(accountId, filter);
      const items: Invoice[] = [];
      let after: Position | undefined = page.after;
      for (let round = 0; round < maxPages; round++) {
        const wanted = page.limit - items.length;
        const result = await table.query({ ...source, descending: true, limit: wanted, after });
        items.push(...strippedPage<Invoice>(result).items.filter(matches));
        after = result.next ?? undefined;
        if (!after || items.length === page.limit) break;
      }
      return { items, next: after ?? null };
    },
    /** The ids of unpaid invoices, earliest due first, at most `limit`. */
    async unpaid(accountId: string, limit: number): Promise<string[]> {
      const { items } = await table.query({ index: 'gsi2', pk: duePartition(accountId), limit });
      return items.map((item) => String(item['id']));
    },
    /**
     * Unpaid invoices, earliest due first, at most `limit`, in one page. For display, not for paying: the index is
     * eventually consistent.
     */
    async dueFirst(accountId: string, limit: number): Promise<Invoice[]> {
      const items: Invoice[] = [];
      let after: Position | undefined;
      for (let round = 0; round < maxPages; round++) {
        const wanted = limit - items.length;
        const page = await table.query({ index: 'gsi2', pk: duePartition(accountId), limit: wanted, after });
        items.push(...strippedPage<Invoice>(page).items);
        // A page of the table ends at a megabyte, whatever the limit.
        after = page.next ?? undefined;
        if (!after || items.length === limit) break;
      }
      return items;
    },
    /** Numbered invoices of all accounts, by the days of their numbers, the last ones first where `descending`. */
    async numbered(range: DayRange, page: PageRequest, descending = false): Promise<StoredPage<Invoice>> {
      const { items, next } = await ofDays.page(table, range, page, descending);
      const found = await ofAccounts(items as unknown as InvoiceRef[]);
      return { items: found.flatMap((invoice) => invoice ?? []), next };
    },
    /** Invoices of all accounts whose balance is not zero. Eventually consistent. */
    async open(page: PageRequest): Promise<StoredPage<Invoice>> {
      return strippedPage(await table.query({ index: 'gsi4', pk: openPartition, ...page }));
    },
    /** Unpaid invoices of one shard with a notice due by this day. */
    async withNotice(shard: number, by: Day, page: PageRequest): Promise<StoredPage<Invoice>> {
      const to = `${by}~`;
      return strippedPage(await table.query({ index: 'gsi3', pk: noticePartition(shard), to, ...page }));
    },
  };
}

export type InvoiceStore = ReturnType<typeof invoiceStore>;

/** The index with the invoices of a filter; the rest of the filter is applied to each invoice. */
function sourceOf(accountId: string, { status, overdue, today }: InvoiceFilter) {
  if (overdue) return { index: 'gsi2' as const, pk: duePartition(accountId), to: addDays(today, -1) + '~' };
  if (status) return { index: 'gsi1' as const, pk: statusPartition(accountId, status) };
  return { pk: `ACCOUNT#${accountId}`, prefix };
}

const statusPartition = (accountId: string, status: InvoiceStatus) =>
  `ACCOUNT#${accountId}#INVOICES#${status}`;

type IndexKeys = Record<`gsi${1 | 2 | 3}${'pk' | 'sk'}`, string | undefined>;

/** How it is found while it is open; no key where it is not. */
export function openKeys(invoice: Invoice): Record<`gsi4${'pk' | 'sk'}`, string | undefined> {
  const isOpen = invoice.number !== null && balanceOf(invoice) !== 0;
  return {
    gsi4pk: isOpen ? openPartition : undefined,
    gsi4sk: isOpen ? `${invoice.accountId}#${invoice.id}` : undefined,
  };
}

function indexKeys(invoice: Invoice, noticeOn: Day | null): IndexKeys {
  const { accountId, status, id, dueOn } = invoice;
  const unpaid = status === 'unpaid';
  const shard = id.charCodeAt(id.length - 1) % noticeShards;
  const hasNotice = unpaid && noticeOn !== null;
  return {
    gsi1pk: statusPartition(accountId, status),
    gsi1sk: id,
    gsi2pk: unpaid ? duePartition(accountId) : undefined,
    gsi2sk: unpaid ? `${dueOn}#${id}` : undefined,
    gsi3pk: hasNotice ? noticePartition(shard) : undefined,
    gsi3sk: hasNotice ? `${noticeOn}#${id}` : undefined,
  };
}

/** A new invoice; its notices start after the day it was issued. */
export function invoiceRow(invoice: Invoice): Action {
  const notice = invoice.issuedOn === null ? null : noticeAfter(invoice, invoice.issuedOn);
  const keys = { ...indexKeys(invoice, notice?.on ?? null), ...openKeys(invoice) };
  return { put: { ...invoice, ...keys, ...keyOf(invoice.accountId, invoice.id) }, when: absent };
}

/** How an invoice is found by the number that it takes, which no other has. */
export function numberRow(invoice: Invoice): Action {
  const { id, accountId, number } = invoice;
  const row = { accountId, invoiceId: id, ...numberedKeys(invoice), ...numberKey(number!) };
  return { put: row, when: absent };
}

/** How the row of its number is found by its day. */
export const numberedKeys = ({ id, issuedOn }: Invoice) => ofDays.keys(issuedOn!, id);

/**
 * Changes an invoice from the version that was read; fails where it has changed since. Only `holdRow` writes `heldBy`,
 * so that a payment begun meanwhile keeps its hold.
 */
export function invoiceChanged(
  before: Invoice,
  changes: Partial<Omit<Invoice, 'id' | 'accountId' | 'heldBy' | 'version'>>,
  noticedOn: Day | null = null,
): { action: Action; after: Invoice } {
  const after = { ...before, ...changes, version: newVersion() };
  const since = noticedOn ?? after.issuedOn;
  const isReindexed = after.status !== before.status || noticedOn !== null || after.dueOn !== before.dueOn;
  const keys = {
    ...(isReindexed ? indexKeys(after, since && (noticeAfter(after, since)?.on ?? null)) : {}),
    ...openKeys(after),
  };
  const removed = Object.entries(keys).filter(([, value]) => value === undefined);
  const set = Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined));
  return {
    after,
    action: {
      update: keyOf(before.accountId, before.id),
      set: { ...changes, version: after.version, ...set },
      remove: removed.map(([name]) => name),
      when: equals({ version: before.version }),
    },
  };
}

/** A mass payment holds an invoice, as it was read. The mass payment's own state decides how long the hold counts. */
export function holdRow({ accountId, id, version, heldBy }: Invoice, massPaymentId: string): Action {
  return {
    update: keyOf(accountId, id),
    set: { heldBy: massPaymentId },
    when: equals({ version, heldBy }),
  };
}
