import { balanceOf, type Invoice, statusOf, sum, withRefund } from '../../invoices/invoice.ts';
import { invoiceChanged } from '../../invoices/invoice-store.ts';
import { addCreditRows, readCredit, useCreditRows } from '../../invoices/ledger/credit.ts';
import { bookDay } from '../../invoices/ledger/book-day.ts';
import { journalRow, type NewPosting } from '../../invoices/ledger/journal.ts';
import { paidTask } from '../../invoices/paid-task.ts';
import { newVersion } from '../../core/ids.ts';
import type { Action } from '../../table/table.ts';
import { commit, portalContext } from '../../write/commit.ts';
import type { PaymentDependencies } from '../begin-mass-payment.ts';
import {
  type Allocation,
  nextLookAt,
  type Payment,
  statusOfPayment,
  type Taking,
  unsharedOf,
} from '../payment.ts';
import { paymentRow } from '../payment-store.ts';
import { refundableOfInvoice } from '../refunds/refund-rows.ts';
import { takingNotices } from './taking-notices.ts';

/** Invoices in one transaction. */
const invoicesPerStep = 40;

/** A payment with one of its takings as it is now. */
export function withTaking(payment: Payment, taking: Taking): Payment {
  const others = payment.takings ?? [];
  const known = others.some(({ id }) => id === taking.id);
  const takings = known ? others.map((each) => (each.id === taking.id ? taking : each)) : [...others, taking];
  const after = { ...payment, takings, version: newVersion() };
  return { ...after, status: statusOfPayment(after) };
}

/**
 * Opens up to 40 of the invoices whose money a taking took, or closes them where it came back. After the last of them
 * the rest comes out of the account's credit as far as it is there, or goes into it, and people are told.
 */
export async function shareTaking(
  dependencies: PaymentDependencies,
  payment: Payment,
  taking: Taking,
  now: Date,
): Promise<void> {
  const { accountId, currency, id } = payment;
  const part = taking.waiting.slice(0, invoicesPerStep);
  const waiting = taking.waiting.slice(invoicesPerStep);
  const rows = await invoiceRows(dependencies, accountId, part);
  const moved = { ...taking, waiting, allocations: withParts(taking.allocations, rows) };
  const isLast = waiting.length === 0;
  const rest = isLast ? await shareRest(dependencies, payment, moved, now) : { taking: moved, actions: [] };
  const after = withTaking(payment, isLast ? { ...rest.taking, notice: null } : rest.taking);
  const change = {
    receivable: sum(rows.map(({ amount }) => amount)),
    credit: rest.taking.fromCredit - taking.fromCredit,
    loss: rest.taking.loss - taking.loss,
  };
  const postings: NewPosting[] = [
    ...rows.map(({ invoiceId, amount }) => ({ ledger: 'receivable' as const, amount, invoiceId })),
    { ledger: 'credit', amount: change.credit },
    { ledger: 'write-off', amount: change.loss },
    { ledger: 'unallocated', amount: -(change.receivable + change.credit + change.loss) },
  ];
  const notices = isLast
    ? await takingNotices(dependencies, payment, rest.taking, after.status)
    : { activity: [], outbox: [] };
  const day = await bookDay(dependencies.table, now);
  const paid = rows.flatMap(({ invoice }) => (invoice?.status === 'paid' ? [invoice] : []));
  await commit(dependencies, portalContext(now), {
    actions: [
      paymentRow(after, payment.version, nextLookAt(after, now)),
      ...rows.flatMap(({ actions }) => actions),
      ...rest.actions,
      ...journalRow(accountId, { kind: 'taking', currency, postings, relatesTo: id }, day),
    ],
    activity: notices.activity,
    outbox: [...notices.outbox, ...paidTask(accountId, paid)],
  });
}

interface InvoiceRow {
  invoiceId: string;
  /** By how much it is owed again; below zero where it is owed no longer. */
  amount: number;
  /** As it is then; null where it does not change. */
  invoice: Invoice | null;
  actions: Action[];
}

async function invoiceRows(
  { invoices }: PaymentDependencies,
  accountId: string,
  part: readonly Allocation[],
): Promise<InvoiceRow[]> {
  const loaded = await invoices.getMany(
    accountId,
    part.map(({ invoiceId }) => invoiceId),
  );
  return part.map(({ invoiceId, amount: wanted }, index) => {
    const invoice = loaded[index];
    const none = { invoiceId, amount: 0, invoice: null, actions: [] };
    if (!invoice) return none;
    // What was paid or taken off since is not touched: the rest is credit's.
    const amount =
      wanted > 0
        ? Math.min(wanted, refundableOfInvoice(invoice))
        : -Math.min(-wanted, Math.max(0, balanceOf(invoice)));
    if (amount === 0) return none;
    const changes = amount > 0 ? withRefund(invoice, amount) : withReturn(invoice, -amount);
    const { action, after } = invoiceChanged(invoice, changes);
    return { invoiceId, amount, invoice: after, actions: [action] };
  });
}

/** The fields that change where so much of what was given back is with us again. */
function withReturn(invoice: Invoice, amount: number): Pick<Invoice, 'status' | 'refunded'> {
  const refunded = invoice.refunded - amount;
  return { refunded, status: statusOf({ ...invoice, refunded }) };
}

function withParts(allocations: readonly Allocation[], rows: readonly InvoiceRow[]): Allocation[] {
  const byInvoice = new Map(allocations.map(({ invoiceId, amount }) => [invoiceId, amount]));
  for (const { invoiceId, amount } of rows) {
    byInvoice.set(invoiceId, (byInvoice.get(invoiceId) ?? 0) + amount);
  }
  return [...byInvoice].flatMap(([invoiceId, amount]) => (amount === 0 ? [] : [{ invoiceId, amount }]));
}

/** What no invoice bears comes out of the account's credit; what is not there is a loss. What comes back is credit. */
async function shareRest(
  { table }: PaymentDependencies,
  { accountId, currency, id, method }: Payment,
  taking: Taking,
  now: Date,
): Promise<{ taking: Taking; actions: Action[] }> {
  const rest = unsharedOf(taking);
  if (rest === 0) return { taking, actions: [] };
  const balance = rest > 0 ? await readCredit(table, accountId, currency) : 0;
  const fromCredit = rest > 0 ? Math.min(rest, balance) : rest;
  const loss = rest - fromCredit;
  const after = {
    ...taking,
    fromCredit: taking.fromCredit + fromCredit,
    loss: taking.loss + loss,
  };
  if (fromCredit === 0) return { taking: after, actions: [] };
  const entry = { currency, relatesTo: id, amount: Math.abs(fromCredit) };
  const actions =
    fromCredit > 0
      ? useCreditRows(accountId, { ...entry, reason: `Taken back by ${method}` }, balance, now)
      : addCreditRows(accountId, { ...entry, reason: `Returned by ${method}` }, now);
  return { taking: after, actions };
}
