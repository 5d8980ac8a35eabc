import { type Action, absent, equals, type Key, type Table } from '../table/table.ts';
import { type PageRequest, type StoredPage, stripped, strippedPage } from '../table/page.ts';
import type { Order, OrderStatus } from './order.ts';

const prefix = 'ORDER#';
const keyOf = (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `${prefix}${id}` });
const otherPartition = (accountId: string) => `ORDERS-CONCERNING#${accountId}`;
const statusPartition = (status: OrderStatus) => `ORDERS#${status}`;

export function orderStore(table: Table) {
  return {
    async get(accountId: string, id: string): Promise<Order | undefined> {
      return stripped(await table.get(keyOf(accountId, id)));
    },
    /** An order by its id alone, in any account. */
    async byId(id: string): Promise<Order | undefined> {
      const { items } = await table.query({ index: 'gsi2', pk: `${prefix}${id}`, limit: 1 });
      const found = stripped<Order>(items[0]);
      // The index is eventually consistent: read the row itself.
      return found && this.get(found.accountId, id);
    },
    /** Newest first. */
    async list(accountId: string, page: PageRequest): Promise<StoredPage<Order>> {
      return strippedPage(
        await table.query({ pk: `ACCOUNT#${accountId}`, prefix, descending: true, ...page }),
      );
    },
    /** Newest first: orders placed in the account, and orders of other accounts that concern it. */
    async concerning(accountId: string, { limit, after }: PageRequest): Promise<StoredPage<Order>> {
      const last = after?.[0];
      const from = { descending: true, limit: limit + 1 };
      const pages = await Promise.all([
        table.query({ pk: `ACCOUNT#${accountId}`, from: prefix, to: `${prefix}${last ?? '~'}`, ...from }),
        table.query({ index: 'gsi3', pk: otherPartition(accountId), to: last ?? '~', ...from }),
      ]);
      const merged = pages
        .flatMap((page) => strippedPage<Order>(page).items)
        .filter(({ id }) => id !== last)
        .toSorted((a, b) => (a.id < b.id ? 1 : -1));
      const items = merged.slice(0, limit);
      return { items, next: merged.length > limit ? [items.at(-1)!.id] : null };
    },
    /** Over all accounts, the longest waiting first. */
    async inStatus(status: OrderStatus, page: PageRequest): Promise<StoredPage<Order>> {
      return strippedPage(await table.query({ index: 'gsi1', pk: statusPartition(status), ...page }));
    },
  };
}

export type OrderStore = ReturnType<typeof orderStore>;

/** Writes an order; fails where its version is no longer the one that was read. Null for a new order. */
export function orderRow(order: Order, readVersion: string | null): Action {
  const { accountId, otherAccountId, id, status } = order;
  return {
    put: {
      ...order,
      gsi1pk: statusPartition(status),
      gsi1sk: id,
      gsi2pk: `${prefix}${id}`,
      gsi2sk: id,
      ...(otherAccountId ? { gsi3pk: otherPartition(otherAccountId), gsi3sk: id } : {}),
      ...keyOf(accountId, id),
    },
    when: readVersion === null ? absent : equals({ version: readVersion }),
  };
}
