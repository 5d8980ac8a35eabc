import type * as z from 'zod';
import { creditNoteView, type Wanted } from '../../shared/invoices/credit-notes/credit-note.ts';
import { lowered } from '../../shared/invoices/credit-notes/lower-invoice.ts';
import type { Invoice } from '../../shared/invoices/invoice.ts';
import { numbersOf } from '../../shared/invoices/numbers.ts';
import { conflict, invalid, notFound } from '../../shared/core/problem.ts';
import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import { commit, type Change } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { PaymentDependencies } from '../../shared/payments/begin-mass-payment.ts';
import { requireFree } from '../../shared/payments/payment-store.ts';
import { beginRefunds, noteRefunds } from '../../shared/payments/refunds/note-refunds.ts';
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
  const refunds = to === 'gateway' && note.back > 0 ? await noteRefunds(dependencies, context, note) : [];
  const reply = {
    body: creditNoteView(note),
    location: `/v1/accounts/${accountId}/credit-notes/${note.id}`,
  };
  const whole: Change = { ...change, actions: [...change.actions, ...refunds.map(({ action }) => action)] };
  await commit(dependencies, context, { ...whole, answer: reply });
  await beginRefunds(dependencies, refunds, now);
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
