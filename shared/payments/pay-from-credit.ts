import { readCredit } from '../invoices/ledger/credit.ts';
import { balanceOf } from '../invoices/invoice.ts';
import { Problem } from '../core/problem.ts';
import type { Account } from '../accounts/people.ts';
import { systemActor } from '../write/actor.ts';
import { commit, portalContext, retryWhileStale } from '../write/commit.ts';
import { massPaymentForInvoice } from './begin-mass-payment.ts';
import { dueOf, isActive } from './mass-payment.ts';
import { creditMethod } from './postings.ts';
import { runSettlement, type SettleDependencies } from './settle.ts';

/**
 * Pays all of an invoice from the credit of an account that asked for it; false where it did not, the credit does not
 * suffice, or the invoice is not open. What somebody ordered waits for a person who may pay.
 */
export async function payFromCredit(
  dependencies: SettleDependencies,
  account: Account,
  invoiceId: string,
  now: Date,
): Promise<boolean> {
  const { invoices, payments, table } = dependencies;
  if (!account.autoPayFromCredit) return false;
  const context = portalContext(now);
  try {
    return await retryWhileStale(async () => {
      const invoice = await invoices.get(account.id, invoiceId);
      if (invoice?.status !== 'unpaid' || invoice.orderId !== null) return false;
      const [holder] = await payments.massPayments(account.id, [invoice.heldBy].filter(Boolean));
      if (holder && isActive(holder, now)) return false;
      if ((await readCredit(table, account.id, invoice.currency)) < balanceOf(invoice)) return false;
      const { payment, action } = massPaymentForInvoice(invoice, systemActor, now)!;
      await commit(dependencies, context, { actions: [action], activity: [], outbox: [] });
      const received = {
        method: creditMethod,
        reference: payment.id,
        amount: dueOf(payment),
        feeAmount: 0,
      };
      await runSettlement(dependencies, payment, received, context);
      return true;
    });
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}
