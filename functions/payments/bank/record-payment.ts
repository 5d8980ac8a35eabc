import { addCreditRows } from '../../../shared/invoices/ledger/credit.ts';
import { balanceOf, sum, withPaid } from '../../../shared/invoices/invoice.ts';
import { invoiceChanged } from '../../../shared/invoices/invoice-store.ts';
import type { BookDay } from '../../../shared/invoices/ledger/book-day.ts';
import { journalRow, type NewPosting } from '../../../shared/invoices/ledger/journal.ts';
import { moneyText } from '../../../shared/core/money.ts';
import { paidTask } from '../../../shared/invoices/paid-task.ts';
import { toInstant } from '../../../shared/core/clock.ts';
import { newId, newVersion } from '../../../shared/core/ids.ts';
import { conflict, invalid, notFound } from '../../../shared/core/problem.ts';
import type { RequestContext } from '../../../shared/http/request.ts';
import type { Action } from '../../../shared/table/table.ts';
import { commit } from '../../../shared/write/commit.ts';
import type { Reply } from '../../../shared/write/idempotency.ts';
import { transferredFor } from '../../../shared/payments/bank/transfer.ts';
import type { MassPayment } from '../../../shared/payments/mass-payment.ts';
import type { PaymentDependencies } from '../../../shared/payments/begin-mass-payment.ts';
import { type Payment, paymentView } from '../../../shared/payments/payment.ts';
import { paymentRow } from '../../../shared/payments/payment-store.ts';
import { incomingPostings, paidPosting } from '../../../shared/payments/postings.ts';
import { receiptTasks } from '../../../shared/payments/settle.ts';
import { namedParts, oldestDueParts, type Part, type WantedAllocation } from './allocations.ts';
import { type ReceivedMoney, receivedRows, requireReceived } from './received-money.ts';
import { resumeTransfer, settleTransfer } from './settle-transfer.ts';

/** What becomes of recorded money besides its payment. */
export interface Recording {
  accountId: string;
  day: BookDay;
  /** What the money pays, as the account stands; the rest becomes credit. */
  parts(): Promise<Part[]>;
  /** Further rows of the same transaction. */
  rows(payment: Payment): Action[];
  reply(payment: Payment): Reply;
}

/** Records money for one invoice; what is more than its balance becomes credit. */
export async function recordPayment(
  dependencies: PaymentDependencies,
  context: RequestContext,
  invoiceId: string,
  money: ReceivedMoney,
): Promise<Reply> {
  const { accountId } = context;
  const { invoices } = dependencies;
  const parts = async (): Promise<Part[]> => {
    const invoice = await invoices.get(accountId, invoiceId);
    if (!invoice) throw notFound();
    if (invoice.status === 'draft') throw conflict('A draft cannot be paid: issue it first.');
    if (money.amount.currency !== invoice.currency) {
      const message = `must be the invoice’s, ${invoice.currency}`;
      throw invalid([{ path: 'amount.currency', code: 'not-allowed', message }]);
    }
    const amount = Math.min(money.amount.amount, balanceOf(invoice));
    return amount > 0 ? [{ invoice, amount }] : [];
  };
  return recordInAccount(dependencies, context, money, parts, ({ items }) =>
    items.some(({ id }) => id === invoiceId),
  );
}

/** Records one payment over several invoices of the account, those named or the oldest due. */
export function recordAccountPayment(
  dependencies: PaymentDependencies,
  context: RequestContext,
  money: ReceivedMoney & { allocations?: WantedAllocation[] | undefined },
): Promise<Reply> {
  const parts = partsOf(dependencies, context.accountId, money);
  // What staff say of where it goes comes before what its payer quoted.
  return recordInAccount(dependencies, context, money, parts, () => money.allocations === undefined);
}

/** What money pays of an account: the allocations that staff named, or the oldest due. */
export function partsOf(
  { invoices }: PaymentDependencies,
  accountId: string,
  { amount, allocations }: Pick<ReceivedMoney, 'amount'> & { allocations?: WantedAllocation[] | undefined },
): () => Promise<Part[]> {
  return () =>
    allocations
      ? namedParts(invoices, accountId, amount, allocations)
      : oldestDueParts(invoices, accountId, amount);
}

async function recordInAccount(
  dependencies: PaymentDependencies,
  context: RequestContext,
  money: ReceivedMoney,
  parts: Recording['parts'],
  /** Whether money for this mass payment goes where its payer meant it to. */
  isMeant: (transfer: MassPayment) => boolean,
): Promise<Reply> {
  const { accountId } = context;
  const resumed = await resumeTransfer(dependencies, context, async (payment) => paymentReply(payment));
  if (resumed) return resumed;
  const day = await requireReceived(dependencies, money, context.now);
  const received = await receivedRows(dependencies, money);
  const rows = ({ id: paymentId }: Payment) => received({ kind: 'payment', paymentId, accountId });
  const transfer = await transferredFor(dependencies, money, accountId);
  if (transfer && isMeant(transfer)) {
    return settleTransfer(dependencies, context, transfer, money, { rows, reply: paymentReply });
  }
  return record(dependencies, context, money, { accountId, day, parts, rows, reply: paymentReply });
}

const paymentReply = (payment: Payment): Reply => ({
  body: paymentView(payment),
  version: payment.version,
  location: `/v1/accounts/${payment.accountId}/payments/${payment.id}`,
});

/** Records money as one payment of an account, in one transaction with what it pays. */
export async function record(
  dependencies: PaymentDependencies,
  context: RequestContext,
  money: ReceivedMoney,
  recording: Recording,
): Promise<Reply> {
  const { accountId, day } = recording;
  const account = await dependencies.people.account(accountId);
  if (!account) throw notFound();
  const parts = await recording.parts();
  const payment = newPayment(context, recording, money, parts);
  const reply = recording.reply(payment);
  const changed = parts.map(({ invoice, amount }) =>
    invoiceChanged(invoice, withPaid(invoice, amount, 'paid')),
  );
  const paid = changed.flatMap(({ after }) => (after.status === 'paid' ? [after] : []));
  await commit(dependencies, context, {
    actions: [
      paymentRow(payment, null, null),
      ...changed.map(({ action }) => action),
      ...bookingRows(payment, day),
      ...recording.rows(payment),
    ],
    activity: [
      {
        accountId,
        action: 'payment.recorded',
        subject: { kind: 'payment', id: payment.id, name: moneyText(money.amount) },
        before: null,
        after: {
          invoices: parts.map(({ invoice }) => invoice.number),
          method: money.method,
          reference: money.reference,
        },
      },
    ],
    outbox: [
      ...receiptTasks(account, dependencies.portalUrl, payment, invoiceNumbers(parts)),
      ...paidTask(accountId, paid),
    ],
    answer: reply,
  });
  return reply;
}

function newPayment(
  { actor, now }: RequestContext,
  { accountId, day }: Recording,
  money: ReceivedMoney,
  parts: readonly Part[],
): Payment {
  const { amount, currency } = money.amount;
  return {
    id: newId('payment', now),
    accountId,
    at: toInstant(now),
    amount,
    currency,
    method: money.method,
    reference: money.reference,
    status: 'succeeded',
    paidBy: actor,
    receivedOn: money.receivedOn,
    bookedOn: day.on,
    feeAmount: 0,
    allocations: parts.map((part) => ({ invoiceId: part.invoice.id, amount: part.amount })),
    toCredit: amount - sum(parts.map((part) => part.amount)),
    refunds: [],
    massPaymentId: null,
    version: newVersion(),
  };
}

function bookingRows(payment: Payment, day: BookDay): Action[] {
  const { id, accountId, currency, toCredit } = payment;
  const postings: NewPosting[] = [
    ...incomingPostings(payment),
    ...payment.allocations.map((part) => paidPosting(part.invoiceId, part.amount)),
    { ledger: 'credit', amount: -toCredit },
  ];
  const credit = { amount: toCredit, currency, reason: 'More than was due was paid', relatesTo: id };
  return [
    ...journalRow(accountId, { kind: 'payment', currency, postings, relatesTo: id }, day),
    ...(toCredit > 0 ? addCreditRows(accountId, credit, day.now) : []),
  ];
}

const invoiceNumbers = (parts: readonly Part[]) =>
  new Map(parts.map(({ invoice }) => [invoice.id, invoice.number] as const));
