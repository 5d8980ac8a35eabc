import { createHash } from 'node:crypto';
import { toSeconds } from '../core/clock.ts';
import type { Hold, Invoice } from '../invoices/invoice.ts';
import { byDay, type DayRange } from '../table/by-day.ts';
import { type Action, absent, equals, type Key, present, type Table } from '../table/table.ts';
import { filteredPage, type PageRequest, type StoredPage, stripped, strippedPage } from '../table/page.ts';
import {
  holdOf,
  inProgress,
  type MassPayment,
  type MassPaymentItem,
  type MassPaymentStatus,
  statusAt,
} from './mass-payment.ts';
import type { Payment, Receipt } from './payment.ts';

const massPaymentKey = (accountId: string, id: string): Key => ({
  pk: `ACCOUNT#${accountId}`,
  sk: `MASS-PAYMENT#${id}`,
});
const paymentPrefix = 'PAYMENT#';
const paymentKey = (accountId: string, id: string): Key => ({
  pk: `ACCOUNT#${accountId}`,
  sk: `${paymentPrefix}${id}`,
});
/** Payments of all accounts, by the day on which they are in the books. */
const ofDays = byDay('PAYMENTS');
/** Payments that wait for a gateway or are partly settled, by the time of their next check. */
const openPartition = 'PAYMENTS-OPEN';

/** By person, invoices and amounts, in any order. */
function summaryKey(accountId: string, userId: string, items: readonly MassPaymentItem[]): Key {
  const asked = items.map(({ id, allocation }) => `${id} ${allocation}`).toSorted();
  const hash = createHash('sha256').update(asked.join('\n')).digest('base64url');
  return { pk: `ACCOUNT#${accountId}`, sk: `SUMMARY#${userId}#${hash}` };
}

/** A payment for the janitor to reconcile. */
export type OpenPayment =
  | { kind: 'mass-payment'; accountId: string; id: string }
  | { kind: 'payment'; accountId: string; id: string };

export function paymentStore(table: Table) {
  const massPayment = async (accountId: string, id: string): Promise<MassPayment | undefined> =>
    stripped(await table.get(massPaymentKey(accountId, id)));
  const massPayments = async (accountId: string, ids: readonly string[]): Promise<MassPayment[]> => {
    if (ids.length === 0) return [];
    const items = await table.getMany(ids.map((id) => massPaymentKey(accountId, id)));
    return items.flatMap((item) => stripped<MassPayment>(item) ?? []);
  };
  return {
    massPayment,
    massPayments,
    /** The account's mass payments that were begun, newest first, or those that read as this status. */
    begun(
      accountId: string,
      { status, now }: { status: MassPaymentStatus | undefined; now: Date },
      page: PageRequest,
    ): Promise<StoredPage<MassPayment>> {
      const { pk, sk: prefix } = massPaymentKey(accountId, '');
      return filteredPage<MassPayment>(
        (part) => table.query({ pk, prefix, descending: true, ...part }),
        page,
        (payment) =>
          (payment.intent !== null || payment.settlement !== null) &&
          (status === undefined || statusAt(payment, now) === status),
      );
    },
    /** The holds that count now, by the ids of the invoices that have one. */
    async holds(accountId: string, invoices: readonly Invoice[], now: Date): Promise<Map<string, Hold>> {
      const held = invoices.filter(({ heldBy, status }) => heldBy !== '' && status === 'unpaid');
      const payments = await massPayments(accountId, [...new Set(held.map(({ heldBy }) => heldBy))]);
      const holds = new Map(payments.map((payment) => [payment.id, holdOf(payment, now)]));
      return new Map(
        held.flatMap(({ id, heldBy }) => {
          const hold = holds.get(heldBy);
          return hold ? [[id, hold] as const] : [];
        }),
      );
    },
    /** The mass payment that this person last began of these invoices and amounts; undefined for none. */
    async lastSummary(
      accountId: string,
      userId: string,
      items: readonly MassPaymentItem[],
    ): Promise<MassPayment | undefined> {
      const row = await table.get(summaryKey(accountId, userId, items));
      return row && massPayment(accountId, String(row['massPaymentId']));
    },
    async payment(accountId: string, id: string): Promise<Payment | undefined> {
      return stripped(await table.get(paymentKey(accountId, id)));
    },
    /** Newest first. */
    async payments(accountId: string, page: PageRequest): Promise<StoredPage<Payment>> {
      const pk = `ACCOUNT#${accountId}`;
      return strippedPage(await table.query({ pk, prefix: paymentPrefix, descending: true, ...page }));
    },
    /** Payments of all accounts, by the days on which they are in the books, the last ones first where `descending`. */
    async booked(range: DayRange, page: PageRequest, descending = false): Promise<StoredPage<Payment>> {
      return strippedPage(await ofDays.page(table, range, page, descending));
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

/** @throws Problem `payment-in-progress` while a payment holds the invoice */
export async function requireFree(
  { holds }: Pick<PaymentStore, 'holds'>,
  invoice: Invoice,
  now: Date,
): Promise<void> {
  const { id: invoiceId, accountId, number } = invoice;
  const hold = (await holds(accountId, [invoice], now)).get(invoiceId);
  if (!hold) return;
  const detail = `Invoice ${number} is being paid: try again when that is over.`;
  throw inProgress(detail, [{ invoiceId, ...hold }]);
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

/**
 * How a person's summary is found when they ask for the same again, while it can be paid; fails where they asked for it
 * at once and the other was first. `last`: what `lastSummary` answered.
 */
export function summaryRow(payment: MassPayment, userId: string, last: MassPayment | undefined): Action {
  const key = summaryKey(payment.accountId, userId, payment.items);
  const expiresAt = toSeconds(new Date(payment.closesAt));
  return {
    put: { ...key, massPaymentId: payment.id, expiresAt },
    when: last ? equals({ massPaymentId: last.id }) : absent,
  };
}

/** Writes a payment, with the same condition and check. */
export function paymentRow(after: Payment, readVersion: string | null, checkAt: string | null): Action {
  return put(paymentKey(after.accountId, after.id), { ...after, ...bookedKeys(after) }, readVersion, checkAt);
}

/** How a payment is found by its day; no keys for one of before it had one. */
export const bookedKeys = ({ bookedOn, id }: Payment) =>
  bookedOn === undefined ? {} : ofDays.keys(bookedOn, id);

/** Gives a payment its receipt; fails where its version is no longer the one that was read. */
export function paymentReceipted(
  { accountId, id, receipt, version }: Payment & { receipt: Receipt },
  readVersion: string,
): Action {
  return {
    update: paymentKey(accountId, id),
    set: { receipt, version },
    when: equals({ version: readVersion }),
  };
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
