import { type Action, absent, equals, type Key, type Position, type Table } from '../table/table.ts';
import { addDays, type Day } from '../core/day.ts';
import { newVersion } from '../core/ids.ts';
import { type PageRequest, type StoredPage, stripped, strippedPage } from '../table/page.ts';
import { type Invoice, type InvoiceStatus, isOverdue } from './invoice.ts';
import { noticeAfter } from './invoice-notice.ts';

const prefix = 'INVOICE#';
const keyOf = (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `${prefix}${id}` });
const numberKey = (number: string): Key => ({ pk: `INVOICE-NUMBER#${number}`, sk: 'INVOICE' });
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

/** A filtered list reads at most this many pages of the table, then returns what it has. */
const maxPages = 4;

export function invoiceStore(table: Table) {
  return {
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
  const keys = indexKeys(invoice, notice?.on ?? null);
  return { put: { ...invoice, ...keys, ...keyOf(invoice.accountId, invoice.id) }, when: absent };
}

/** How an invoice is found by the number that it takes, which no other has. */
export function numberRow({ id, accountId, number }: Invoice): Action {
  return { put: { accountId, invoiceId: id, ...numberKey(number!) }, when: absent };
}

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
  const keys = isReindexed ? indexKeys(after, since && (noticeAfter(after, since)?.on ?? null)) : {};
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
