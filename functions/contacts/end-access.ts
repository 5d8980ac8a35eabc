import { notFound } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { endedAccess } from '../../shared/accounts/end-access.ts';
import type { Contact } from '../../shared/accounts/people.ts';
import type { Activity } from '../../shared/write/activity.ts';
import { commit } from '../../shared/write/commit.ts';
import { type ContactDependencies, loadContact } from './change-contact.ts';
import { contactActivity, requireDelegation } from '../../shared/accounts/contact.ts';

/** Ends the person's access to this account at once; the contact stays. Ending the last one disables the login. */
export async function endAccess(
  dependencies: ContactDependencies,
  context: RequestContext,
  contactId: string,
): Promise<Reply> {
  const before = await loadContact(dependencies, context, contactId);
  const { subAccount } = before;
  if (!subAccount || subAccount.ended) throw notFound();
  requireDelegation(context.authority, before, noAccess, context.now);
  const after: Contact = { ...before, subAccount: { ...subAccount, ended: true } };
  const activity = [contactActivity('sub-account.deactivated', before, after, { access: true })];
  await writeEnd(dependencies, context, before, after, activity);
  return {};
}

/** Removes a contact together with its access to the account. */
export async function removeContact(
  dependencies: ContactDependencies,
  context: RequestContext,
  contactId: string,
): Promise<Reply> {
  const before = await loadContact(dependencies, context, contactId);
  requireDelegation(context.authority, before, noAccess, context.now);
  const activity = [contactActivity('contact.removed', before, null, { access: false })];
  const active = before.subAccount && !before.subAccount.ended;
  if (active) activity.push(contactActivity('sub-account.deactivated', before, null, { access: true }));
  await writeEnd(dependencies, context, before, null, activity);
  return {};
}

const noAccess = { wants: [], wantsUntilSeconds: null, changesAccess: true };

async function writeEnd(
  dependencies: ContactDependencies,
  context: RequestContext,
  before: Contact,
  after: Contact | null,
  activity: Activity[],
): Promise<void> {
  const ending = await endedAccess(dependencies, before, after, context.now);
  await ending.complete(() =>
    commit(dependencies, context, { actions: ending.actions, activity, outbox: ending.outbox }),
  );
}
