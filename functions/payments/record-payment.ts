import { addCreditRows } from '../../shared/invoices/ledger/credit.ts';
import { balanceOf, type Invoice, withPaid } from '../../shared/invoices/invoice.ts';
import { billingMail } from '../../shared/invoices/invoice-mail.ts';
import { invoiceChanged } from '../../shared/invoices/invoice-store.ts';
import { journalRow } from '../../shared/invoices/ledger/journal.ts';
import { type Money, moneyText } from '../../shared/core/money.ts';
import { paidTask } from '../../shared/invoices/paid-task.ts';
import { toInstant } from '../../shared/core/clock.ts';
import type { Day } from '../../shared/core/day.ts';
import { newId, newVersion } from '../../shared/core/ids.ts';
import { conflict, invalid, notFound } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { PaymentDependencies } from '../../shared/payments/begin-mass-payment.ts';
import { type Payment, paymentView } from '../../shared/payments/payment.ts';
import { paymentRow } from '../../shared/payments/payment-store.ts';
import { incomingPostings } from '../../shared/payments/settle.ts';

export interface StaffPayment {
  amount: Money;
  method: string;
  reference: string;
  receivedOn: Day;
}

/** Records money that staff received outside any gateway. An excess over the invoice's balance becomes credit. */
export async function recordPayment(
  dependencies: PaymentDependencies,
  context: RequestContext,
  invoiceId: string,
  input: StaffPayment,
): Promise<Reply> {
  const { accountId, now } = context;
  const invoice = await dependencies.invoices.get(accountId, invoiceId);
  const account = await dependencies.people.account(accountId);
  if (!invoice || !account) throw notFound();
  if (invoice.status === 'draft') throw conflict('A draft cannot be paid: issue it first.');
  if (input.amount.currency !== invoice.currency) {
    throw invalid([
      { path: 'amount.currency', code: 'not-allowed', message: `must be the invoice’s, ${invoice.currency}` },
    ]);
  }
  if (input.receivedOn > (await dependencies.today(now))) {
    throw invalid([{ path: 'receivedOn', code: 'out-of-range', message: 'must be today or earlier' }]);
  }
  const payment = newPayment(context, invoice, input);
  const allocated = payment.amount - payment.toCredit;
  const reply = {
    body: paymentView(payment),
    version: payment.version,
    location: `/v1/accounts/${accountId}/payments/${payment.id}`,
  };
  const changed = allocated > 0 ? [invoiceChanged(invoice, withPaid(invoice, allocated, 'paid'))] : [];
  const paid = changed.flatMap(({ after }) => (after.status === 'paid' ? [after] : []));
  await commit(dependencies, context, {
    actions: [
      paymentRow(payment, null, null),
      ...changed.map(({ action }) => action),
      ...bookingRows(payment, allocated, now),
    ],
    activity: [
      {
        accountId,
        action: 'payment.recorded',
        subject: { kind: 'payment', id: payment.id, name: moneyText(input.amount) },
        before: null,
        after: { invoice: invoice.number, method: input.method, reference: input.reference },
      },
    ],
    outbox: [...mails(account, payment, invoice, dependencies.portalUrl), ...paidTask(accountId, paid)],
    answer: reply,
  });
  return reply;
}

function newPayment(
  { accountId, actor, now }: RequestContext,
  invoice: Invoice,
  input: StaffPayment,
): Payment {
  const { amount, currency } = input.amount;
  const allocated = Math.min(amount, balanceOf(invoice));
  return {
    id: newId('payment', now),
    accountId,
    at: toInstant(now),
    amount,
    currency,
    method: input.method,
    reference: input.reference,
    status: 'succeeded',
    paidBy: actor,
    receivedOn: input.receivedOn,
    feeAmount: 0,
    allocations: allocated > 0 ? [{ invoiceId: invoice.id, amount: allocated }] : [],
    toCredit: amount - allocated,
    refunds: [],
    massPaymentId: null,
    version: newVersion(),
  };
}

function bookingRows(payment: Payment, allocated: number, now: Date) {
  const { id, accountId, currency, toCredit } = payment;
  const postings = [
    ...incomingPostings(payment),
    { ledger: 'receivable' as const, amount: -allocated },
    { ledger: 'credit' as const, amount: -toCredit },
  ];
  const credit = { amount: toCredit, currency, reason: 'More than was due was paid', relatesTo: id };
  return [
    ...journalRow(accountId, { kind: 'payment', currency, postings, relatesTo: id }, now),
    ...(toCredit > 0 ? addCreditRows(accountId, credit, now) : []),
  ];
}

function mails(
  account: { id: string; name: string },
  { id, amount, currency, toCredit, method, paidBy, allocations }: Payment,
  { number }: Invoice,
  portalUrl: string,
) {
  const text = (of: number) => moneyText({ amount: of, currency });
  const receipt = billingMail('payment-received', account, {
    amount: text(amount),
    method,
    paidBy: paidBy.name,
    invoices: allocations.map((part) => `${number}: ${text(part.amount)}`),
    paymentUrl: `${portalUrl}/payments/${id}`,
  });
  if (toCredit === 0) return [receipt];
  const reason = 'More was paid than was due.';
  return [receipt, billingMail('credit-added', account, { amount: text(toCredit), reason, portalUrl })];
}
