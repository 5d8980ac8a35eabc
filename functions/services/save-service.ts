import type * as z from 'zod';
import { nextPeriod } from '../../shared/products/product.ts';
import { toInstant } from '../../shared/core/clock.ts';
import type { Day } from '../../shared/core/day.ts';
import { newId, newVersion } from '../../shared/core/ids.ts';
import { invalid, notFound } from '../../shared/core/problem.ts';
import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import { actOn, neverRenewed } from '../../shared/schedule/steps.ts';
import {
  notPaused,
  renewableService,
  type Service,
  serviceStatus,
  serviceView,
} from '../../shared/services/service.ts';
import { serviceRow } from '../../shared/services/service-store.ts';
import { summaryUpdate } from '../../shared/services/service-summary.ts';
import { commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { ServiceDependencies } from '../../shared/services/load-service.ts';
import type { changeService as changeSchema, newService } from './schemas.ts';

/** Adds a service that runs now or from a later day, for staff. */
export async function addService(
  dependencies: ServiceDependencies,
  context: RequestContext,
  input: z.output<typeof newService>,
): Promise<Reply> {
  const { accountId, now } = context;
  await requireCurrency(dependencies, accountId, input.price.currency);
  const { price, startOn, cycle, ...rest } = input;
  const anchorDay = Number((input.nextDueOn ?? startOn).slice(8));
  const service: Service = {
    ...rest,
    id: newId('service', now),
    accountId,
    price: price.amount,
    currency: price.currency,
    cycle,
    anchorDay,
    startOn,
    nextDueOn: input.nextDueOn ?? nextPeriod(startOn, cycle, anchorDay),
    cancelsOn: null,
    orderId: null,
    ...neverRenewed,
    version: newVersion(),
    createdAt: toInstant(now),
  };
  const location = `/v1/accounts/${accountId}/services/${service.id}`;
  const body = serviceView(service, await dependencies.today(now));
  const reply = { body, version: service.version, location };
  await save(dependencies, context, service, null, reply);
  return reply;
}

/** Corrects a service, for staff; the days it was invoiced and reminded for do not change. */
export async function correctService(
  dependencies: ServiceDependencies,
  context: RequestContext,
  serviceId: string,
  { price, ...input }: z.output<typeof changeSchema>,
): Promise<Reply> {
  const before = await dependencies.services.get(context.accountId, serviceId);
  if (!before) throw notFound();
  requireMatch(context, before.version);
  if (price && price.currency !== before.currency) {
    throw invalid([
      { path: 'price.currency', code: 'not-allowed', message: `must be the service’s, ${before.currency}` },
    ]);
  }
  const definedInput = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const today = await dependencies.today(context.now);
  const after: Service = {
    ...before,
    ...definedInput,
    ...(input.status ? statusChanges(before, input.status, today) : {}),
    price: price?.amount ?? before.price,
    anchorDay: input.nextDueOn ? Number(input.nextDueOn.slice(8)) : before.anchorDay,
    version: newVersion(),
  };
  const reply = { body: serviceView(after, today), version: after.version };
  await save(dependencies, context, after, before, reply);
  return reply;
}

/** Staff pause without an end, and undo an end that has passed; they set the due day themselves. */
function statusChanges(before: Service, status: Service['status'], today: Day): Partial<Service> {
  if (status === serviceStatus(before, today)) return {};
  const hasEnded = before.cancelsOn !== null && before.cancelsOn <= today && status !== 'cancelled';
  return {
    ...notPaused,
    ...(status === 'paused' ? { pausedOn: today, pausedAnchor: before.anchorDay } : {}),
    ...(hasEnded ? { cancelsOn: null } : {}),
  };
}

async function save(
  dependencies: ServiceDependencies,
  context: RequestContext,
  after: Service,
  before: Service | null,
  answer: Reply,
): Promise<void> {
  const { invoiceDaysBefore } = await dependencies.settings();
  const { accountId, id, name } = after;
  await commit(dependencies, context, {
    actions: [
      serviceRow(after, before?.version ?? null, actOn(renewableService(after), invoiceDaysBefore)),
      summaryUpdate(accountId, [after]),
    ],
    activity: [
      {
        accountId,
        action: before ? 'service.changed' : 'service.added',
        subject: { kind: 'service', id, name },
        before: before && termsOf(before),
        after: termsOf(after),
      },
    ],
    outbox: [],
    answer,
  });
}

function termsOf({ name, status, price, currency, quantity, nextDueOn }: Service) {
  return { name, status, price: { amount: price, currency }, quantity, nextDueOn };
}

async function requireCurrency(
  { people }: ServiceDependencies,
  accountId: string,
  currency: string,
): Promise<void> {
  const account = await people.account(accountId);
  if (!account) throw notFound();
  if (account.currency === currency) return;
  throw invalid([
    { path: 'price.currency', code: 'not-allowed', message: `must be the account’s, ${account.currency}` },
  ]);
}
