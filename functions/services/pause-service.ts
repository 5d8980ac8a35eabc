import { totalsOf } from '../../shared/invoices/invoice.ts';
import { namedFor, namedLine } from '../../shared/invoices/named-line.ts';
import { lineTaxes } from '../../shared/invoices/tax/line-taxes.ts';
import { wordedLine } from '../../shared/invoices/worded-line.ts';
import { newInvoiceChange } from '../../shared/invoices/raise-invoice.ts';
import { addDays, type Day } from '../../shared/core/day.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { pausedService, resumedService } from '../../shared/services/pause.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import {
  freeComingPeriod,
  saveServiceChange,
  type LoadedService,
  loadService,
  type ManageDependencies,
  noRows,
  type Rows,
} from '../../shared/services/load-service.ts';
import { taxClassOf } from '../../shared/services/tax-class.ts';

/** Pauses a service until a day on which it resumes by itself; the provider's fee is invoiced. */
export async function pauseService(
  dependencies: ManageDependencies,
  context: RequestContext,
  serviceId: string,
  { until }: { until?: Day | undefined },
): Promise<Reply> {
  const loaded = await loadService(dependencies, context, serviceId);
  const { service, settings, today } = loaded;
  const paused = pausedService(service, today, until, {
    pausesPerYear: settings['services.pausesPerYear'],
    longestPauseDays: settings['services.longestPauseDays'],
  });
  const { freed, ...off } = await freeComingPeriod(dependencies, loaded, context.now);
  const fee = await pauseFee(dependencies, loaded, paused.pausedUntil, context.now);
  const after = { ...paused, ...freed };
  return saveServiceChange(dependencies, context, loaded, after, {
    action: 'service.paused',
    more: [off, fee],
  });
}

/** Resumes a paused service early. */
export async function resumeService(
  dependencies: ManageDependencies,
  context: RequestContext,
  serviceId: string,
): Promise<Reply> {
  const loaded = await loadService(dependencies, context, serviceId);
  const resumed = resumedService(loaded.service, loaded.today);
  const { freed, ...off } = await freeComingPeriod(dependencies, loaded, context.now);
  const after = { ...resumed, ...freed };
  return saveServiceChange(dependencies, context, loaded, after, { action: 'service.resumed', more: [off] });
}

async function pauseFee(
  { table, portalUrl, providerName }: ManageDependencies,
  { service, account, payer, settings, today }: LoadedService,
  until: Day,
  now: Date,
): Promise<Rows> {
  const { id, name, currency, taxRate } = service;
  const amount = settings['services.pauseFee'][currency] ?? 0;
  if (amount === 0) return noRows;
  const line = {
    words: { key: 'line.pause' as const, values: { name, until } },
    quantity: 1,
    unitPrice: { amount, currency },
    taxRate: taxRate ?? undefined,
    taxClass: await taxClassOf(table, service),
    relatesTo: { kind: 'service-pause', id, name },
  };
  const totals = totalsOf(
    [namedLine(wordedLine(line, payer), namedFor(account, payer))],
    false,
    lineTaxes(payer, settings, today),
  );
  const dueOn = addDays(today, settings['invoices.dueDays']);
  return newInvoiceChange(
    { table, account: payer, settings, portalUrl, providerName, today, now },
    { totals, taxIncluded: false, dueOn },
  );
}
