import { decide, type Decision } from '../../shared/access/decide.ts';
import { openAreas, type PermissionMask, toMask } from '../../shared/access/permissions.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { isAccountRoute, type Route } from '../../shared/http/route.ts';
import { type Account, type Contact, heldPermissions, mailKinds } from '../../shared/accounts/people.ts';

/** What this person can do, see and receive, computed by the same decision that every request goes through. */
export function effectiveAccess(
  contact: Contact,
  routes: readonly Route[],
  linkedAccounts: readonly { account: Account; permissions: PermissionMask }[],
  { accountId, now }: Pick<RequestContext, 'accountId' | 'now'>,
): Reply {
  const permissions = heldPermissions(contact, now);
  const mail = mailKinds.filter((kind) => contact.emailPreferences[kind]);
  const signsIn = contact.subAccount !== null && !contact.subAccount.ended;
  const openRoutes = routes.filter((route) => signsIn && allows(contact, permissions, route, accountId, now));
  return {
    body: {
      areas: openAreas(accountId, toMask(permissions)),
      linkedAccounts: linkedAccounts.map(({ account, permissions: mask }) => ({
        accountId: account.id,
        accountName: account.name,
        areas: openAreas(account.id, mask),
      })),
      routes: openRoutes.map(({ method, path }) => ({
        method,
        path: path.replace('{accountId}', accountId),
      })),
      mail,
    },
  };
}

function allows(
  contact: Contact,
  permissions: ReturnType<typeof heldPermissions>,
  route: Route,
  accountId: string,
  now: Date,
): boolean {
  if (route.permission === 'public') return true;
  const caller = {
    userId: contact.subAccount?.userId ?? '',
    name: contact.name,
    email: contact.email,
    staff: null,
    grants: [
      {
        accountId,
        role: 'sub-account' as const,
        contactId: contact.id,
        version: contact.version,
        permissions: toMask(permissions),
        expiresAtSeconds: contact.subAccount?.expiresAtSeconds ?? null,
      },
    ],
  };
  const inAccount = isAccountRoute(route) ? accountId : null;
  const decision: Decision = decide(caller, inAccount, route.permission, now);
  return decision.allowed;
}
