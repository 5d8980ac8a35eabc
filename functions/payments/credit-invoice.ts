import type * as z from 'zod';
import {
  creditNoteView,
  type CreditNote,
  type Wanted,
} from '../../shared/invoices/credit-notes/credit-note.ts';
import { lowered } from '../../shared/invoices/credit-notes/lower-invoice.ts';
import type { Invoice } from '../../shared/invoices/invoice.ts';
import { numbersOf } from '../../shared/invoices/numbers.ts';
import { toInstant } from '../../shared/core/clock.ts';
import { newId, newVersion } from '../../shared/core/ids.ts';
import { moneyText } from '../../shared/core/money.ts';
import { conflict, invalid, notFound } from '../../shared/core/problem.ts';
import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import type { Position } from '../../shared/table/table.ts';
import { commit, type Change } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { PaymentDependencies } from '../../shared/payments/begin-mass-payment.ts';
import { nextCheck } from '../../shared/payments/mass-payment.ts';
import { leftOf, type Payment, type Refund, refundableOf } from '../../shared/payments/payment.ts';
import { paymentRow, requireFree } from '../../shared/payments/payment-store.ts';
import { continueRefund } from '../../shared/payments/refunds/refund.ts';
import { creditMethod } from '../../shared/payments/settle.ts';
import type { newCreditNote } from './schemas.ts';

type Input = z.output<typeof newCreditNote>;

/**
 * Makes a credit note for an issued invoice. Money that the account has paid and owes no longer becomes credit, or goes
 * back through the gateways that it came by.
 * @throws Problem `given-back`, `payment-in-progress`
 */
export async function creditInvoice(
  dependencies: PaymentDependencies,
  context: RequestContext,
  invoiceId: string,
  input: Input,
): Promise<Reply> {
  const { table, people, portalUrl } = dependencies;
  const { accountId, now } = context;
  const [invoice, account] = await Promise.all([
    dependencies.invoices.get(accountId, invoiceId),
    people.account(accountId),
  ]);
  if (!invoice || !account) throw notFound();
  requireMatch(context, invoice.version);
  if (invoice.number === null) throw conflict('A draft has charged nothing: change or cancel it.');
  if (!input.anyway) await requireFree(dependencies.payments, invoice, now);
  const today = await dependencies.today(now);
  const noteContext = { account, numbers: numbersOf(table, today), portalUrl, today, now };
  const { reason, to } = input;
  const { note, ...change } = await lowered(noteContext, invoice, wantedBy(invoice, input), { reason, to });
  const refunds = to === 'gateway' && note.back > 0 ? await refundsOf(dependencies, context, note) : [];
  const reply = {
    body: creditNoteView(note),
    location: `/v1/accounts/${accountId}/credit-notes/${note.id}`,
  };
  const whole: Change = { ...change, actions: [...change.actions, ...refunds.map(({ action }) => action)] };
  await commit(dependencies, context, { ...whole, answer: reply });
  // What stops here is gone on with by the job that asks about open payments.
  for (const { payment, refund } of refunds) {
    await continueRefund(dependencies, accountId, payment.id, refund.id, now).catch((error: unknown) =>
      dependencies.warn('A refund waits', { paymentId: payment.id, error }),
    );
  }
  return reply;
}

function wantedBy({ currency }: Invoice, { lines, amount }: Input): Wanted {
  if ((lines === undefined) === (amount === undefined)) {
    const message = 'name the lines, or an amount that is shared over them';
    throw invalid([{ path: 'lines', code: 'required', message }]);
  }
  const given = [...(amount ? [amount] : []), ...(lines ?? []).flatMap((each) => each.amount ?? [])];
  if (given.some((money) => money.currency !== currency)) {
    const message = `must be the invoice’s, ${currency}`;
    throw invalid([{ path: 'amount.currency', code: 'not-allowed', message }]);
  }
  if (amount) return { kind: 'amount', amount: amount.amount };
  requireDistinct(lines!);
  return {
    kind: 'lines',
    lines: lines!.map((each) => ({ ...each, amount: each.amount?.amount })),
  };
}

function requireDistinct(lines: NonNullable<Input['lines']>): void {
  const seen = new Set<string>();
  for (const [index, { line, quantity, amount }] of lines.entries()) {
    const path = `lines.${index}`;
    if (seen.has(line)) throw invalid([{ path, code: 'duplicate', message: 'stands twice' }]);
    if (quantity !== undefined && amount !== undefined) {
      throw invalid([{ path, code: 'not-allowed', message: 'has a quantity or an amount, not both' }]);
    }
    seen.add(line);
  }
}

/** Pages of an account's payments in which those of one invoice are looked for. */
const mostPages = 10;

/** The refunds through which the money of a note goes back, over the payments of its invoice. */
async function refundsOf(
  { payments }: PaymentDependencies,
  { accountId, actor, now }: RequestContext,
  { invoiceId, back, reason, currency }: CreditNote,
): Promise<{ payment: Payment; refund: Refund; action: ReturnType<typeof paymentRow> }[]> {
  const found: { payment: Payment; refund: Refund; action: ReturnType<typeof paymentRow> }[] = [];
  let left = back;
  let after: Position | undefined;
  for (let pages = 0; pages < mostPages && left > 0; pages++) {
    const page = await payments.payments(accountId, { limit: 100, after });
    for (const payment of page.items) {
      const amount = Math.min(left, refundableTo(payment, invoiceId));
      if (amount <= 0) continue;
      left -= amount;
      const refund = pendingRefund(invoiceId, amount, { reason, actor, now });
      const changed = { ...payment, refunds: [...payment.refunds, refund], version: newVersion() };
      const checkAt = nextCheck({ checks: 0, startedAt: refund.at }, now);
      found.push({ payment, refund, action: paymentRow(changed, payment.version, checkAt) });
    }
    after = page.next ?? undefined;
    if (!after) break;
  }
  if (left === 0) return found;
  const most = moneyText({ amount: back - left, currency });
  throw conflict(`${most} of it can go back the way it came: give the rest back as credit.`);
}

/** What of a payment's part in an invoice can go back through its gateway. */
function refundableTo(payment: Payment, invoiceId: string): number {
  if (payment.method === creditMethod || payment.status !== 'succeeded') return 0;
  const index = payment.allocations.findIndex((part) => part.invoiceId === invoiceId);
  if (index === -1) return 0;
  return Math.min(refundableOf(payment)[index]!, leftOf(payment));
}

function pendingRefund(
  invoiceId: string,
  amount: number,
  { reason, actor, now }: Pick<RequestContext, 'actor' | 'now'> & { reason: string },
): Refund {
  return {
    id: newId('refund', now),
    at: toInstant(now),
    amount,
    reason,
    to: 'gateway',
    status: 'pending',
    by: actor,
    allocations: [{ invoiceId, amount }],
    fromCredit: 0,
    confirmed: false,
    done: 0,
    checks: 0,
    note: 'made',
    askedAs: null,
  };
}
