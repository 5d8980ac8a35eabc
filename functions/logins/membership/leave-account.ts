import { conflict, notFound } from '../../../shared/core/problem.ts';
import type { RequestContext } from '../../../shared/http/request.ts';
import { contactActivity } from '../../../shared/accounts/contact.ts';
import { endedAccess } from '../../../shared/accounts/end-access.ts';
import { commit } from '../../../shared/write/commit.ts';
import { ownLogin } from '../end-sessions.ts';
import type { OwnLoginDependencies } from '../login-dependencies.ts';

/**
 * Ends the caller's own membership, or declines one that waits. The contact stays with the account.
 * @throws Problem where there is none, or the caller is the account's owner
 */
export async function leaveAccount(
  dependencies: OwnLoginDependencies,
  context: RequestContext,
  accountId: string,
): Promise<void> {
  const { caller, now } = context;
  const login = await ownLogin(dependencies, context);
  const membership = await dependencies.people.membership(caller.userId, accountId);
  if (!membership || (membership.invitation !== null && !login.proven)) throw notFound();
  if (membership.role === 'owner') {
    throw conflict('An owner cannot leave. Ask the provider to make somebody else the owner.');
  }
  const contact = await dependencies.people.contact(accountId, membership.contactId!);
  if (!contact?.subAccount) throw notFound();
  const after = { ...contact, subAccount: { ...contact.subAccount, ended: true } };
  const ending = await endedAccess(dependencies, contact, after, now);
  const activity = [contactActivity('sub-account.left', contact, ending.contact, { access: true })];
  await ending.complete(() =>
    commit(dependencies, context, { actions: ending.actions, activity, outbox: ending.outbox }),
  );
}
