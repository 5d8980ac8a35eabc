import { permissions, permissionSets } from '../../shared/access/permissions.ts';
import { notFound } from '../../shared/core/problem.ts';
import { pageOf } from '../../shared/http/page.ts';
import type { LinkedAccountDependencies } from '../../shared/accounts/linked.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import { changeProfile, changeAccountStatus } from './change-profile.ts';
import { createAccount, type CreateAccountDependencies } from './create-account.ts';
import { askForOwner, withdrawOwner } from './staff/change-owner.ts';
import { closeAccount } from './staff/close-account.ts';
import { findAccounts } from './staff/find-accounts.ts';
import { type ShowAccountDependencies, showAccount, staffViews } from './staff/show-account.ts';
import * as routes from './routes.ts';
import { showCard } from './show-card.ts';
import { showMe } from './show-me.ts';

export function accountsApi(
  dependencies: CreateAccountDependencies & LinkedAccountDependencies & ShowAccountDependencies,
): BoundRoute[] {
  const { people } = dependencies;
  return [
    on(routes.getMe, ({ context }) => showMe(dependencies, context)),
    on(routes.getPermissions, async () => ({ body: { permissions, sets: permissionSets } })),
    on(routes.getAccount, async ({ context }) => {
      const account = await people.account(context.accountId);
      if (!account) throw notFound();
      return { body: await showCard(dependencies, context, account), version: account.version };
    }),
    on(routes.patchAccount, ({ context, body }) => changeProfile(dependencies, context, body)),
    on(routes.listStaffAccounts, async ({ query, listScope }) => {
      const page = await pageOf(query, listScope, (part) => findAccounts(dependencies, query.q, part));
      return { body: { ...page, items: await staffViews(dependencies, page.items) } };
    }),
    on(routes.getStaffAccount, ({ params }) => showAccount(dependencies, params['accountId']!)),
    on(routes.postStaffAccount, ({ context, body }) => createAccount(dependencies, context, body)),
    on(routes.closeStaffAccount, ({ context, params, body }) =>
      closeAccount(dependencies, context, params['accountId']!, body.reason),
    ),
    on(routes.putStaffOwner, ({ context, params, body }) =>
      askForOwner(dependencies, context, params['accountId']!, body),
    ),
    on(routes.deleteStaffOwner, ({ context, params }) =>
      withdrawOwner(dependencies, context, params['accountId']!),
    ),
    on(routes.patchStaffAccount, ({ context, params, body }) =>
      changeAccountStatus(dependencies, context, params['accountId']!, body),
    ),
  ];
}
