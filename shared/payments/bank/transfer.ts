import { Problem, retryAfter } from '../../core/problem.ts';
import { absent, type Action, type Key, type Table } from '../../table/table.ts';
import { balanceOf, type Invoice } from '../../invoices/invoice.ts';
import type { MassPayment, MassPaymentItem } from '../mass-payment.ts';
import type { PaymentStore } from '../payment-store.ts';
import { creditorReference, creditorReferencesIn } from './creditor-reference.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** While the money of one transfer is booked in several transactions. */
const settlingSeconds = 60;

/** How a mass payment is found by the reference that its payer quotes. */
const transferKey = (reference: string): Key => ({ pk: `TRANSFER#${reference}`, sk: 'MASS-PAYMENT' });

/** The row by which the money of a mass payment is found when it comes; it stays, as money may be late. */
export function transferRow({ accountId, id }: Pick<MassPayment, 'accountId' | 'id'>): Action {
  return { put: { accountId, massPaymentId: id, ...transferKey(creditorReference(id)) }, when: absent };
}

/** Until when a transfer that is begun now is waited for. */
export const waitsUntil = (now: Date, bankDays: number): string =>
  new Date(now.getTime() + bankDays * dayMs).toISOString();

/** Money that came by bank. */
interface Transferred {
  reference: string;
  amount: { currency: string };
}

/**
 * The mass payment that money was transferred for: the only one whose reference the money's own holds, which has not had
 * its money. In this account; over the provider where none is named.
 * @throws Problem `try-again` while other money for it is being booked
 */
export async function transferredFor(
  { table, payments }: { table: Table; payments: PaymentStore },
  { reference, amount }: Transferred,
  accountId: string | null,
): Promise<MassPayment | undefined> {
  const references = creditorReferencesIn(reference);
  if (references.length === 0) return undefined;
  const rows = await table.getMany(references.map(transferKey));
  const found = rows.flatMap((row) =>
    row && (accountId ?? row['accountId']) === row['accountId'] ? [row] : [],
  );
  const [row] = found;
  if (!row || found.length > 1) return undefined;
  const payment = await payments.massPayment(String(row['accountId']), String(row['massPaymentId']));
  if (payment?.status === 'settling') {
    const detail = 'Other money for the same mass payment is being booked.';
    throw new Problem('try-again', detail, {}, retryAfter(settlingSeconds));
  }
  const had = !payment || payment.status === 'succeeded' || payment.currency !== amount.currency;
  return had ? undefined : payment;
}

/**
 * The items that a transfer left unpaid, each with the rest of its allocation; none where its money was not used up.
 */
export function unpaidItems(
  { items, settlement }: MassPayment,
  invoices: ReadonlyMap<string | undefined, Invoice | undefined>,
): MassPaymentItem[] {
  if (!settlement || settlement.unallocated > 0) return [];
  const paid = new Map(settlement.allocations.map(({ invoiceId, amount }) => [invoiceId, amount]));
  return items.flatMap((item) => {
    const invoice = invoices.get(item.id);
    const allocated = paid.get(item.id) ?? 0;
    const owed = invoice?.status === 'unpaid' ? balanceOf(invoice) - allocated : 0;
    const allocation = Math.min(item.allocation - allocated, owed);
    return allocation > 0 ? [{ ...item, paid: item.paid + allocated, balance: owed, allocation }] : [];
  });
}
