import type { Key } from '../../table/table.ts';

/** Where the copies of an account's sent mail lie, in the order in which it was sent. */
export const sentCopyPrefix = 'EMAIL#';

export const sentCopyKey = (accountId: string, id: string): Key => ({
  pk: `ACCOUNT#${accountId}`,
  sk: `${sentCopyPrefix}${id}`,
});
