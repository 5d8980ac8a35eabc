import { notFound } from '../../shared/core/problem.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import { addDomain, changeDomain, type DomainDependencies, domainView } from './save-domain.ts';
import { listDomains, listRenewals } from './list-domains.ts';
import * as routes from './routes.ts';

export function domainsApi(dependencies: DomainDependencies & { people: PeopleStore }): BoundRoute[] {
  const { domains, prices, today } = dependencies;
  return [
    on(routes.listDomains, ({ context, query, listScope }) =>
      listDomains(dependencies, context, query, listScope),
    ),
    on(routes.postDomain, ({ context, body }) => addDomain(dependencies, context, body)),
    on(routes.getDomain, async ({ context, params }) => {
      const domain = await domains.get(context.accountId, params['domainId']!);
      if (!domain) throw notFound();
      return { body: await domainView(prices, domain, await today(context.now)), version: domain.version };
    }),
    on(routes.patchDomain, ({ context, params, body }) =>
      changeDomain(dependencies, context, params['domainId']!, body),
    ),
    on(routes.listDomainRenewals, ({ context, query, listScope }) =>
      listRenewals(dependencies, context, query, listScope),
    ),
  ];
}
