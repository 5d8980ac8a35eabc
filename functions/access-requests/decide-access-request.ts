import { type Permission, permissionKeys, labelOf, labelPhrase } from '../../shared/access/permissions.ts';
import { isExpired } from '../../shared/access/caller.ts';
import { toInstant } from '../../shared/core/clock.ts';
import { newVersion } from '../../shared/core/ids.ts';
import { conflict, notFound, Problem } from '../../shared/core/problem.ts';
import { accessByStaff } from '../../shared/mail/access-notice.ts';
import type { MailTask } from '../../shared/mail/mail-task.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { notificationRow } from '../../shared/notifications/notification.ts';
import { type Account, type Contact, heldPermissions, isInvited } from '../../shared/accounts/people.ts';
import { changedMemberRow, contactRows } from '../../shared/accounts/people-store.ts';
import { commit } from '../../shared/write/commit.ts';
import { contactActivity, requireDelegation } from '../../shared/accounts/contact.ts';
import { type AccessRequest, decisionRows } from './access-request-store.ts';
import type { AccessRequestDependencies } from './ask-for-access.ts';

/**
 * Approves or rejects a request, once. Approving adds the requested permissions to those the person holds, within the
 * limits of delegation of the caller.
 */
export async function decideAccessRequest(
  dependencies: AccessRequestDependencies,
  context: RequestContext,
  requestId: string,
  status: 'approved' | 'rejected',
): Promise<Reply> {
  const { accountId, now, actor } = context;
  const request = await dependencies.requests.get(accountId, requestId);
  if (!request) throw notFound();
  if (request.status !== 'open') {
    throw new Problem('already-decided', `This request was ${request.status} already.`);
  }
  const account = await dependencies.people.account(accountId);
  if (!account) throw notFound();
  const contact = await dependencies.people.contact(accountId, request.contactId);
  const decided = { ...request, status, decidedBy: actor, decidedAt: toInstant(now) };
  const approval = status === 'approved' ? approve(context, contact, request.permissions) : noChanges;
  if (status === 'rejected' && contact) refuseOwnRequest(context, contact);
  await commit(dependencies, context, {
    actions: [...decisionRows(decided), ...approval.actions, decisionNotification(decided, now)],
    activity: [...approval.activity, decisionActivity(decided, contact)],
    outbox: [...approval.outbox, ...(contact ? [decisionMail(dependencies, account, contact, decided)] : [])],
    answer: { body: decided },
  });
  return { body: decided };
}

const noChanges = { actions: [], activity: [], outbox: [] };

function approve(context: RequestContext, contact: Contact | undefined, requested: Permission[]) {
  const { now } = context;
  const subAccount = contact?.subAccount;
  if (!contact || !subAccount || subAccount.ended) {
    throw conflict('This person has no login in this account any more.');
  }
  if (isInvited(contact)) throw conflict('This person has not accepted the access to this account yet.');
  const current = heldPermissions(contact, now);
  if (isExpired(subAccount.expiresAtSeconds, now)) {
    throw conflict('This person’s access has expired. Give it a new end first.');
  }
  const permissions = [
    ...permissionKeys.filter((key) => current.includes(key) || requested.includes(key)),
    // Those of a newer release stay.
    ...current.filter((key) => !permissionKeys.includes(key)),
  ];
  const { expiresAtSeconds } = subAccount;
  const change = { wants: permissions, wantsUntilSeconds: expiresAtSeconds, changesAccess: true };
  requireDelegation(context.authority, contact, change, now);
  const after: Contact = { ...contact, subAccount: { ...subAccount, permissions }, version: newVersion() };
  const { accountId, id: contactId } = contact;
  const membership = { accountId, role: 'sub-account' as const, contactId, permissions, expiresAtSeconds };
  return {
    actions: [...contactRows(contact, after), changedMemberRow(subAccount.userId, membership)],
    activity: [contactActivity('sub-account.changed', contact, after, { access: true })],
    outbox: accessByStaff(context, contact, after),
  };
}

/** Nobody decides on their own request, not even to reject it: others are to see it. */
function refuseOwnRequest({ authority, now }: RequestContext, contact: Contact): void {
  const own = authority.kind === 'member' && authority.grant.contactId === contact.id;
  if (own) requireDelegation(authority, contact, { ...noChange, wants: heldPermissions(contact, now) }, now);
}

const noChange = { wantsUntilSeconds: null, changesAccess: true };

function decisionActivity(request: AccessRequest, contact: Contact | undefined) {
  const { accountId, status, permissions, contactId, requestedBy } = request;
  return {
    accountId,
    action: `access-request.${status}`,
    subject: { kind: 'contact', id: contactId, name: contact?.name ?? requestedBy.name },
    before: { status: 'open', permissions },
    after: { status, permissions },
  };
}

/** Notifies the requester in the portal too. */
function decisionNotification(
  { accountId, userId, status, permissions, contactId, requestedBy }: AccessRequest,
  now: Date,
) {
  return notificationRow(
    {
      accountId,
      kind: 'access-decided',
      to: { userId },
      text: `Your request for ${permissions.map(labelOf).join(', ')} was ${status}`,
      subject: { kind: 'contact', id: contactId, name: requestedBy.name },
      href: `/v1/accounts/${accountId}`,
    },
    now,
  );
}

function decisionMail(
  { portalUrl }: AccessRequestDependencies,
  account: Account,
  contact: Contact,
  request: AccessRequest & { status: 'approved' | 'rejected' },
): MailTask {
  const { email, name, id: contactId } = contact;
  return {
    kind: 'mail',
    template: 'access-decided',
    accountId: account.id,
    mailKind: 'general',
    audience: { kind: 'person', email, name, contactId },
    data: {
      name,
      accountName: account.name,
      decidedBy: request.decidedBy?.name ?? '',
      decision: request.status,
      permissions: request.permissions.map(labelOf),
      portalUrl,
    },
    words: {
      decision: { key: `decision.${request.status}` },
      permissions: request.permissions.map(labelPhrase),
    },
    thread: null,
    inReplyTo: null,
  };
}
