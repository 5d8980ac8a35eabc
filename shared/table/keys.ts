import type { Key } from './table.ts';

/** Keys of the rows that every write is checked against: an account, a login, its membership in accounts and staff. */
export const accountKey = (accountId: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: 'ACCOUNT' });
export const memberPrefix = 'MEMBER#';
export const memberKey = (userId: string, accountId: string): Key => ({
  pk: `USER#${userId}`,
  sk: `${memberPrefix}${accountId}`,
});
export const loginKey = (userId: string): Key => ({ pk: `USER#${userId}`, sk: 'LOGIN' });
export const staffKey = (userId: string): Key => ({ pk: `USER#${userId}`, sk: 'STAFF' });
