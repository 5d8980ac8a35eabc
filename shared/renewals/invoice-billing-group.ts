import { totalsOf } from '../invoices/invoice.ts';
import { billingMail } from '../invoices/invoice-mail.ts';
import { billedTo, namedFor, namedLine } from '../invoices/named-line.ts';
import { lineTaxes } from '../invoices/tax/line-taxes.ts';
import { wordedLine } from '../invoices/worded-line.ts';
import { newInvoiceChange } from '../invoices/raise-invoice.ts';
import type { Action, Table } from '../table/table.ts';
import { addDays, type Day, daysBetween } from '../core/day.ts';
import { newVersion } from '../core/ids.ts';
import { Problem } from '../core/problem.ts';
import type { MailTask } from '../mail/mail-task.ts';
import type { Account } from '../accounts/people.ts';
import { accountUnchanged, type PeopleStore } from '../accounts/people-store.ts';
import type { Settings } from '../settings/settings.ts';
import { renewableDomain, tldOf } from '../domains/domain.ts';
import type { DomainPriceStore } from '../domains/domain-price-store.ts';
import { domainRow, type DomainStore } from '../domains/domain-store.ts';
import { itemsDue } from '../schedule/due-index.ts';
import { actOn, reminderMark } from '../schedule/steps.ts';
import { readProducts } from '../products/product-store.ts';
import { renewableService, type Service } from '../services/service.ts';
import { isTaxedByProduct, taxClassAmong } from '../services/tax-class.ts';
import { serviceRow, type ServiceStore } from '../services/service-store.ts';
import { commit, portalContext, StaleRead, type WriteDependencies } from '../write/commit.ts';
import type { BillingGroup } from './billing-group.ts';
import {
  type DueRenewable,
  dueDomain,
  dueService,
  groupIntoInvoices,
  type Planned,
  type Planning,
  plannedSteps,
  plannedView,
  groupSteps,
} from './plan-renewals.ts';

export interface RenewDependencies extends WriteDependencies {
  people: PeopleStore;
  domains: DomainStore;
  services: ServiceStore;
  prices: DomainPriceStore;
  portalUrl: string;
  providerName: string;
  /** Pays an invoice from the account's credit; false where it does not suffice. */
  payFromCredit(account: Account, invoiceId: string, now: Date): Promise<boolean>;
  /** Makes a service's planned change that is due by now; false where it has to wait. */
  changeAsPlanned(accountId: string, serviceId: string, now: Date): Promise<boolean>;
  warn(message: string, details: Record<string, unknown>): void;
}

/** Rows in one transaction that writes nothing else. */
const maxRowsPerCommit = 90;
/** Items of one account processed in one run; the next run continues. */
const mostAtOnce = 500;

export interface JobTime {
  settings: Settings;
  today: Day;
  now: Date;
}

/** The items of an account that are due for the job by a day, each with its price. */
export async function readRenewables(
  {
    table,
    domains,
    services,
    prices,
  }: Pick<RenewDependencies, 'domains' | 'services' | 'prices'> & {
    table: Table;
  },
  account: Account,
  by: Day,
  today: Day,
): Promise<DueRenewable[]> {
  const due = await itemsDue(table, account.id, by, mostAtOnce);
  const idsOf = (kind: string) => due.filter((item) => item.kind === kind).map(({ id }) => id);
  const [ownDomains, ownServices] = await Promise.all([
    domains.getMany(account.id, idsOf('domain')),
    services.getMany(account.id, idsOf('service')),
  ]);
  const found = ownDomains.flatMap((domain) => domain ?? []);
  const foundServices = ownServices.flatMap((service): Service[] => (service ? [service] : []));
  const products = foundServices.some(isTaxedByProduct) ? await readProducts(table) : [];
  const byTld = await prices.ofTlds(found.map(({ name }) => tldOf(name)));
  return [
    ...found.map((domain) => dueDomain(account, domain, byTld.get(tldOf(domain.name)) ?? [], today)),
    ...foundServices.map((service) => dueService(account, service, taxClassAmong(products, service))),
  ];
}

/**
 * Processes what is due by today for all accounts of one payer: one invoice for each due day, and one mail for
 * reminders of one kind to one account. Each item stores what was done for it in the same transaction, so that neither
 * a second nor a concurrent run repeats it.
 * @throws StaleRead where something changed meanwhile; transactions committed by then stay, and are not repeated
 */
export async function invoiceBillingGroup(
  dependencies: RenewDependencies,
  { payer, members }: BillingGroup,
  at: JobTime,
): Promise<Planned[]> {
  const { settings, today } = at;
  const due = await renewablesDue(dependencies, members, at);
  const renewables = new Map(due.map((renewable) => [renewable.renewing.id, renewable]));
  const steps = plannedSteps([...renewables.values()], settings.invoiceDaysBefore, today);
  const done: Planned[] = [];
  for (const group of groupIntoInvoices(steps)) {
    await isolatingFailures(dependencies, group, async () => {
      const paid = await invoiceGroup(dependencies, payer, group, renewables, at);
      done.push(...group.map(plannedView), ...paid);
    });
  }
  const toRemind = steps.filter(({ step }) => step.kind === 'reminder');
  const reminderKey = ({ renewable, step }: Planning) =>
    `${renewable.account.id} ${'days' in step ? step.days : ''}`;
  for (const group of groupSteps(toRemind, reminderKey)) {
    await isolatingFailures(dependencies, group, async () => {
      await remindGroup(dependencies, group[0]!.renewable.account, group, renewables, at);
      done.push(...group.map(plannedView));
    });
  }
  await rescheduleUnfinished(dependencies, [...renewables.values()], steps, at);
  return done;
}

/** A failure for some items does not stop the others; failed items are processed again tomorrow. */
async function isolatingFailures(
  { warn }: RenewDependencies,
  group: readonly Planning[],
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    // A concurrent change or an unavailable table: the whole group is retried.
    if (error instanceof StaleRead || !(error instanceof Problem)) throw error;
    const { account, renewing } = group[0]!.renewable;
    warn('An account could not be renewed', { accountId: account.id, thing: renewing.id, error });
  }
}

/**
 * The due items after planned changes are made, so that a changed item is invoiced as changed. Changes run one after
 * the other, as each may raise an invoice, and all invoices take their numbers from one row.
 */
async function renewablesDue(
  { changeAsPlanned, ...dependencies }: RenewDependencies,
  members: readonly Account[],
  { today, now }: JobTime,
): Promise<DueRenewable[]> {
  const read = (accounts: readonly Account[]) =>
    Promise.all(accounts.map((account) => readRenewables(dependencies, account, today, today)));
  const found = (await read(members)).flat();
  const changing = found.filter(({ renewing: { changesOn } }) => changesOn && changesOn <= today);
  if (changing.length === 0) return found;
  for (const { renewing } of changing) await changeAsPlanned(renewing.accountId, renewing.id, now);
  return (await read(members)).flat();
}

/** Writes an item with what was done for it, and replaces the item in `renewables`. */
function updateItem(
  renewables: Map<string, DueRenewable>,
  id: string,
  changes: { invoicedFor?: Day; invoiceId?: string; billedTo?: string | null; reminded?: string },
  invoiceDaysBefore: number,
  notBefore?: Day,
): Action {
  const renewable = renewables.get(id)!;
  const version = newVersion();
  const next = (planned: Day | null): Day | null =>
    planned !== null && notBefore !== undefined && planned < notBefore ? notBefore : planned;
  if (renewable.stored.kind === 'domain') {
    const before = renewable.stored.row;
    const after = { ...before, ...changes, version };
    // A domain that is gone has nothing due any more, though its dates say so.
    const gone = renewable.renewing.nextDueOn === null;
    const renewing = gone ? renewable.renewing : renewableDomain(after);
    renewables.set(id, { ...renewable, renewing, stored: { kind: 'domain', row: after } });
    return domainRow(after, before.version, next(actOn(renewing, invoiceDaysBefore)));
  }
  const before = renewable.stored.row;
  const after = { ...before, ...changes, version };
  const renewing = renewableService(after);
  renewables.set(id, { ...renewable, renewing, stored: { kind: 'service', row: after } });
  return serviceRow(after, before.version, next(actOn(renewing, invoiceDaysBefore)));
}

/** Raises one invoice for all that is due on one day; its lines name accounts other than the payer. */
async function invoiceGroup(
  dependencies: RenewDependencies,
  payer: Account,
  group: readonly Planning[],
  renewables: Map<string, DueRenewable>,
  { settings, today, now }: JobTime,
): Promise<Planned[]> {
  const { table, portalUrl, providerName, payFromCredit } = dependencies;
  const dueOn = group[0]!.renewable.renewing.nextDueOn!;
  const lines = group.map(({ renewable }) =>
    namedLine(wordedLine(renewable.line!, payer), namedFor(renewable.account, payer)),
  );
  const accounts = new Map(group.map(({ renewable }) => [renewable.account.id, renewable.account]));
  const totals = totalsOf(lines, false, lineTaxes(payer, settings, today));
  const raiseContext = { table, account: payer, settings, portalUrl, providerName, today, now };
  const newInvoice = { totals, taxIncluded: false, dueOn: dueOn < today ? today : dueOn };
  const { invoice, ...rows } = await newInvoiceChange(raiseContext, newInvoice);
  const { invoiceDaysBefore } = settings;
  const billing = { invoicedFor: dueOn, invoiceId: invoice.id };
  // If another run is faster and the commit fails, `renewables` has to stay as it was.
  const copies = new Map(renewables);
  const actions = group.map(({ renewable }) =>
    updateItem(
      copies,
      renewable.renewing.id,
      { ...billing, billedTo: billedTo(renewable.account.id, payer) },
      invoiceDaysBefore,
    ),
  );
  await commit(dependencies, portalContext(now), {
    ...rows,
    actions: [...[...accounts.values()].map(accountUnchanged), ...actions, ...rows.actions],
  });
  for (const [id, renewable] of copies) renewables.set(id, renewable);
  if (!(await payFromCredit(payer, invoice.id, now))) return [];
  const subject = { type: 'invoice' as const, id: invoice.id, name: invoice.number ?? '' };
  const amount = { amount: invoice.total, currency: invoice.currency };
  return [{ accountId: payer.id, kind: 'auto-pay', subject, on: today, amount }];
}

/** Sends one mail for all reminders of one kind. */
async function remindGroup(
  dependencies: RenewDependencies,
  account: Account,
  group: readonly Planning[],
  renewables: Map<string, DueRenewable>,
  { settings, today, now }: JobTime,
): Promise<void> {
  const copies = new Map(renewables);
  const actions = group.map(({ renewable, step }) => {
    const { id, nextDueOn } = renewable.renewing;
    const reminded = reminderMark(nextDueOn!, step.kind === 'reminder' ? step.days : 0);
    return updateItem(copies, id, { reminded }, settings.invoiceDaysBefore);
  });
  const outbox = mailsFor(dependencies, account, group, today);
  await commit(dependencies, portalContext(now), { actions, activity: [], outbox });
  for (const [id, renewable] of copies) renewables.set(id, renewable);
}

/** The recipients for domains may differ from those for services. */
function mailsFor(
  { portalUrl }: RenewDependencies,
  account: Account,
  group: readonly Planning[],
  today: Day,
): MailTask[] {
  const kinds = [
    { of: 'domain', list: 'domain' },
    { of: 'service', list: 'product' },
  ] as const;
  return kinds.flatMap(({ of, list }): MailTask[] => {
    const own = group
      .filter(({ renewable }) => renewable.renewing.kind === of)
      .map(({ renewable }) => renewable.renewing);
    if (own.length === 0) return [];
    const days = daysBetween(today, own[0]!.nextDueOn!);
    const items = own.map((item) => {
      const how = item.autoRenew ? 'renews by itself once its invoice is paid' : 'does not renew by itself';
      return `${item.name}, due on ${item.nextDueOn}: ${how}`;
    });
    const mail = billingMail('renewal-reminder', account, { when: whenText(days), items, portalUrl });
    return [{ ...mail, mailKind: list, audience: { kind: 'list', list } }];
  });
}

function whenText(days: number): string {
  if (days === 0) return 'today';
  const count = Math.abs(days) === 1 ? 'a day' : `${Math.abs(days)} days`;
  return days > 0 ? `in ${count}` : `${count} ago`;
}

/** Items with no step to do, such as one without a price, are processed again tomorrow. */
async function rescheduleUnfinished(
  dependencies: RenewDependencies,
  renewables: readonly DueRenewable[],
  steps: readonly Planning[],
  { settings, today, now }: JobTime,
): Promise<void> {
  const withSteps = new Set(steps.map(({ renewable }) => renewable.renewing.id));
  const tomorrow = addDays(today, 1);
  const unfinished = renewables.filter(({ renewing }) => {
    const next = actOn(renewing, settings.invoiceDaysBefore);
    return !withSteps.has(renewing.id) || (next !== null && next <= today);
  });
  const byId = new Map(unfinished.map((renewable) => [renewable.renewing.id, renewable]));
  const actions = unfinished.map(({ renewing }) =>
    updateItem(byId, renewing.id, {}, settings.invoiceDaysBefore, tomorrow),
  );
  for (let start = 0; start < actions.length; start += maxRowsPerCommit) {
    const part = actions.slice(start, start + maxRowsPerCommit);
    await commit(dependencies, portalContext(now), { actions: part, activity: [], outbox: [] });
  }
}
