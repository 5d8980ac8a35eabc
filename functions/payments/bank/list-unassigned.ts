import type * as z from 'zod';
import type { Cell } from '../../../shared/http/lists/csv.ts';
import { wantsCsv } from '../../../shared/http/lists/csv.ts';
import { csvReply } from '../../../shared/http/lists/csv-reply.ts';
import { periodOf, whole } from '../../../shared/http/lists/period.ts';
import { pageOf } from '../../../shared/http/page.ts';
import type { ValidRequest } from '../../../shared/http/request.ts';
import type { Reply } from '../../../shared/write/idempotency.ts';
import type { PaymentDependencies } from '../../../shared/payments/begin-mass-payment.ts';
import type { listUnassignedMoney } from '../routes.ts';
import type { unassignedQuery } from '../schemas.ts';
import { listUnassigned, type UnassignedMoney, unassignedView } from './unassigned-store.ts';

const headings = [
  'id',
  'receivedOn',
  'amount',
  'currency',
  'method',
  'reference',
  'note',
  'status',
  'accountId',
  'paymentId',
];

/** More of it than this is no exception any more: its days have to be named. */
const mostRows = 10_000;

/** A page of bank money without an account, or all of it as a table. */
export async function showUnassigned(
  { table, today }: Pick<PaymentDependencies, 'table' | 'today'>,
  { context, query, listScope, raw }: ValidRequest<typeof listUnassignedMoney>,
): Promise<Reply> {
  const filter = { status: query.status, range: await rangeOf(query, () => today(context.now)) };
  if (wantsCsv(raw.headers)) {
    const all = await whole((part) => listUnassigned(table, filter, part), mostRows);
    return csvReply(headings, all.map(cells));
  }
  const page = await pageOf(query, listScope, (part) => listUnassigned(table, filter, part));
  return { body: { ...page, items: page.items.map(unassignedView) } };
}

/** The days on which it came; undefined for all, as nothing may be lost sight of. */
async function rangeOf({ from, to }: z.output<typeof unassignedQuery>, today: () => Promise<string>) {
  return from === undefined && to === undefined ? undefined : periodOf({ from, to }, await today());
}

function cells(money: UnassignedMoney): Cell[] {
  const { id, receivedOn, amount, method, reference, note, status, accountId, paymentId } = money;
  return [id, receivedOn, amount, amount.currency, method, reference, note, status, accountId, paymentId];
}
