import type * as z from 'zod';
import { nextPeriod } from '../../shared/products/product.ts';
import { toInstant } from '../../shared/core/clock.ts';
import type { Day } from '../../shared/core/day.ts';
import { newId, newVersion } from '../../shared/core/ids.ts';
import { invalid, notFound, type Problem } from '../../shared/core/problem.ts';
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
import { begunRow } from '../../shared/accounts/currency/begun.ts';
import type { Account } from '../../shared/accounts/people.ts';
import { accountUnchanged } from '../../shared/accounts/people-store.ts';
import type { Action } from '../../shared/table/table.ts';
import { commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { numbersOf } from '../../shared/invoices/numbers.ts';
import {
  freeComingPeriod,
  type ManageDependencies,
  noRows,
  type Rows,
  type ServiceDependencies,
} from '../../shared/services/load-service.ts';
import type { changeService as changeSchema, newService } from './schemas.ts';

/** Adds a service that runs now or from a later day, for staff. */
export async function addService(
  dependencies: ServiceDependencies,
  context: RequestContext,
  input: z.output<typeof newService>,
): Promise<Reply> {
  const { accountId, now } = context;
  const account = await accountOf(dependencies, accountId);
  if (input.price.currency !== account.currency) throw otherCurrency(account.currency);
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
  await save(dependencies, context, service, null, reply, begunIn(account));
  return reply;
}

/**
 * Corrects a service, for staff. Where the coming period that is invoiced is not the one that is due any more, it comes off
 * its open invoice, as when the client changes it.
 */
export async function correctService(
  dependencies: ManageDependencies,
  context: RequestContext,
  serviceId: string,
  { price, ...input }: z.output<typeof changeSchema>,
): Promise<Reply> {
  const before = await dependencies.services.get(context.accountId, serviceId);
  if (!before) throw notFound();
  requireMatch(context, before.version);
  const account = await accountOf(dependencies, context.accountId);
  const definedInput = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const today = await dependencies.today(context.now);
  const begins =
    serviceStatus(before, today) === 'cancelled' && (input.status ?? 'cancelled') !== 'cancelled';
  // What ended in an earlier currency of the account begins again in the one of now.
  const currency = begins ? account.currency : before.currency;
  if ((price ?? before).currency !== currency) throw otherCurrency(currency);
  const corrected: Service = {
    ...before,
    ...definedInput,
    ...(input.status ? statusChanges(before, input.status, today) : {}),
    price: price?.amount ?? before.price,
    currency,
    ...(currency === before.currency ? {} : nothingOfBefore),
    anchorDay: input.anchorDay ?? anchorOf(before, input.nextDueOn),
    version: newVersion(),
  };
  const { freed, ...off } = await freePeriodThatChanged(dependencies, before, corrected, today, context.now);
  const after = { ...corrected, ...freed };
  const reply = { body: serviceView(after, today), version: after.version };
  await save(dependencies, context, after, before, reply, begins ? begunIn(account) : [], off);
  return reply;
}

/** The day on which its periods begin moves with the due day; one that is sent back as it was moves nothing. */
function anchorOf({ anchorDay, nextDueOn: before }: Service, nextDueOn: Day | null | undefined): number {
  return nextDueOn && nextDueOn !== before ? Number(nextDueOn.slice(8)) : anchorDay;
}

async function freePeriodThatChanged(
  dependencies: ManageDependencies,
  before: Service,
  after: Service,
  today: Day,
  now: Date,
): Promise<Rows & { freed: Partial<Service> }> {
  const { invoicedFor } = before;
  if (invoicedFor === null || renewableService(after).nextDueOn === invoicedFor)
    return { ...noRows, freed: {} };
  const numbers = numbersOf(dependencies.table, today);
  return freeComingPeriod(dependencies, { service: before, numbers, today }, now);
}

/** What was planned and paid in another currency says nothing of the service any more. */
const nothingOfBefore: Partial<Service> = { plannedChange: null, periodPaid: [], periodPaidBy: null };

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
  more: Action[],
  off: Rows = noRows,
): Promise<void> {
  const { invoiceDaysBefore } = await dependencies.settings();
  const { accountId, id, name } = after;
  await commit(dependencies, context, {
    actions: [
      serviceRow(after, before?.version ?? null, actOn(renewableService(after), invoiceDaysBefore)),
      summaryUpdate(accountId, [after]),
      ...more,
      ...off.actions,
    ],
    activity: [
      {
        accountId,
        action: before ? 'service.changed' : 'service.added',
        subject: { kind: 'service', id, name },
        before: before && termsOf(before),
        after: termsOf(after),
      },
      ...off.activity,
    ],
    outbox: off.outbox,
    answer,
  });
}

function termsOf({ name, status, price, currency, quantity, nextDueOn }: Service) {
  return { name, status, price: { amount: price, currency }, quantity, nextDueOn };
}

async function accountOf({ people }: ServiceDependencies, accountId: string): Promise<Account> {
  const account = await people.account(accountId);
  if (!account) throw notFound();
  return account;
}

/** A service is in the currency of its account, which stays while it runs. */
const begunIn = (account: Account): Action[] => [accountUnchanged(account), begunRow(account.id)];

function otherCurrency(currency: string): Problem {
  return invalid([
    { path: 'price.currency', code: 'not-allowed', message: `must be the account’s, ${currency}` },
  ]);
}
