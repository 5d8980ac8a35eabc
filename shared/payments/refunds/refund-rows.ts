import type { CreditNote } from '../../invoices/credit-notes/credit-note.ts';
import { noteRef, refundedBy } from '../../invoices/credit-notes/lower-invoice.ts';
import type { DocumentRef } from '../../invoices/documents/document-task.ts';
import { balanceOf, type Invoice, keptOf, withRefund } from '../../invoices/invoice.ts';
import { invoiceChanged } from '../../invoices/invoice-store.ts';
import type { BookDay } from '../../invoices/ledger/book-day.ts';
import { journalRow, type NewPosting } from '../../invoices/ledger/journal.ts';
import { numbersOf } from '../../invoices/numbers.ts';
import type { Action } from '../../table/table.ts';
import type { PaymentDependencies } from '../begin-mass-payment.ts';
import { type Payment, type Refund, refundableOf } from '../payment.ts';

/** What a refund may take from an invoice: not what waits to go back already. */
export function refundableOfInvoice(invoice: Invoice): number {
  return Math.max(0, keptOf(invoice) + Math.min(0, balanceOf(invoice)));
}

/** The refundable part of each allocation: what its invoice still keeps, as notes may have made credit of the rest. */
export async function openAmounts(
  { invoices }: Pick<PaymentDependencies, 'invoices'>,
  payment: Payment,
): Promise<number[]> {
  const ids = payment.allocations.map(({ invoiceId }) => invoiceId);
  const loaded = await invoices.getMany(payment.accountId, ids);
  return refundableOf(payment).map((amount, index) => {
    const invoice = loaded[index];
    return invoice ? Math.min(amount, refundableOfInvoice(invoice)) : 0;
  });
}

interface RefundRow {
  actions: Action[];
  /** So much is booked with its credit note. */
  noted: number;
  /** What the account owes again. */
  owed: NewPosting[];
  /** What the invoice does not keep any more: it became credit while the gateway was asked, and comes out of that. */
  missing: number;
  note: DocumentRef[];
}

/** What a refund changes of these invoices: each with its note, which is booked by itself, or owed again. */
export async function refundRows(
  { invoices, people, portalUrl, table }: PaymentDependencies,
  { accountId, currency }: Payment,
  { reason, note: wanted = 'with' }: Refund,
  part: readonly { invoiceId: string; amount: number }[],
  day: BookDay,
): Promise<RefundRow[]> {
  const ids = part.map(({ invoiceId }) => invoiceId);
  const [account, loaded] = await Promise.all([people.account(accountId), invoices.getMany(accountId, ids)]);
  const context = {
    account: account ?? { id: accountId, name: '' },
    numbers: numbersOf(table, day.on),
    portalUrl,
    today: day.on,
    now: day.now,
  };
  const rows: RefundRow[] = [];
  for (const [index, { amount }] of part.entries()) {
    const invoice = loaded[index]!;
    const most = wanted === 'made' ? keptOf(invoice) : refundableOfInvoice(invoice);
    const back = Math.min(amount, most);
    const none = { actions: [], noted: 0, owed: [], missing: amount - back, note: [] };
    if (back === 0) rows.push(none);
    else if (wanted === 'with') {
      const { note, actions: noteActions } = await refundedBy(context, invoice, back, reason);
      const entry = { kind: 'credit-note', currency, postings: notePostings(note), relatesTo: note.id };
      const actions = [...noteActions, ...journalRow(accountId, entry, day)];
      rows.push({ ...none, actions, noted: back, note: [noteRef(note)] });
    } else {
      const { action } = invoiceChanged(invoice, withRefund(invoice, back));
      const owed: NewPosting = { ledger: 'receivable', amount: back, invoiceId: invoice.id };
      rows.push({ ...none, actions: [action], owed: [owed] });
    }
  }
  return rows;
}

const notePostings = ({ subtotal, tax, total }: CreditNote): NewPosting[] => [
  { ledger: 'revenue', amount: subtotal },
  { ledger: 'tax', amount: tax },
  { ledger: 'unallocated', amount: -total },
];
