import type { CreditBook } from '../../shared/invoices/ledger/credit.ts';
import { leftOfLine } from '../../shared/invoices/credit-notes/credit-note.ts';
import { balanceOf, type Invoice, keptOf } from '../../shared/invoices/invoice.ts';
import type { InvoiceStore } from '../../shared/invoices/invoice-store.ts';
import type { JournalEntry, Ledger } from '../../shared/invoices/ledger/journal.ts';
import type { Position } from '../../shared/table/table.ts';
import type { PageRequest, StoredPage } from '../../shared/table/page.ts';
import {
  isUnshared,
  type Payment,
  refundableOf,
  takenOf,
  takingFeesOf,
} from '../../shared/payments/payment.ts';

/** A disagreement between the books of one account and currency and the records they book; amounts in minor units. */
export interface Difference {
  accountId: string;
  what: string;
  currency: string;
  booked: number;
  found: number;
}

export interface BooksDependencies {
  invoices: InvoiceStore;
  credit: Pick<CreditBook, 'balances'>;
  payments(accountId: string, page: PageRequest): Promise<StoredPage<Payment>>;
  journal(accountId: string, page: PageRequest): Promise<StoredPage<JournalEntry>>;
}

type Sums = Map<string, number>;

function add(sums: Sums, key: string, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}

/**
 * Compares an account's journal with its invoices, payments and credit. Every entry adds up to zero; `receivable` is
 * the balance of unpaid invoices, `credit` the account's credit, `unallocated` zero unless a payment is under way; and
 * each invoice's `paid` is the sum of the allocations to it.
 */
export async function checkBooks(dependencies: BooksDependencies, accountId: string): Promise<Difference[]> {
  const booked: Sums = new Map();
  const recorded: Sums = new Map();
  const currencies = new Set<string>();
  await everyPage(
    (page) => dependencies.journal(accountId, page),
    ({ postings, currency, id }) => {
      currencies.add(currency);
      let out = 0;
      for (const { ledger, amount } of postings) {
        out += amount;
        add(booked, `${ledger} ${currency}`, amount);
      }
      if (out !== 0) add(booked, `entry-${id} ${currency}`, out);
    },
  );
  const underWay = await sumPayments(dependencies, accountId, recorded);
  await sumInvoices(dependencies, accountId, recorded, booked);
  for (const { currency, balance } of await dependencies.credit.balances(accountId)) {
    add(recorded, `credit ${currency}`, -balance);
  }
  const keys = new Set([...booked.keys(), ...recorded.keys()]);
  return [...keys].flatMap((key) => {
    const [what = '', currency = ''] = key.split(' ');
    if (uncompared.has(what) || (what === 'unallocated' && underWay.has(currency))) return [];
    const [bookedAmount, recordedAmount] = [booked.get(key) ?? 0, recorded.get(key) ?? 0];
    return bookedAmount === recordedAmount
      ? []
      : [{ accountId, what, currency, booked: bookedAmount, found: recordedAmount }];
  });
}

/** Earnings and losses have no other record to compare with: they follow from the rest, as all adds up to zero. */
const uncompared = new Set<string>([
  'revenue',
  'tax',
  'refunds',
  'write-off',
  'adjustments',
] satisfies Ledger[]);

/**
 * The money received and refunded by each method; returns the currencies in which a payment or refund is under way.
 */
async function sumPayments(
  dependencies: BooksDependencies,
  accountId: string,
  recorded: Sums,
): Promise<Set<string>> {
  const underWay = new Set<string>();
  await everyPage(
    (page) => dependencies.payments(accountId, page),
    (payment) => {
      const { currency, method, amount, feeAmount } = payment;
      const out = payment.refunds.filter(({ to, confirmed }) => to === 'gateway' && confirmed);
      const back = out.reduce((all, refund) => all + refund.amount, 0);
      if (method !== 'credit') {
        const fees = takingFeesOf(payment);
        add(recorded, `cash:${method} ${currency}`, amount - feeAmount - back - takenOf(payment) - fees);
        add(recorded, `fees ${currency}`, feeAmount + fees);
      }
      for (const part of payment.allocations)
        add(recorded, `paid-of-${part.invoiceId} ${currency}`, part.amount);
      if (refundableOf(payment).some((left) => left < 0)) {
        add(recorded, `refunded-beyond-${payment.id} ${currency}`, 1);
      }
      const pending = payment.refunds.some(({ status }) => status === 'pending');
      const shared = !(payment.takings ?? []).some(isUnshared);
      if (payment.status === 'processing' || pending || !shared) underWay.add(currency);
    },
  );
  return underWay;
}

async function sumInvoices(
  { invoices }: BooksDependencies,
  accountId: string,
  recorded: Sums,
  booked: Sums,
): Promise<void> {
  const all = { drafts: false, today: '9999-12-31' };
  await everyPage(
    (page) => invoices.list(accountId, all, page),
    (invoice) => {
      add(recorded, `receivable ${invoice.currency}`, balanceOf(invoice));
      if (!addsUp(invoice)) add(recorded, `notes-of-${invoice.id} ${invoice.currency}`, 1);
      // Allocations are stored with the payment, `paid` with the invoice: compare them too.
      add(booked, `paid-of-${invoice.id} ${invoice.currency}`, invoice.paid);
    },
  );
}

/** No line is credited beyond what it charged, the notes are what came off, and no more went back than came in. */
function addsUp(invoice: Invoice): boolean {
  const { lines, taxIncluded, credited, creditNotes = [] } = invoice;
  const isWithin = lines.every((line) => {
    const { net, tax } = leftOfLine(line, taxIncluded);
    return line.credited === undefined || (line.amount >= 0 ? net >= 0 && tax >= 0 : net <= 0 && tax <= 0);
  });
  const noted = creditNotes.reduce((all, { total }) => all + total, 0);
  // What came off before there were notes has none.
  return isWithin && keptOf(invoice) >= 0 && (credited ?? noted) >= noted;
}

const pageSize = 100;

async function everyPage<T>(
  read: (page: PageRequest) => Promise<StoredPage<T>>,
  each: (item: T) => void,
): Promise<void> {
  let after: Position | undefined;
  do {
    const page = await read({ limit: pageSize, after });
    for (const item of page.items) each(item);
    after = page.next ?? undefined;
  } while (after);
}
