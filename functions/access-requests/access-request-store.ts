import type { Permission } from '../../shared/access/permissions.ts';
import { type Action, absent, equals, free, type Table } from '../../shared/table/table.ts';
import { type PageRequest, type StoredPage, stripped, strippedPage } from '../../shared/table/page.ts';
import type { Actor } from '../../shared/write/actor.ts';

export interface AccessRequest {
  id: string;
  accountId: string;
  status: 'open' | 'approved' | 'rejected';
  permissions: Permission[];
  message: string;
  /** The requester as a contact; `userId` and `contactId` identify the person. */
  requestedBy: Actor;
  userId: string;
  contactId: string;
  decidedBy: Actor | null;
  createdAt: string;
  decidedAt: string | null;
}

/** The most open requests of one person in an account, so that nobody floods the owner's mailbox. */
const mostOpenRequests = 20;

const prefix = 'ACCESS-REQUEST#';
const requestKey = (accountId: string, id: string) => ({ pk: `ACCOUNT#${accountId}`, sk: `${prefix}${id}` });
const countKey = (accountId: string, userId: string) => ({
  pk: `ACCOUNT#${accountId}`,
  sk: `ACCESS-REQUESTS-OPEN#${userId}`,
});

export function accessRequestStore(table: Table) {
  return {
    async get(accountId: string, id: string): Promise<AccessRequest | undefined> {
      return stripped(await table.get(requestKey(accountId, id)));
    },
    async list(accountId: string, page: PageRequest): Promise<StoredPage<AccessRequest>> {
      return strippedPage(
        await table.query({ pk: `ACCOUNT#${accountId}`, prefix, descending: true, ...page }),
      );
    },
    /** Whether this person has the most requests open that are allowed. */
    async isFull(accountId: string, userId: string): Promise<boolean> {
      const count = await table.get(countKey(accountId, userId));
      return Number(count?.['open'] ?? 0) >= mostOpenRequests;
    },
  };
}

export type AccessRequestStore = ReturnType<typeof accessRequestStore>;

/** The rows of a new request; fails if the person has too many open. */
export function newRequestRows(request: AccessRequest): Action[] {
  const { accountId, id, userId } = request;
  return [
    { put: { ...request, ...requestKey(accountId, id) }, when: absent },
    { update: countKey(accountId, userId), add: { open: 1 }, when: free('open', mostOpenRequests) },
  ];
}

/** The rows of a decision; fails if the request is decided already, so that only the first of two counts. */
export function decisionRows(request: AccessRequest): Action[] {
  const { accountId, id, userId } = request;
  return [
    { put: { ...request, ...requestKey(accountId, id) }, when: equals({ status: 'open' }) },
    { update: countKey(accountId, userId), add: { open: -1 } },
  ];
}
