import { decideInLinkedAccount, permissionsOf } from '../access/decide.ts';
import { mayOrderItself } from '../access/link.ts';
import { openAreas } from '../access/permissions.ts';
import { conflict, invalid } from '../core/problem.ts';
import { providerRefusal, refusal } from '../http/refusal.ts';
import type { RequestContext } from '../http/request.ts';
import { type Account, linkOf } from '../accounts/people.ts';
import type { Settings } from '../settings/settings.ts';

/**
 * Checks that the caller may order in an account for an account: itself, or one aggregated under it. The permission
 * `orders` in the account of the path was checked before.
 * @throws Problem that explains why not
 */
export function requireMayOrder(
  context: RequestContext,
  account: Account,
  forAccount: Account | undefined,
  settings: Settings,
): void {
  if (forAccount?.id === account.id) requireOwnOrder(context, account, settings);
  else requireLinkedOrder(context, account, forAccount, settings);
  requireOrderable(account);
  if (forAccount) requireOrderable(forAccount);
}

/** @throws Problem where the account is blocked or inactive */
export function requireOrderable({ name, status }: Account): void {
  if (status !== 'blocked' && status !== 'inactive') return;
  throw conflict(`${name} is ${status}: nothing can be ordered for it.`);
}

/** Members of an aggregated account may order only if the settings allow it; its payer always may. */
function requireOwnOrder(
  { authority, providerName }: RequestContext,
  account: Account,
  settings: Settings,
): void {
  if (authority.kind !== 'member' || mayOrderItself(account.linkKind ?? null, settings)) return;
  throw providerRefusal(
    providerName,
    'setting',
    `${account.name} is billed to its main account, and the provider’s settings leave ordering to that one.`,
    {
      title: "You don't have access to ordering",
      areas: openAreas(account.id, permissionsOf(authority)),
    },
  );
}

function requireLinkedOrder(
  context: RequestContext,
  account: Account,
  forAccount: Account | undefined,
  settings: Settings,
): void {
  const { authority, caller, now } = context;
  const link = forAccount && linkOf(forAccount, settings);
  if (!forAccount || link?.mainAccountId !== account.id) {
    throw invalid([
      { path: 'forAccountId', code: 'not-found', message: 'is not this account, nor one linked beneath it' },
    ]);
  }
  if (authority.kind === 'staff' && link.kind !== 'aggregated') {
    throw invalid([
      { path: 'forAccountId', code: 'not-allowed', message: 'pays for itself: order in that account' },
    ]);
  }
  const decision = decideInLinkedAccount(caller, link, 'orders', now);
  if (!decision.allowed) throw refusal(decision, context, forAccount, account);
}
