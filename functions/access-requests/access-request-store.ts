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
  /** The asker as the contact it is; `userId` and `contactId` find it again. */
  requestedBy: Actor;
  userId: string;
  contactId: string;
  decidedBy: Actor | null;
  createdAt: string;
  decidedAt: string | null;
}

/** So many requests of one person may be open in an account: nobody floods the owner's mailbox. */
const openAtMost = 20;

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
    /** Whether this person has as many requests open as one may have. */
    async isFull(accountId: string, userId: string): Promise<boolean> {
      const count = await table.get(countKey(accountId, userId));
      return Number(count?.['open'] ?? 0) >= openAtMost;
    },
  };
}

export type AccessRequestStore = ReturnType<typeof accessRequestStore>;

/** Fails where the person has too many open. */
export function askedRows(request: AccessRequest): Action[] {
  const { accountId, id, userId } = request;
  return [
    { put: { ...request, ...requestKey(accountId, id) }, when: absent },
    { update: countKey(accountId, userId), add: { open: 1 }, when: free('open', openAtMost) },
  ];
}

/** Fails where the request was decided already: of two decisions one counts. */
export function decidedRows(request: AccessRequest): Action[] {
  const { accountId, id, userId } = request;
  return [
    { put: { ...request, ...requestKey(accountId, id) }, when: equals({ status: 'open' }) },
    { update: countKey(accountId, userId), add: { open: -1 } },
  ];
}
