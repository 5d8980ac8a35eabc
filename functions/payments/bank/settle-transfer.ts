import { notFound } from '../../../shared/core/problem.ts';
import { newId } from '../../../shared/core/ids.ts';
import type { RequestContext } from '../../../shared/http/request.ts';
import { absent, type Action, type Key } from '../../../shared/table/table.ts';
import { commit, portalContext, StaleRead } from '../../../shared/write/commit.ts';
import type { IdempotentRequest, Reply } from '../../../shared/write/idempotency.ts';
import type { PaymentDependencies } from '../../../shared/payments/begin-mass-payment.ts';
import type { MassPayment } from '../../../shared/payments/mass-payment.ts';
import type { Payment } from '../../../shared/payments/payment.ts';
import { continueSettlement, runSettlement } from '../../../shared/payments/settle.ts';
import type { ReceivedMoney } from './received-money.ts';

/** What is recorded with the money of a transfer, and answered. */
export interface TransferRecording {
  rows(payment: Payment): Action[];
  reply(payment: Payment): Reply;
}

/** Which payment a request has begun whose settlement takes several transactions: a repeat goes on with it. */
interface Begun {
  accountId: string;
  paymentId: string;
  massPaymentId: string;
}

const begunKey = ({ key }: IdempotentRequest): Key => ({ pk: `TRANSFER-${key.pk}`, sk: key.sk });

/**
 * Books the money of a bank transfer for its mass payment: what is still owed of its invoices is paid, and the rest
 * becomes credit.
 */
export async function settleTransfer(
  dependencies: PaymentDependencies,
  context: RequestContext,
  transfer: MassPayment,
  { method, reference, amount, receivedOn }: ReceivedMoney,
  recording: TransferRecording,
): Promise<Reply> {
  const { accountId, id: massPaymentId } = transfer;
  const paymentId = newId('payment', context.now);
  const begun: Begun = { accountId, paymentId, massPaymentId };
  const { idempotent } = context;
  const received = { method, reference, receivedOn, amount: amount.amount, feeAmount: 0, paymentId };
  const rows = (payment: Payment): Action[] => [
    ...recording.rows(payment),
    ...(idempotent && payment.status === 'processing'
      ? [{ put: { ...begun, ...begunKey(idempotent) }, when: absent }]
      : []),
  ];
  try {
    const { reply: answer } = recording;
    return recording.reply(await runSettlement(dependencies, transfer, received, context, { rows, answer }));
  } catch (error) {
    if (!(error instanceof StaleRead)) throw error;
    const now = await dependencies.payments.massPayment(accountId, massPaymentId);
    // Nothing was booked: the request is decided anew.
    if (now?.settlement?.paymentId !== paymentId) throw error;
    return finish(dependencies, context, begun, async (payment) => recording.reply(payment));
  }
}

/** Goes on with what this request booked before its function stopped; null where it had booked nothing. */
export async function resumeTransfer(
  dependencies: PaymentDependencies,
  context: RequestContext,
  reply: (payment: Payment) => Promise<Reply>,
): Promise<Reply | null> {
  const { idempotent } = context;
  if (!idempotent?.begun) return null;
  const begun = (await dependencies.table.get(begunKey(idempotent))) as Begun | undefined;
  return begun ? finish(dependencies, context, begun, reply) : null;
}

async function finish(
  dependencies: PaymentDependencies,
  { now, idempotent }: RequestContext,
  { accountId, massPaymentId, paymentId }: Begun,
  reply: (payment: Payment) => Promise<Reply>,
): Promise<Reply> {
  await continueSettlement(dependencies, accountId, massPaymentId, now);
  const payment = await dependencies.payments.payment(accountId, paymentId);
  if (!payment) throw notFound();
  const answer = await reply(payment);
  // The right to record it was checked when it was booked.
  const context = { ...portalContext(now), idempotent };
  await commit(dependencies, context, { actions: [], activity: [], outbox: [], answer });
  return answer;
}
