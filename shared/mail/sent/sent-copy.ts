import type { Key } from '../../table/table.ts';

/** Sort keys of the copies of an account's sent mail; they order by the time of sending. */
export const sentCopyPrefix = 'EMAIL#';

export const sentCopyKey = (accountId: string, id: string): Key => ({
  pk: `ACCOUNT#${accountId}`,
  sk: `${sentCopyPrefix}${id}`,
});
