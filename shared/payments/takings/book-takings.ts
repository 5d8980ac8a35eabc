import { bookDay } from '../../invoices/ledger/book-day.ts';
import { journalRow, type NewPosting } from '../../invoices/ledger/journal.ts';
import { newVersion } from '../../core/ids.ts';
import { notFound, Problem } from '../../core/problem.ts';
import type { Table } from '../../table/table.ts';
import { commit, portalContext, retryWhileStale } from '../../write/commit.ts';
import type { PaymentDependencies } from '../begin-mass-payment.ts';
import type { PaidCharge, Taking as ToldTaking } from '../gateways/gateway.ts';
import { isUnshared, nextLookAt, type Payment } from '../payment.ts';
import { paymentRow, type PaymentStore } from '../payment-store.ts';
import { openAmounts } from '../refunds/refund-rows.ts';
import { continueRefund } from '../refunds/refund.ts';
import { cashOf } from '../postings.ts';
import { continueSettlement } from '../settle.ts';
import { firstNews, planTaking } from './plan-taking.ts';
import { shareTaking, withTaking } from './share-taking.ts';
import { takingNotices } from './taking-notices.ts';

/** The id of the payment that a charge became; undefined where its money is in no books. */
export async function paymentOfCharge(
  { table, payments }: { table: Table; payments: Pick<PaymentStore, 'massPayment'> },
  method: string,
  { key, accountId, reference }: PaidCharge,
): Promise<string | undefined> {
  const settlement = (await payments.massPayment(accountId, key))?.settlement;
  if (settlement?.reference === reference && settlement.method === method) return settlement.paymentId;
  // Money that was taken twice for a mass payment has its row by the gateway's reference.
  const second = await table.get({ pk: `GATEWAY-PAYMENT#${method}`, sk: reference });
  return second?.['accountId'] === accountId ? String(second['id']) : undefined;
}

/** What an event names: the gateway need not list it. */
export interface NamedTaking {
  id: string;
  isReversal: boolean;
}

/**
 * Books what the payment's gateway has taken back and returned, once for each taking however often and in whatever
 * order that is told: the gateway is asked how its takings stand after the payment was read, and what differs is booked
 * where the payment has not changed since. Stops anywhere and goes on where it stopped.
 * @throws Problem `try-again` while a refund is under way, of which the gateway has not said whether it went out before
 */
export async function bookTakings(
  dependencies: PaymentDependencies,
  accountId: string,
  paymentId: string,
  now: Date,
  named?: NamedTaking,
): Promise<void> {
  while (await retryWhileStale(() => takingStep(dependencies, accountId, paymentId, now, named)));
}

/** One transaction of it; says whether there may be more to do. */
async function takingStep(
  dependencies: PaymentDependencies,
  accountId: string,
  paymentId: string,
  now: Date,
  named: NamedTaking | undefined,
): Promise<boolean> {
  const payment = await settledPayment(dependencies, accountId, paymentId, now);
  const begun = payment.takings?.find(isUnshared);
  if (begun) {
    await shareTaking(dependencies, payment, begun, now);
    return true;
  }
  if (await hasRefundUnderWay(dependencies, payment, now)) return true;
  const news = firstNews(payment, await ask(dependencies, payment, named), (id) =>
    isReversal(payment, named, id),
  );
  if (!news) {
    await postponeTakings(dependencies, payment, now);
    return false;
  }
  await bookNews(dependencies, payment, news, now);
  return true;
}

/** Its money is in the books whole before any of it goes out again. */
async function settledPayment(
  dependencies: PaymentDependencies,
  accountId: string,
  paymentId: string,
  now: Date,
): Promise<Payment> {
  const { payments } = dependencies;
  const payment = await payments.payment(accountId, paymentId);
  if (!payment) throw notFound();
  if (payment.status !== 'processing' || payment.massPaymentId === null) return payment;
  await continueSettlement(dependencies, accountId, payment.massPaymentId, now);
  const after = await payments.payment(accountId, paymentId);
  if (!after || after.status === 'processing') throw tryAgain('The payment is not settled yet.');
  return after;
}

const tryAgain = (detail: string) => new Problem('try-again', detail);

/** A refund of ours is decided first: what the gateway took then is shared over what is left. */
async function hasRefundUnderWay(
  dependencies: PaymentDependencies,
  { accountId, id, refunds }: Payment,
  now: Date,
): Promise<boolean> {
  const pending = refunds.filter(({ status }) => status === 'pending');
  for (const refund of pending) await continueRefund(dependencies, accountId, id, refund.id, now);
  if (pending.length === 0) return false;
  const after = await dependencies.payments.payment(accountId, id);
  if (after?.refunds.some(({ status }) => status === 'pending')) {
    throw tryAgain('A refund of the payment is under way.');
  }
  return true;
}

async function ask(
  { gateways, warn }: PaymentDependencies,
  { accountId, id, method, massPaymentId, reference, currency, takings = [] }: Payment,
  named: NamedTaking | undefined,
): Promise<ToldTaking[]> {
  const gateway = gateways.get(method);
  if (!gateway || massPaymentId === null) return [];
  const ids = new Set([...takings.map((taking) => taking.id), ...(named ? [named.id] : [])]);
  const told = await gateway.takings({ key: massPaymentId, accountId, reference }, [...ids]);
  return told.filter((each) => {
    if (each.amount.currency === currency) return true;
    warn('A gateway took back another currency', { gateway: method, paymentId: id, taking: each.id });
    return false;
  });
}

function isReversal({ takings = [] }: Payment, named: NamedTaking | undefined, id: string): boolean {
  if (named?.id === id && named.isReversal) return true;
  return takings.some((taking) => taking.id === id && taking.kind === 'reversal');
}

/** A payment whose takings are not over is asked about again later. */
export async function postponeTakings(
  dependencies: PaymentDependencies,
  payment: Payment,
  now: Date,
): Promise<void> {
  const checkAt = nextLookAt(payment, now);
  if (checkAt === null) return;
  const after = { ...payment, version: newVersion() };
  const actions = [paymentRow(after, payment.version, checkAt)];
  await commit(dependencies, portalContext(now), { actions, activity: [], outbox: [] });
}

/** Books what moved at the gateway; whom it concerns is booked in the steps that follow. */
async function bookNews(
  dependencies: PaymentDependencies,
  payment: Payment,
  news: ToldTaking,
  now: Date,
): Promise<void> {
  const { accountId, currency, id, method } = payment;
  const plan = planTaking(payment, news, await openAmounts(dependencies, payment));
  const isOver = !isUnshared(plan.after);
  const after = withTaking(payment, isOver ? { ...plan.after, notice: null } : plan.after);
  const moved = plan.after.taken - (plan.before?.taken ?? 0);
  const fee = plan.after.feeAmount - (plan.before?.feeAmount ?? 0);
  const loss = plan.after.loss - (plan.before?.loss ?? 0);
  const postings: NewPosting[] = [
    { ledger: cashOf(method), amount: -moved - fee },
    { ledger: 'fees', amount: fee },
    { ledger: 'write-off', amount: loss },
    { ledger: 'unallocated', amount: moved - loss },
  ];
  const notices = isOver
    ? await takingNotices(dependencies, payment, plan.after, after.status)
    : { activity: [], outbox: [] };
  const day = await bookDay(dependencies.table, now);
  await commit(dependencies, portalContext(now), {
    actions: [
      paymentRow(after, payment.version, nextLookAt(after, now)),
      ...journalRow(accountId, { kind: 'taking', currency, postings, relatesTo: id }, day),
    ],
    ...notices,
  });
}
