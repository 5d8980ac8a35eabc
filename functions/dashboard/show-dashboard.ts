import { permissionsOf } from '../../shared/access/decide.ts';
import { includes } from '../../shared/access/permissions.ts';
import type { Table } from '../../shared/table/table.ts';
import type { Day } from '../../shared/core/day.ts';
import { notFound } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { allLinkedAccounts } from '../../shared/accounts/linked.ts';
import type { Account } from '../../shared/accounts/people.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import { readSummaries, type ServiceSums, sumsOn } from '../../shared/services/service-summary.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { statusOf } from '../../shared/services/list-linked.ts';
import {
  countUnread,
  type ShowNotificationsDependencies,
} from '../../shared/notifications/show-notifications.ts';
import { type AreaDependencies, type SharedReads, readAreas } from './areas.ts';

export interface DashboardDependencies extends AreaDependencies, ShowNotificationsDependencies {
  table: Table;
  people: PeopleStore;
  /** The provider's day at this instant. */
  today(now: Date): Promise<Day>;
}

/** The number of linked accounts shown. */
const mostLinkedListed = 5;

/**
 * An account at a glance, limited to what the caller may see. All reads run in parallel; each waits only for the reads
 * that it needs.
 */
export async function showDashboard(
  dependencies: DashboardDependencies,
  context: RequestContext,
): Promise<Reply> {
  const { people, today } = dependencies;
  const { accountId, now } = context;
  const day = today(now);
  const reads: SharedReads = {
    context,
    account: readAccount(people, accountId),
    today: day,
    sums: readSums(dependencies, accountId, day),
  };
  const [account, sums, areas, linkedAccounts, unreadNotifications] = await Promise.all([
    reads.account,
    reads.sums,
    readAreas(dependencies, reads),
    lastLinked(dependencies, reads),
    countUnread(dependencies, context),
  ]);
  const card = { id: account.id, name: account.name, status: statusOf(account, sums) };
  return { body: { account: card, areas, linkedAccounts, unreadNotifications } };
}

async function readAccount(people: PeopleStore, accountId: string): Promise<Account> {
  const account = await people.account(accountId);
  if (!account) throw notFound();
  return account;
}

async function readSums(
  { table }: DashboardDependencies,
  accountId: string,
  today: Promise<Day>,
): Promise<ServiceSums> {
  const [[summary], day] = await Promise.all([readSummaries(table, [accountId]), today]);
  return sumsOn(summary!, day);
}

/** The accounts linked last; only for staff and people of this account who may see them. */
async function lastLinked({ table, people }: DashboardDependencies, { context, today }: SharedReads) {
  const { accountId, authority } = context;
  if (authority.kind === 'main-account' || !includes(permissionsOf(authority), 'linked-accounts')) return [];
  const [linked, day] = await Promise.all([allLinkedAccounts(people, accountId), today]);
  const listed = linked
    .toSorted((a, b) => Date.parse(b.linkedAt!) - Date.parse(a.linkedAt!))
    .slice(0, mostLinkedListed);
  const summaries = await readSummaries(
    table,
    listed.map(({ id }) => id),
  );
  return listed.map((account, index) => {
    const { id, name, linkKind: kind, linkedAt } = account;
    const status = statusOf(account, sumsOn(summaries[index]!, day));
    return { id, name, status, kind, linkedAt, href: `/v1/accounts/${id}` };
  });
}
