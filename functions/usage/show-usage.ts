import type { Day } from '../../shared/core/day.ts';
import { notFound } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { UsageDependencies } from './record-usage.ts';
import { csvReply } from '../../shared/http/lists/csv-reply.ts';
import { wantsCsv } from '../../shared/http/lists/csv.ts';
import { rangeOf, usageHeadings, type UsageKind, usageRows, usageView } from './usage.ts';

/** The usage of a service on the days of a range, as JSON or CSV. */
export async function showUsage(
  { services, usage, today }: UsageDependencies,
  { accountId, now }: RequestContext,
  serviceId: string,
  query: { kind: UsageKind; from?: Day | undefined; to?: Day | undefined },
  headers: Record<string, string | undefined>,
): Promise<Reply> {
  const service = await services.get(accountId, serviceId);
  if (!service) throw notFound();
  const { kind } = query;
  const range = rangeOf(query, await today(now));
  const days = await usage.days({ accountId, serviceId, kind }, range);
  if (!wantsCsv(headers)) return { body: usageView(kind, days, service.currency) };
  return csvReply(usageHeadings[kind], usageRows(kind, days, service.currency));
}
