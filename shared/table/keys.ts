import type { Key } from './table.ts';

/** Keys of the rows that every write is checked against: an account, and a login's membership in it. */
export const accountKey = (accountId: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: 'ACCOUNT' });
export const memberPrefix = 'MEMBER#';
export const memberKey = (userId: string, accountId: string): Key => ({
  pk: `USER#${userId}`,
  sk: `${memberPrefix}${accountId}`,
});
