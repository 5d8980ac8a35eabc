import { periodOf, sum, totalsOf } from '../invoices/invoice.ts';
import { billedTo, namedFor, namedLine } from '../invoices/named-line.ts';
import { lineTaxes } from '../invoices/tax/line-taxes.ts';
import { wordedLine } from '../invoices/worded-line.ts';
import { newInvoiceChange } from '../invoices/raise-invoice.ts';
import { addDays, type Day } from '../core/day.ts';
import { conflict, Problem } from '../core/problem.ts';
import { prorated } from './period/proration.ts';
import { givenBackOf, paidRests } from './period/paid-period.ts';
import { nextServiceStatus, notPaused, type PaidLine, type PlannedChange, type Service } from './service.ts';
import { portalContext, type WriteContext } from '../write/commit.ts';
import type { Reply } from '../write/idempotency.ts';
import {
  freeComingPeriod,
  saveServiceChange,
  type LoadedService,
  loadService,
  type ManageDependencies,
  noRows,
  type Rows,
} from './load-service.ts';
import { taxClassOf } from './tax-class.ts';

/** The product, price and cycle that a service changes to. */
export type Wanted = Omit<PlannedChange, 'on'>;

/**
 * Makes a service's planned change that is due by today, with the portal as actor; false where it has to wait because
 * the service is paused or its last change is not paid.
 */
export async function applyPlannedChange(
  dependencies: ManageDependencies,
  accountId: string,
  serviceId: string,
  now: Date,
): Promise<boolean> {
  const context = { ...portalContext(now), accountId, ifMatch: null };
  const loaded = await loadService(dependencies, context, serviceId);
  const { service, today } = loaded;
  const { plannedChange } = service;
  if (!plannedChange || plannedChange.on > today) return false;
  try {
    nextServiceStatus(service, 'change', today);
    await requireChangeable(dependencies, loaded);
    // Counts from its planned day, however late this runs; a pause over that day postpones it.
    const { pausedUntil } = service;
    const since = pausedUntil && pausedUntil > plannedChange.on ? pausedUntil : plannedChange.on;
    await changeNow(dependencies, context, loaded, plannedChange, since);
    return true;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

/** @throws Problem where the service ends, has no period, or its last change is not paid yet */
export async function requireChangeable(
  { invoices }: ManageDependencies,
  { service }: LoadedService,
): Promise<void> {
  const { accountId, name, cancelsOn, nextDueOn, changeInvoiceId, changeBilledTo } = service;
  if (cancelsOn !== null) throw conflict(`${name} ends on ${cancelsOn} and cannot be changed.`);
  if (nextDueOn === null) throw conflict(`${name} was paid once and has no period that could be changed.`);
  const last = changeInvoiceId ? await invoices.get(changeBilledTo ?? accountId, changeInvoiceId) : undefined;
  // Otherwise money that was never paid could be credited.
  if (last?.status === 'unpaid') {
    throw conflict(`The invoice for the last change of ${name} has to be paid first.`);
  }
}

/** Changes a service as of a day: the price difference for the rest of its period is invoiced or credited. */
export async function changeNow(
  dependencies: ManageDependencies,
  context: WriteContext,
  loaded: LoadedService,
  { productId, name, cycle, price, taxRate, taxClass = null }: Wanted,
  since: Day = loaded.today,
): Promise<Reply> {
  const { service, today } = loaded;
  const { freed, ...off } = await freeComingPeriod(dependencies, loaded, context.now);
  const changed: Service = {
    ...service,
    status: nextServiceStatus(service, 'change', today),
    ...notPaused,
    ...freed,
    plannedChange: null,
    productId,
    name,
    price,
    cycle,
    taxRate,
    taxClass,
  };
  const { changeInvoiceId, periodPaid, ...money } = await settleDifference(
    dependencies,
    loaded,
    changed,
    since,
    context.now,
  );
  const invoiceId = changeInvoiceId ?? null;
  return saveServiceChange(
    dependencies,
    context,
    loaded,
    {
      ...changed,
      changeInvoiceId: invoiceId,
      changeBilledTo: billedTo(service.accountId, loaded.payer),
      ...(periodPaid ? { periodPaid } : {}),
    },
    { action: 'service.product-changed', more: [off, money] },
    // Members of the account do not see another account's invoice.
    { ticketId: null, invoiceId: isOwnBill(context, loaded) ? invoiceId : null },
  );
}

function isOwnBill({ grantedBy }: WriteContext, { account, payer }: LoadedService): boolean {
  return payer.id === account.id || grantedBy?.authority.kind !== 'member';
}

/** Invoices a higher price of the rest of the period; gives back, of what was paid for it, what a lower one leaves. */
async function settleDifference(
  dependencies: ManageDependencies,
  loaded: LoadedService,
  changed: Service,
  since: Day,
  now: Date,
): Promise<Rows & { changeInvoiceId?: string; periodPaid?: PaidLine[] }> {
  const { table, portalUrl, providerName } = dependencies;
  const { service, account, payer, settings, today, numbers } = loaded;
  const { id, quantity, nextDueOn, anchorDay, currency } = service;
  const wholeOf = ({ price, cycle }: Service) => ({ amount: price * quantity, cycle });
  const period = { nextDueOn: nextDueOn!, anchorDay, today: since };
  const terms = prorated(wholeOf(service), wholeOf(changed), period);
  const { rests, isWhole } = await paidRests(dependencies, service, since);
  const paidHere = sum(rests.map(({ unused }) => unused));
  // What was paid counts, whatever the service's terms have become since; no more goes back than was paid here.
  const difference = isWhole ? terms.needed - paidHere : Math.max(terms.difference, -paidHere);
  const { days } = terms;
  if (difference === 0) return noRows;
  if (difference < 0) {
    const reason = { key: 'reason.changed' as const, values: { name: service.name } };
    return givenBackOf(dependencies, loaded, rests, -difference, reason, now);
  }
  const line = {
    words: { key: 'line.change' as const, values: { name: service.name, changed: changed.name, days } },
    quantity: 1,
    unitPrice: { amount: difference, currency },
    taxRate: changed.taxRate ?? undefined,
    taxClass: await taxClassOf(table, changed),
    relatesTo: { kind: 'service-change', id, name: changed.name },
    ...(nextDueOn ? { period: periodOf(since, nextDueOn) } : {}),
  };
  const totals = totalsOf(
    [namedLine(wordedLine(line, payer), namedFor(account, payer))],
    false,
    lineTaxes(payer, settings, today),
  );
  const dueOn = addDays(today, settings['invoices.dueDays']);
  const newInvoice = { totals, taxIncluded: false, dueOn };
  const { invoice, ...rows } = await newInvoiceChange(
    { table, account: payer, settings, portalUrl, providerName, today, now, numbers },
    newInvoice,
  );
  const paid = { accountId: payer.id, invoiceId: invoice.id, lineIndex: 0, days, ofChange: true as const };
  return { ...rows, changeInvoiceId: invoice.id, periodPaid: [...(service.periodPaid ?? []), paid] };
}
