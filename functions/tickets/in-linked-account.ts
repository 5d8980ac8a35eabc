import { decideInLinkedAccount } from '../../shared/access/decide.ts';
import { invalid } from '../../shared/core/problem.ts';
import { refusal } from '../../shared/http/refusal.ts';
import { type RequestContext, requestContext } from '../../shared/http/request.ts';
import type { LinkedAccountDependencies } from '../../shared/accounts/linked.ts';
import { linkOf } from '../../shared/accounts/people.ts';

/**
 * The request's context in a linked account of the account in its path, with the main account's authority.
 * @throws Problem if the account is not linked to it, or the caller may not act there
 */
export async function contextInLinkedAccount(
  { people, settings }: LinkedAccountDependencies,
  context: RequestContext,
  linkedAccountId: string,
): Promise<RequestContext> {
  const { caller, now, accountId } = context;
  const [linked, main] = await people.accounts([linkedAccountId, accountId]);
  const link = linked && linkOf(linked, await settings());
  if (!linked || link?.mainAccountId !== accountId) {
    throw invalid([
      { path: 'linkedAccountId', code: 'not-found', message: 'is not linked beneath this account' },
    ]);
  }
  const decision = decideInLinkedAccount(caller, link, 'tickets', now);
  if (!decision.allowed) throw refusal(decision, context, linked, main);
  return requestContext({ ...context, accountId: linkedAccountId, authority: decision.authority });
}
