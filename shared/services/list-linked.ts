import type { Position, Table } from '../table/table.ts';
import type { Day } from '../core/day.ts';
import type { PageRequest, StoredPage } from '../table/page.ts';
import type { Account, AccountStatus } from '../accounts/people.ts';
import { linkedPosition, mostLinked, type PeopleStore } from '../accounts/people-store.ts';
import { readSummaries, type ServiceSums, sumsOn } from './service-summary.ts';

export interface ListLinkedDependencies {
  table: Table;
  people: PeopleStore;
  /** The provider's day at this instant. */
  today(now: Date): Promise<Day>;
}

/** A page of the accounts linked to a main account, in two reads however many there are. */
export async function listLinked(
  { table, people, today }: ListLinkedDependencies,
  mainAccountId: string,
  status: AccountStatus | undefined,
  page: PageRequest,
  now: Date,
): Promise<StoredPage<object>> {
  // A status may depend on services, so it cannot be an index key.
  const limit = status === undefined ? page.limit : mostLinked;
  const [linked, day] = await Promise.all([people.linkedTo(mainAccountId, { ...page, limit }), today(now)]);
  const summaries = await readSummaries(
    table,
    linked.items.map(({ id }) => id),
  );
  const matching = linked.items
    .map((account, index) => ({ account, sums: sumsOn(summaries[index]!, day) }))
    .filter(({ account, sums }) => status === undefined || statusOf(account, sums) === status);
  const listed = matching.slice(0, page.limit);
  const more = matching.length > listed.length;
  const next: Position | null = more ? linkedPosition(listed.at(-1)!.account) : linked.next;
  return { items: listed.map(({ account, sums }) => linkedView(account, sums)), next };
}

/** A new account becomes active with its first active service. */
export function statusOf({ status = 'active' }: Account, { active }: ServiceSums): AccountStatus {
  return status === 'new' && active > 0 ? 'active' : status;
}

function linkedView(account: Account, sums: ServiceSums) {
  const { id, name, address, currency, linkKind: kind, linkedAt, billingMode = 'recurring' } = account;
  return {
    id,
    name,
    kind,
    status: statusOf(account, sums),
    address,
    activeServices: sums.active,
    billingMode,
    totalServiceCost: { amount: sums.monthlyCost, currency },
    linkedAt,
    accountId: id,
    accountName: name,
    href: `/v1/accounts/${id}`,
  };
}
