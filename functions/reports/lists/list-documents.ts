import { creditNoteView, type CreditNote } from '../../../shared/invoices/credit-notes/credit-note.ts';
import { balanceOf, creditedOf, type Invoice, invoiceView } from '../../../shared/invoices/invoice.ts';
import type { Day } from '../../../shared/core/day.ts';
import type { Money } from '../../../shared/core/money.ts';
import type { Cell } from '../../../shared/http/lists/csv.ts';
import { type Payment, refundedOf, takenOf, takingFeesOf } from '../../../shared/payments/payment.ts';
import type { ListOfDays } from './list-of-days.ts';
import type { ReportsDependencies } from '../reports-dependencies.ts';

const accountHref = (accountId: string): string => `/v1/accounts/${accountId}`;

/** Numbered invoices of all accounts, or those of them that have this status now. */
export function allInvoices(
  { invoices }: ReportsDependencies,
  status: Invoice['status'] | undefined,
  today: Day,
): ListOfDays<Invoice> {
  return {
    read: (range, page) => invoices.numbered(range, page, true),
    keep: (invoice) => status === undefined || invoice.status === status,
    view: (invoice) => {
      const { accountId, id } = invoice;
      return { ...invoiceView(invoice, today), href: `${accountHref(accountId)}/invoices/${id}` };
    },
    headings: [
      'number',
      'issuedOn',
      'dueOn',
      'status',
      'buyer',
      'country',
      'taxId',
      'currency',
      'net',
      'tax',
      'total',
      'credited',
      'fromCredit',
      'paid',
      'refunded',
      'balance',
    ],
    cells: (invoice): Cell[] => {
      const money = (amount: number): Money => ({ amount, currency: invoice.currency });
      const {
        number,
        issuedOn,
        dueOn,
        status: is,
        currency,
        subtotal,
        tax,
        total,
        credit,
        paid,
        refunded,
      } = invoice;
      const amounts = [subtotal, tax, total, creditedOf(invoice), credit, paid, refunded, balanceOf(invoice)];
      const { name = null, address, taxId = null } = invoice.buyer ?? {};
      const said = [number, issuedOn, dueOn, is, name, address?.country ?? null, taxId, currency];
      return [...said, ...amounts.map(money)];
    },
  };
}

export function allCreditNotes({ notes }: ReportsDependencies): ListOfDays<CreditNote> {
  return {
    read: (range, page) => notes.numbered(range, page, true),
    view: (note) => ({
      ...creditNoteView(note),
      href: `${accountHref(note.accountId)}/credit-notes/${note.id}`,
    }),
    headings: [
      'number',
      'issuedOn',
      'invoiceNumber',
      'currency',
      'net',
      'tax',
      'total',
      'back',
      'to',
      'reason',
    ],
    cells: ({
      number,
      issuedOn,
      invoiceNumber,
      currency,
      subtotal,
      tax,
      total,
      back,
      to,
      reason,
    }): Cell[] => {
      const amounts = [subtotal, tax, total, back].map((amount): Money => ({ amount, currency }));
      return [number, issuedOn, invoiceNumber, currency, ...amounts, to, reason];
    },
  };
}

export function allPayments({ payments }: ReportsDependencies): ListOfDays<Payment> {
  return {
    read: (range, page) => payments.booked(range, page, true),
    view: (payment) => {
      const { id, accountId, at, receivedOn, bookedOn, method, reference, status, paidBy, currency } =
        payment;
      const money = (amount: number): Money => ({ amount, currency });
      return {
        id,
        at,
        receivedOn,
        bookedOn,
        method,
        reference,
        status,
        paidBy,
        amount: money(payment.amount),
        fee: money(payment.feeAmount),
        refunded: money(refundedOf(payment)),
        takenBack: money(takenOf(payment)),
        takingFees: money(takingFeesOf(payment)),
        toCredit: money(payment.toCredit),
        href: `${accountHref(accountId)}/payments/${id}`,
      };
    },
    headings: [
      'id',
      'bookedOn',
      'receivedOn',
      'method',
      'reference',
      'status',
      'paidBy',
      'currency',
      'amount',
      'fee',
      'refunded',
      'takenBack',
      'takingFees',
      'toCredit',
    ],
    cells: (payment): Cell[] => {
      const { id, bookedOn = null, receivedOn, method, reference, status, paidBy, currency } = payment;
      const back = [refundedOf(payment), takenOf(payment), takingFeesOf(payment)];
      const amounts = [payment.amount, payment.feeAmount, ...back, payment.toCredit];
      const money = amounts.map((amount): Money => ({ amount, currency }));
      return [id, bookedOn, receivedOn, method, reference, status, paidBy.name, currency, ...money];
    },
  };
}
