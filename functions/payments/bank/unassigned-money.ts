import { toInstant } from '../../../shared/core/clock.ts';
import { idPrefixes, newId, newVersion } from '../../../shared/core/ids.ts';
import { invalid, notFound, Problem } from '../../../shared/core/problem.ts';
import { type RequestContext, requireMatch } from '../../../shared/http/request.ts';
import { commit } from '../../../shared/write/commit.ts';
import type { Reply } from '../../../shared/write/idempotency.ts';
import { transferredFor } from '../../../shared/payments/bank/transfer.ts';
import { openDay } from '../../../shared/invoices/ledger/book-day.ts';
import type { PaymentDependencies } from '../../../shared/payments/begin-mass-payment.ts';
import type { Payment } from '../../../shared/payments/payment.ts';
import type { WantedAllocation } from './allocations.ts';
import { paymentNamed, type ReceivedMoney, receivedRows, requireReceived } from './received-money.ts';
import { partsOf, record } from './record-payment.ts';
import { resumeTransfer, settleTransfer } from './settle-transfer.ts';
import {
  readUnassigned,
  type UnassignedMoney,
  unassignedPath,
  unassignedRow,
  unassignedView,
} from './unassigned-store.ts';

/**
 * Notes money of which nobody knows whose it is. Where it quotes the reference of a mass payment, that is known: the
 * money is assigned at once.
 */
export async function noteMoney(
  dependencies: PaymentDependencies,
  context: RequestContext,
  input: ReceivedMoney & { note?: string | undefined },
): Promise<Reply> {
  const { table } = dependencies;
  const resumed = await resumeTransfer(dependencies, context, async (payment) =>
    replyWith((await readUnassigned(table, idAssigned(payment)))!),
  );
  if (resumed) return resumed;
  await requireReceived(dependencies, input, context.now);
  const rows = await receivedRows(dependencies, input);
  const noted = newMoney(context, input);
  const transfer = await transferredFor(dependencies, input, null);
  if (transfer) {
    const known = (payment: Payment) => assigned({ ...noted, id: idAssigned(payment) }, payment, context);
    return settleTransfer(dependencies, context, transfer, input, {
      rows: (payment) => {
        const { id: paymentId, accountId } = payment;
        return [unassignedRow(known(payment), null), ...rows({ kind: 'payment', paymentId, accountId })];
      },
      reply: (payment) => replyWith(known(payment)),
    });
  }
  const answer = replyWith(noted);
  const actions = [unassignedRow(noted, null), ...rows({ kind: 'unassigned', unassignedId: noted.id })];
  await commit(dependencies, context, { actions, activity: [], outbox: [], answer });
  return answer;
}

/**
 * Assigns money to an account, of which it becomes a payment.
 * @throws Problem `already-decided` where it was assigned before
 */
export async function assignMoney(
  dependencies: PaymentDependencies,
  context: RequestContext,
  id: string,
  { accountId, allocations }: { accountId: string; allocations?: WantedAllocation[] | undefined },
): Promise<Reply> {
  const money = await readUnassigned(dependencies.table, id);
  if (!money) throw notFound();
  requireMatch(context, money.version);
  requireUnassigned(money);
  if (!(await dependencies.people.account(accountId))) {
    throw invalid([{ path: 'accountId', code: 'not-found', message: 'is no account' }]);
  }
  // Its books may have been closed since it was noted: then it counts from today.
  const day = await openDay(dependencies.table, context.now, money.receivedOn);
  return record(dependencies, context, money, {
    accountId,
    day,
    parts: partsOf(dependencies, accountId, { amount: money.amount, allocations }),
    rows: (payment) => [unassignedRow(assigned(money, payment, context), money.version)],
    reply: (payment) => replyWith(assigned(money, payment, context)),
  });
}

function requireUnassigned({ accountId, paymentId }: UnassignedMoney): void {
  if (accountId === null || paymentId === null) return;
  const payment = paymentNamed(accountId, paymentId);
  throw new Problem('already-decided', `This money was assigned before, as payment ${payment.id}.`, {
    payment,
  });
}

/** The id of money that is assigned as it is noted: it follows from its payment, as a repeat finds only that. */
const idAssigned = ({ id }: Payment): string => id.replace(/^[a-z]+/, idPrefixes.unassignedMoney);

function newMoney(
  { actor, now }: RequestContext,
  { amount, method, reference, receivedOn, note }: ReceivedMoney & { note?: string | undefined },
): UnassignedMoney {
  return {
    id: newId('unassignedMoney', now),
    amount,
    method,
    reference,
    receivedOn,
    note: note ?? null,
    notedBy: actor,
    notedAt: toInstant(now),
    status: 'unassigned',
    accountId: null,
    paymentId: null,
    assignedBy: null,
    assignedAt: null,
    version: newVersion(),
  };
}

function assigned(
  money: UnassignedMoney,
  { id: paymentId, accountId }: Payment,
  { actor, now }: RequestContext,
): UnassignedMoney {
  const assignedAt = toInstant(now);
  const to = { accountId, paymentId, assignedBy: actor, assignedAt };
  // It is assigned once: what it became is version enough.
  return { ...money, ...to, status: 'assigned', version: paymentId };
}

const replyWith = (money: UnassignedMoney): Reply => ({
  body: unassignedView(money),
  version: money.version,
  location: unassignedPath(money.id),
});
