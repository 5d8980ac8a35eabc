import { type Action, absent, equals, type Key, present, type Table } from '../table/table.ts';
import { type PageRequest, type StoredPage, stripped, strippedPage } from '../table/page.ts';
import type { MassPayment } from './mass-payment.ts';
import type { Payment } from './payment.ts';

const massPaymentKey = (accountId: string, id: string): Key => ({
  pk: `ACCOUNT#${accountId}`,
  sk: `MASS-PAYMENT#${id}`,
});
const paymentPrefix = 'PAYMENT#';
const paymentKey = (accountId: string, id: string): Key => ({
  pk: `ACCOUNT#${accountId}`,
  sk: `${paymentPrefix}${id}`,
});
/** Payments that wait for a gateway or are partly settled, by the time of their next check. */
const openPartition = 'PAYMENTS-OPEN';

/** A payment for the janitor to reconcile. */
export type OpenPayment =
  | { kind: 'mass-payment'; accountId: string; id: string }
  | { kind: 'payment'; accountId: string; id: string };

export function paymentStore(table: Table) {
  return {
    async massPayment(accountId: string, id: string): Promise<MassPayment | undefined> {
      return stripped(await table.get(massPaymentKey(accountId, id)));
    },
    async massPayments(accountId: string, ids: readonly string[]): Promise<MassPayment[]> {
      if (ids.length === 0) return [];
      const items = await table.getMany(ids.map((id) => massPaymentKey(accountId, id)));
      return items.flatMap((item) => stripped<MassPayment>(item) ?? []);
    },
    async payment(accountId: string, id: string): Promise<Payment | undefined> {
      return stripped(await table.get(paymentKey(accountId, id)));
    },
    /** Newest first. */
    async payments(accountId: string, page: PageRequest): Promise<StoredPage<Payment>> {
      const pk = `ACCOUNT#${accountId}`;
      return strippedPage(await table.query({ pk, prefix: paymentPrefix, descending: true, ...page }));
    },
    /** Payments due for a check by now, the longest waiting first. */
    async open(now: Date, limit: number): Promise<OpenPayment[]> {
      const to = `${now.toISOString()}~`;
      const { items } = await table.query({ index: 'gsi2', pk: openPartition, to, limit });
      return items.map((item) => ({
        kind: item.sk.startsWith(paymentPrefix) ? 'payment' : 'mass-payment',
        accountId: String(item['accountId']),
        id: String(item['id']),
      }));
    },
  };
}

export type PaymentStore = ReturnType<typeof paymentStore>;

/** `readVersion`: the version that was read, null for a new one. */
function put(key: Key, value: object, readVersion: string | null, checkAt: string | null): Action {
  const keys = checkAt === null ? {} : { gsi2pk: openPartition, gsi2sk: checkAt };
  return {
    put: { ...value, ...keys, ...key },
    when: readVersion === null ? absent : equals({ version: readVersion }),
  };
}

/**
 * Writes a mass payment; fails where its version is no longer the one that was read. The janitor checks it at
 * `checkAt`.
 */
export function massPaymentRow(
  after: MassPayment,
  readVersion: string | null,
  checkAt: string | null,
): Action {
  return put(massPaymentKey(after.accountId, after.id), after, readVersion, checkAt);
}

/** Writes a payment, with the same condition and check. */
export function paymentRow(after: Payment, readVersion: string | null, checkAt: string | null): Action {
  return put(paymentKey(after.accountId, after.id), after, readVersion, checkAt);
}

/**
 * The changes by later steps of its mass payment's settlement; nothing else changes a payment before they are done.
 */
export function settledRow({ accountId, id, status, allocations, toCredit, version }: Payment): Action {
  return {
    update: paymentKey(accountId, id),
    set: { status, allocations, toCredit, version },
    when: present,
  };
}
