import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import { linkAccount, unlinkAccount } from './link-account.ts';
import type { LinkDependencies } from './link-effects.ts';
import { listLinked, type ListLinkedDependencies } from '../../shared/services/list-linked.ts';
import * as routes from './routes.ts';

export function linkedAccountsApi(dependencies: LinkDependencies & ListLinkedDependencies): BoundRoute[] {
  return [
    on(routes.listLinkedAccounts, async ({ context, query, listScope }) => ({
      body: await pageOf(query, listScope, (page) =>
        listLinked(dependencies, context.accountId, query.status, page, context.now),
      ),
    })),
    on(routes.putMainAccount, ({ context, params, query, body }) =>
      linkAccount(dependencies, context, params['accountId']!, body, query.dryRun === 'true'),
    ),
    on(routes.deleteMainAccount, ({ context, params, query }) =>
      unlinkAccount(dependencies, context, params['accountId']!, query.dryRun === 'true'),
    ),
  ];
}
