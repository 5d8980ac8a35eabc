import { readCredit } from '../invoices/ledger/credit.ts';
import { lineTaxes } from '../invoices/tax/line-taxes.ts';
import { invoiceMail } from '../invoices/invoice-mail.ts';
import { noticeFor } from '../invoices/invoice-notice.ts';
import { invoiceChanged, type InvoiceStore, noticeShards } from '../invoices/invoice-store.ts';
import type { Position } from '../table/table.ts';
import { addDays, type Day, dayIn } from '../core/day.ts';
import { accountsDue, dueShards } from '../schedule/due-index.ts';
import { commit, portalContext, StaleRead, retryWhileStale } from '../write/commit.ts';
import { type Planned, plannedAutoPay, plannedNotice, plannedSteps, plannedView } from './plan-renewals.ts';
import { billingGroupOf } from './billing-group.ts';
import {
  type JobTime,
  readRenewables,
  invoiceBillingGroup,
  type RenewDependencies,
} from './invoice-billing-group.ts';

/** A part of the job's work: one shard of accounts or of invoices, from a position on. */
export interface JobPart {
  time: string;
  of: 'accounts' | 'notices';
  shard: number;
  after: Position | null;
}

export interface JobDependencies extends RenewDependencies {
  invoices: InvoiceStore;
  settings(): Promise<JobTime['settings']>;
  /** Runs a part in an invocation of its own. */
  handOn(part: JobPart): Promise<void>;
}

/** What planning reads; it writes nothing. */
export type PlanDependencies = Pick<
  JobDependencies,
  'table' | 'people' | 'domains' | 'services' | 'prices' | 'invoices' | 'settings'
>;

const pageSize = 50;
/** Pages of accounts or invoices in one invocation: well within a function's time. */
const pagesPerRun = 4;
const yearMs = 366 * 24 * 60 * 60 * 1000;

export interface JobDone {
  time: string;
  items: Planned[];
  handedOn: number;
}

/**
 * The time that an event names, or now.
 * @throws Error where it is invalid, or a year or more away: a mistake that would invoice a year at once
 */
export function jobTime(event: { time?: unknown }, now: Date): Date {
  if (event.time === undefined) return now;
  const isText = typeof event.time === 'string' && /^\d{4}-\d\d-\d\dT/.test(event.time);
  const time = new Date(isText ? (event.time as string) : Number.NaN);
  // `Date` reads the thirtieth of February as a day in March.
  const day = isText ? (event.time as string).slice(0, 10) : '';
  const isDay = !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day);
  if (!isDay || Number.isNaN(time.getTime()))
    throw new Error('time must be an instant such as 2026-01-31T06:00:00Z');
  if (Math.abs(time.getTime() - now.getTime()) >= yearMs) throw new Error('time is over a year away');
  return time;
}

/** Runs the whole job for a time: every shard of what is due. Parts too long for one run are handed on. */
export async function runRenewals(dependencies: JobDependencies, now: Date): Promise<JobDone> {
  const time = now.toISOString();
  const items: Planned[] = [];
  let handedOn = 0;
  for (const part of allParts(time)) {
    const done = await runPart(dependencies, part);
    items.push(...done.items);
    handedOn += done.handedOn;
  }
  return { time, items, handedOn };
}

function allParts(time: string): JobPart[] {
  const parts = (of: JobPart['of'], shards: number) =>
    Array.from({ length: shards }, (_, shard): JobPart => ({ time, of, shard, after: null }));
  return [...parts('accounts', dueShards), ...parts('notices', noticeShards)];
}

/** Runs some pages of a part from its position; the rest is handed on. */
export async function runPart(dependencies: JobDependencies, part: JobPart): Promise<JobDone> {
  const now = new Date(part.time);
  const settings = await dependencies.settings();
  const at: JobTime = { settings, today: dayIn(settings.timeZone, now), now };
  const items: Planned[] = [];
  const processed = new Set<string>();
  let after = part.after ?? undefined;
  for (let pages = 0; pages < pagesPerRun; pages++) {
    const page = await (part.of === 'accounts' ? accountsPage : noticesPage)(
      dependencies,
      part.shard,
      at,
      after,
      processed,
    );
    items.push(...page.items);
    if (!page.next) return { time: part.time, items, handedOn: 0 };
    after = page.next;
  }
  await dependencies.handOn({ ...part, after: after ?? null });
  return { time: part.time, items, handedOn: 1 };
}

interface PartPage {
  items: Planned[];
  next: Position | null;
}

async function accountsPage(
  dependencies: JobDependencies,
  shard: number,
  at: JobTime,
  after: Position | undefined,
  processed: Set<string>,
): Promise<PartPage> {
  const due = await accountsDue(dependencies.table, shard, at.today, pageSize, after);
  const items: Planned[] = [];
  for (const accountId of due.accountIds) {
    try {
      items.push(...(await retryWhileStale(() => renewWith(dependencies, accountId, at, processed))));
    } catch (error) {
      // A failure for one billing group does not stop the others; its items are still due tomorrow.
      processed.add(accountId);
      dependencies.warn('An account could not be renewed', { accountId, error });
    }
  }
  return { items, next: due.next };
}

/** Processes the billing group of an account, once however many of its accounts are due. */
async function renewWith(
  dependencies: JobDependencies,
  accountId: string,
  at: JobTime,
  processed: Set<string>,
): Promise<Planned[]> {
  const group = processed.has(accountId) ? undefined : await billingGroupOf(dependencies.people, accountId);
  if (!group) return [];
  const done = await invoiceBillingGroup(dependencies, group, at);
  for (const { id } of group.members) processed.add(id);
  return done;
}

/** Sends reminders and overdue notices of invoices, after another attempt to pay them from credit. */
async function noticesPage(
  dependencies: JobDependencies,
  shard: number,
  at: JobTime,
  after: Position | undefined,
): Promise<PartPage> {
  const { invoices, people, payFromCredit, portalUrl } = dependencies;
  const { today, now } = at;
  const page = await invoices.withNotice(shard, today, { limit: pageSize, after });
  const items: Planned[] = [];
  for (const { accountId, id } of page.items) {
    const account = await people.account(accountId);
    if (!account) continue;
    await payFromCredit(account, id, now);
    const invoice = await invoices.get(accountId, id);
    const planned = invoice?.status === 'unpaid' ? plannedNotice(invoice, today) : null;
    if (!invoice || !planned) continue;
    const notice = noticeFor(invoice, today)!;
    const { action } = invoiceChanged(invoice, {}, today);
    const template = notice.kind === 'overdue' ? 'invoice-overdue' : 'invoice-reminder';
    const outbox = [invoiceMail(template, invoice, account, portalUrl)];
    const context = portalContext(now);
    try {
      await commit(dependencies, context, { actions: [action], activity: [], outbox });
      items.push(planned);
    } catch (error) {
      // It was paid, or another run sent the notice, a moment ago.
      if (!(error instanceof StaleRead)) throw error;
    }
  }
  return { items, next: page.next };
}

/** The limit of planned actions: more than anybody reads. */
const mostPlanned = 5000;

/**
 * What the job will do from today through a number of days, without writing anything: for the dry run and the preview.
 */
export async function planRenewals(
  dependencies: PlanDependencies,
  now: Date,
  days: number,
): Promise<Omit<JobDone, 'handedOn'>> {
  const settings = await dependencies.settings();
  const today = dayIn(settings.timeZone, now);
  const through = addDays(today, days);
  const planned: Planned[] = [];
  const processed = new Set<string>();
  for (let shard = 0; shard < dueShards && planned.length < mostPlanned; shard++) {
    planned.push(...(await planShard(dependencies, shard, { settings, today, through, processed })));
  }
  for (let shard = 0; shard < noticeShards && planned.length < mostPlanned; shard++) {
    planned.push(...(await planNotices(dependencies, shard, today)));
  }
  const items = planned.toSorted((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0));
  return { time: now.toISOString(), items };
}

interface PlanScope {
  settings: JobTime['settings'];
  today: Day;
  through: Day;
  /** Accounts already planned for. */
  processed: Set<string>;
}

async function planShard(
  dependencies: PlanDependencies,
  shard: number,
  { settings, today, through, processed }: PlanScope,
): Promise<Planned[]> {
  const planned: Planned[] = [];
  // An item due in between may have later steps: all its steps are planned from its dates.
  let after: Position | undefined;
  do {
    const page = await accountsDue(dependencies.table, shard, through, pageSize, after);
    for (const accountId of page.accountIds) {
      if (processed.has(accountId)) continue;
      processed.add(accountId);
      const group = await billingGroupOf(dependencies.people, accountId);
      if (!group) continue;
      const { payer, members } = group;
      for (const { id } of members) processed.add(id);
      const due = await Promise.all(
        members.map((account) => readRenewables(dependencies, account, through, today)),
      );
      const renewables = due.flat();
      const steps = plannedSteps(renewables, settings.invoiceDaysBefore, today, through);
      planned.push(...steps.map(plannedView));
      if (!payer.autoPayFromCredit) continue;
      const credit = await readCredit(dependencies.table, payer.id, payer.currency);
      const paid = plannedAutoPay(steps, credit, lineTaxes(payer, settings, today));
      planned.push(...paid.map((item) => ({ ...item, accountId: payer.id })));
    }
    after = page.next ?? undefined;
  } while (after && planned.length < mostPlanned);
  return planned;
}

async function planNotices({ invoices }: PlanDependencies, shard: number, today: Day): Promise<Planned[]> {
  const page = await invoices.withNotice(shard, today, { limit: 1000, after: undefined });
  return page.items.flatMap((invoice) => plannedNotice(invoice, today) ?? []);
}
