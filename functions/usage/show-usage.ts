import type { Day } from '../../shared/core/day.ts';
import { notFound } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { UsageDependencies } from './record-usage.ts';
import { rangeOf, usageCsv, type UsageKind, usageView } from './usage.ts';

const csvType = 'text/csv';

/** The usage of a service on the days of a range, as JSON or CSV. */
export async function showUsage(
  { services, usage, today }: UsageDependencies,
  { accountId, now }: RequestContext,
  serviceId: string,
  query: { kind: UsageKind; from?: Day | undefined; to?: Day | undefined },
  accept: string,
): Promise<Reply> {
  const service = await services.get(accountId, serviceId);
  if (!service) throw notFound();
  const { kind } = query;
  const range = rangeOf(query, await today(now));
  const days = await usage.days({ accountId, serviceId, kind }, range);
  if (!accept.includes(csvType)) return { body: usageView(kind, days, service.currency) };
  const bytes = new TextEncoder().encode(usageCsv(kind, days, service.currency));
  return { raw: { contentType: csvType, bytes } };
}
