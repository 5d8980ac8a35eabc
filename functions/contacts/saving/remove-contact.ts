import { contactActivity, requireDelegation } from '../../../shared/accounts/contact.ts';
import { endedAccess } from '../../../shared/accounts/end-access.ts';
import type { RequestContext } from '../../../shared/http/request.ts';
import { accessByStaff } from '../../../shared/mail/access-notice.ts';
import { commit } from '../../../shared/write/commit.ts';
import type { Reply } from '../../../shared/write/idempotency.ts';
import { type ContactDependencies, loadContact } from '../contact-dependencies.ts';
import { currentAccess } from './plan-contact.ts';

/** Removes a contact together with its access to the account. */
export async function removeContact(
  dependencies: ContactDependencies,
  context: RequestContext,
  contactId: string,
): Promise<Reply> {
  const before = await loadContact(dependencies, context, contactId);
  const noAccess = { wants: [], wantsUntilSeconds: null, changesAccess: true };
  requireDelegation(context.authority, before, noAccess, context.now);
  const activity = [contactActivity('contact.removed', before, null, { access: false })];
  const told = currentAccess(before) ? accessByStaff(context, before, null) : [];
  if (currentAccess(before)) {
    activity.push(contactActivity('sub-account.deactivated', before, null, { access: true }));
  }
  const ending = await endedAccess(dependencies, before, null, context.now);
  await ending.complete(() =>
    commit(dependencies, context, { actions: ending.actions, activity, outbox: [...ending.outbox, ...told] }),
  );
  return {};
}
