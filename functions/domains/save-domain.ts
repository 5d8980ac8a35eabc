import type * as z from 'zod';
import { toInstant } from '../../shared/core/clock.ts';
import type { Day } from '../../shared/core/day.ts';
import { newId, newVersion } from '../../shared/core/ids.ts';
import { conflict, invalid, notFound, Problem } from '../../shared/core/problem.ts';
import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import type { Settings } from '../../shared/settings/settings.ts';
import { type Domain, renewableDomain, statusOn, tldOf, usualPeriods } from '../../shared/domains/domain.ts';
import { priceOn } from '../../shared/domains/domain-price.ts';
import type { DomainPriceStore } from '../../shared/domains/domain-price-store.ts';
import {
  domainRow,
  type DomainStore,
  deleteNameRow,
  newDomainRows,
} from '../../shared/domains/domain-store.ts';
import { type FollowDependencies, followReason } from '../../shared/domains/follow-reason.ts';
import { actOn, neverRenewed } from '../../shared/schedule/steps.ts';
import { commit, StaleRead, type WriteDependencies } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { changeDomain as changeSchema, newDomain } from './schemas.ts';

export interface DomainDependencies extends WriteDependencies, FollowDependencies {
  domains: DomainStore;
  prices: DomainPriceStore;
  settings(): Promise<Settings>;
  /** The provider's day at this instant. */
  today(now: Date): Promise<Day>;
}

/** A domain on a day; its TLD's periods decide when grace and redemption end. */
export async function domainView(
  prices: DomainPriceStore,
  domain: Domain,
  today: Day,
  pricesByTld?: Awaited<ReturnType<DomainPriceStore['ofTlds']>>,
) {
  const tld = tldOf(domain.name);
  const ofTld = pricesByTld?.get(tld) ?? (await prices.ofTld(tld));
  const { id, name, registeredOn, expiresOn, nextDueOn, autoRenew, locked, nameservers } = domain;
  const status = statusOn(domain, priceOn(ofTld, today) ?? usualPeriods, today);
  return { id, name, status, registeredOn, expiresOn, nextDueOn, autoRenew, locked, nameservers };
}

/**
 * Adds a domain that is registered for the account, for staff.
 * @throws Problem `conflict` where the name exists already
 */
export async function addDomain(
  dependencies: DomainDependencies,
  context: RequestContext,
  input: z.output<typeof newDomain>,
): Promise<Reply> {
  const { accountId, now } = context;
  const { expiresOn, registeredOn } = input;
  if (registeredOn > expiresOn)
    throw invalid([
      { path: 'expiresOn', code: 'out-of-range', message: 'must not come before registeredOn' },
    ]);
  const domain: Domain = {
    id: newId('domain', now),
    accountId,
    name: input.name,
    state: 'registered',
    registeredOn,
    expiresOn,
    nextDueOn: input.nextDueOn ?? expiresOn,
    autoRenew: input.autoRenew,
    locked: input.locked,
    nameservers: input.nameservers ?? [],
    ...neverRenewed,
    checkedAt: toInstant(now),
    version: newVersion(),
    createdAt: toInstant(now),
  };
  const settings = await dependencies.settings();
  const body = await domainView(dependencies.prices, domain, await dependencies.today(now));
  const location = `/v1/accounts/${accountId}/domains/${domain.id}`;
  const reply = { body, version: domain.version, location };
  try {
    await commit(dependencies, context, {
      actions: newDomainRows(domain, actOn(renewableDomain(domain), settings.invoiceDaysBefore)),
      activity: [activityOf(domain, 'domain.added', null, { expiresOn })],
      outbox: [],
      answer: reply,
    });
  } catch (error) {
    // Ids are new: only the name can conflict.
    if (error instanceof StaleRead) throw conflict(`${domain.name} is kept here already.`);
    throw error;
  }
  return reply;
}

type Changes = z.output<typeof changeSchema>;

/** Changes a domain's settings; only staff correct its dates and status. */
export async function changeDomain(
  dependencies: DomainDependencies,
  context: RequestContext,
  domainId: string,
  input: Changes,
): Promise<Reply> {
  const { accountId, now, authority } = context;
  const before = await dependencies.domains.get(accountId, domainId);
  if (!before) throw notFound();
  requireMatch(context, before.version);
  const corrects = input.expiresOn !== undefined || input.nextDueOn !== undefined || input.status;
  if (corrects && authority.kind !== 'staff') {
    throw new Problem('staff-only', 'Dates and status are corrected by the provider’s staff.');
  }
  const today = await dependencies.today(now);
  const view = await domainView(dependencies.prices, before, today);
  if (authority.kind !== 'staff' && ['cancelled', 'transferred-away'].includes(view.status)) {
    throw conflict(`${before.name} is ${view.status}: nothing of it can be changed.`);
  }
  const { domain: after, ...followed } = await followReason(dependencies, before, changed(before, input), {
    today,
    now,
  });
  const settings = await dependencies.settings();
  const body = await domainView(dependencies.prices, after, today);
  const leavesRegistration =
    before.state !== after.state && after.state !== 'registered' && after.state !== 'pending';
  await commit(dependencies, context, {
    actions: [
      domainRow(after, before.version, actOn(renewableDomain(after), settings.invoiceDaysBefore)),
      ...(leavesRegistration ? [deleteNameRow(after.name)] : []),
      ...followed.actions,
    ],
    activity: [
      activityOf(after, 'domain.changed', settingsOf(before), settingsOf(after)),
      ...followed.activity,
    ],
    outbox: followed.outbox,
  });
  return { body, version: after.version };
}

function changed(before: Domain, { status, ...input }: Changes): Domain {
  const { expiresOn = before.expiresOn } = input;
  // A corrected expiry moves the due day too, unless a due day is given.
  const movedDueOn = input.expiresOn === undefined ? before.nextDueOn : expiresOn;
  return {
    ...before,
    nameservers: input.nameservers ?? before.nameservers,
    locked: input.locked ?? before.locked,
    autoRenew: input.autoRenew ?? before.autoRenew,
    expiresOn,
    nextDueOn: input.nextDueOn ?? movedDueOn,
    state: status === undefined ? before.state : status === 'active' ? 'registered' : status,
    version: newVersion(),
  };
}

function settingsOf({ nameservers, locked, autoRenew, expiresOn, nextDueOn, state }: Domain) {
  return { nameservers, locked, autoRenew, expiresOn, nextDueOn, state };
}

function activityOf(
  { accountId, id, name }: Domain,
  action: string,
  before: Record<string, unknown> | null,
  after: Record<string, unknown> | null,
) {
  return { accountId, action, subject: { kind: 'domain', id, name }, before, after };
}
