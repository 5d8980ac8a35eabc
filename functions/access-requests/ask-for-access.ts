import type * as z from 'zod';
import { includes, labelOf, labelPhrase } from '../../shared/access/permissions.ts';
import { toInstant } from '../../shared/core/clock.ts';
import { newId } from '../../shared/core/ids.ts';
import { conflict, notFound } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { notificationRow } from '../../shared/notifications/notification.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import { commit, type WriteDependencies } from '../../shared/write/commit.ts';
import { type AccessRequest, type AccessRequestStore, newRequestRows } from './access-request-store.ts';
import type { askForAccess as schema } from './schemas.ts';

export interface AccessRequestDependencies extends WriteDependencies {
  people: PeopleStore;
  requests: AccessRequestStore;
  portalUrl: string;
}

/** Requests permissions that the caller lacks; the owner and everybody with `contacts` are notified by mail. */
export async function askForAccess(
  dependencies: AccessRequestDependencies,
  context: RequestContext,
  input: z.output<typeof schema>,
): Promise<Reply> {
  const { authority, caller, accountId, now, actor } = context;
  if (authority.kind !== 'member' || authority.grant.contactId === null) {
    throw conflict('You hold every permission in this account already.');
  }
  const { grant } = authority;
  const permissions = input.permissions.filter((key) => !includes(grant.permissions, key));
  if (permissions.length === 0) throw conflict('You hold what you are asking for already.');
  if (await dependencies.requests.isFull(accountId, caller.userId)) {
    throw conflict('Too many of your requests are open. Wait until they are decided.');
  }
  const account = await dependencies.people.account(accountId);
  if (!account) throw notFound();
  const request: AccessRequest = {
    id: newId('accessRequest', now),
    accountId,
    status: 'open',
    permissions,
    message: input.message,
    requestedBy: actor,
    userId: caller.userId,
    contactId: authority.grant.contactId,
    decidedBy: null,
    createdAt: toInstant(now),
    decidedAt: null,
  };
  await commit(dependencies, context, {
    actions: [...newRequestRows(request), requestNotification(request, now)],
    activity: [
      {
        accountId,
        action: 'access-request.opened',
        subject: { kind: 'contact', id: request.contactId, name: caller.name },
        before: null,
        after: { permissions },
      },
    ],
    outbox: [
      {
        kind: 'mail',
        template: 'access-requested',
        accountId,
        mailKind: 'general',
        audience: { kind: 'list', list: 'managers' },
        data: {
          accountName: account.name,
          requestedBy: caller.name,
          permissions: permissions.map(labelOf),
          message: request.message,
          portalUrl: dependencies.portalUrl,
        },
        words: { permissions: permissions.map(labelPhrase) },
        thread: null,
        inReplyTo: null,
      },
    ],
    answer: { body: request },
  });
  return { body: request };
}

/** Notifies those who may decide in the portal too. */
function requestNotification({ accountId, requestedBy, permissions, contactId }: AccessRequest, now: Date) {
  return notificationRow(
    {
      accountId,
      kind: 'access-requested',
      to: { permissions: ['contacts'] },
      text: `${requestedBy.name} asks for ${permissions.map(labelOf).join(', ')}`,
      subject: { kind: 'contact', id: contactId, name: requestedBy.name },
      href: `/v1/accounts/${accountId}/access-requests`,
    },
    now,
  );
}
