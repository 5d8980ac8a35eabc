import { type Money, moneyText } from '../../../shared/core/money.ts';
import { conflict, type FieldError, invalid, Problem } from '../../../shared/core/problem.ts';
import { balanceOf, type Invoice, sum } from '../../../shared/invoices/invoice.ts';
import type { InvoiceStore } from '../../../shared/invoices/invoice-store.ts';
import { mostInvoices } from '../../../shared/payments/mass-payment.ts';

/** The invoices that one recorded payment is allocated to: with its other rows they fit into one transaction. */
export const mostAllocations = 80;

/** How much of a payment staff allocate to an invoice. */
export interface WantedAllocation {
  invoiceId: string;
  amount: Money;
}

/** An invoice as it was read, and how much of it is paid. */
export interface Part {
  invoice: Invoice;
  amount: number;
}

/**
 * The parts as they were named; what is left of the money is not theirs.
 * @throws Problem that says of each what is wrong; all are refused together
 */
export async function namedParts(
  invoices: InvoiceStore,
  accountId: string,
  money: Money,
  wanted: readonly WantedAllocation[],
): Promise<Part[]> {
  const loaded = await invoices.getMany(
    accountId,
    wanted.map(({ invoiceId }) => invoiceId),
  );
  const seen = new Set<string>();
  const faults: FieldError[] = [];
  const closed: FieldError[] = [];
  const parts: Part[] = [];
  for (const [index, { invoiceId, amount }] of wanted.entries()) {
    const invoice = loaded[index];
    const path = `allocations.${index}`;
    if (seen.has(invoiceId)) {
      faults.push({ path: `${path}.invoiceId`, code: 'duplicate', message: 'stands twice' });
    } else if (!invoice) {
      faults.push({
        path: `${path}.invoiceId`,
        code: 'not-found',
        message: 'is no invoice of this account',
      });
    } else {
      const fault = faultOf(invoice, amount, money, path);
      if (fault) faults.push(fault);
      else if (invoice.status === 'unpaid') parts.push({ invoice, amount: amount.amount });
      else closed.push({ path: `${path}.invoiceId`, code: 'not-allowed', message: whyClosed(invoice) });
    }
    seen.add(invoiceId);
  }
  if (faults.length === 0 && sum(wanted.map(({ amount }) => amount.amount)) > money.amount) {
    faults.push({ path: 'allocations', code: 'out-of-range', message: 'come to more than the amount' });
  }
  if (faults.length > 0) throw invalid(faults);
  if (closed.length > 0) throw new Problem('conflict', closed[0]!.message, { errors: closed });
  return parts;
}

const whyClosed = ({ status, number, id }: Invoice): string =>
  status === 'draft'
    ? `Invoice ${id} is a draft: issue it first`
    : `Invoice ${number ?? id} is ${status}: nothing of it is to be paid`;

function faultOf(invoice: Invoice, amount: Money, money: Money, path: string): FieldError | null {
  const { currency } = invoice;
  if (currency !== money.currency) {
    const message = `is an invoice in ${currency}, and the money is in ${money.currency}`;
    return { path: `${path}.invoiceId`, code: 'not-allowed', message };
  }
  if (amount.currency !== currency) {
    return { path: `${path}.amount.currency`, code: 'not-allowed', message: `must be ${currency}` };
  }
  const balance = balanceOf(invoice);
  if (invoice.status !== 'unpaid' || amount.amount <= balance) return null;
  const message = `is more than the balance of ${moneyText({ amount: balance, currency })}`;
  return { path: `${path}.amount`, code: 'out-of-range', message };
}

/**
 * The unpaid invoices in the money's currency, earliest due first, as far as the money goes.
 * @throws Problem `conflict` where it covers more of them than one payment is allocated to
 */
export async function oldestDueParts(
  invoices: InvoiceStore,
  accountId: string,
  money: Money,
): Promise<Part[]> {
  const ids = await invoices.unpaid(accountId, mostInvoices);
  const parts: Part[] = [];
  let left = money.amount;
  for (let start = 0; start < ids.length && left > 0; start += mostAllocations) {
    // The list is of an index, which may be a moment late: the invoices themselves say what is owed.
    const loaded = await invoices.getMany(accountId, ids.slice(start, start + mostAllocations));
    for (const invoice of loaded) {
      if (invoice?.status !== 'unpaid' || invoice.currency !== money.currency) continue;
      const amount = Math.min(balanceOf(invoice), left);
      if (amount > 0) parts.push({ invoice, amount });
      left -= amount;
    }
  }
  if (parts.length > mostAllocations || (left > 0 && ids.length === mostInvoices)) {
    throw conflict(
      `This money covers more than ${mostAllocations} invoices: record it as several payments, and name the invoices of each.`,
    );
  }
  return parts;
}
