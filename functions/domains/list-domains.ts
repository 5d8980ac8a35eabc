import { notFound } from '../../shared/core/problem.ts';
import { pageOf } from '../../shared/http/page.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import { type Domain, tldOf } from '../../shared/domains/domain.ts';
import { renewalOf } from '../../shared/domains/domain-price.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { type DomainDependencies, domainView } from './save-domain.ts';

interface ListQuery {
  limit: number;
  cursor?: string | undefined;
}

/** The account's domains with their status today, filtered by status if the query names any. */
export async function listDomains(
  { domains, prices, today }: DomainDependencies,
  { accountId, now }: RequestContext,
  query: ListQuery & { status?: string | undefined },
  listScope: string,
): Promise<Reply> {
  const day = await today(now);
  const statuses = query.status?.split(',');
  const page = await pageOf(query, listScope, (part) => domains.list(accountId, part));
  const pricesByTld = await prices.ofTlds(tldsOf(page.items));
  const views = await Promise.all(page.items.map((domain) => domainView(prices, domain, day, pricesByTld)));
  const items = views.filter(({ status }) => statuses === undefined || statuses.includes(status));
  return { body: { ...page, items } };
}

/** The domains that can be renewed now or soon, with prices. */
export async function listRenewals(
  { domains, prices, today, people }: DomainDependencies & { people: PeopleStore },
  { accountId, now }: RequestContext,
  query: ListQuery,
  listScope: string,
): Promise<Reply> {
  const [account, day] = [await people.account(accountId), await today(now)];
  if (!account) throw notFound();
  const page = await pageOf(query, listScope, (part) => domains.list(accountId, part));
  const pricesByTld = await prices.ofTlds(tldsOf(page.items));
  const items = page.items.flatMap((domain) => {
    const renewal = renewalOf(domain, pricesByTld.get(tldOf(domain.name)) ?? [], account.currency, day);
    if (!['active', 'expired', 'redemption'].includes(renewal.status)) return [];
    const { id: domainId, name, expiresOn, nextDueOn } = domain;
    return [{ domainId, name, expiresOn, nextDueOn, ...renewal }];
  });
  return { body: { ...page, items } };
}

const tldsOf = (domains: readonly Domain[]): string[] => domains.map(({ name }) => tldOf(name));
