import type { Key } from '../table/table.ts';

/** Keys of contacts and the addresses that lead to them. */
export const contactPrefix = 'CONTACT#';
export const contactKey = (accountId: string, contactId: string): Key => ({
  pk: `ACCOUNT#${accountId}`,
  sk: `${contactPrefix}${contactId}`,
});
export const listPrefix = (list: string): string => `LIST#${list}#`;
export const listKey = (accountId: string, list: string, contactId: string): Key => ({
  pk: `ACCOUNT#${accountId}`,
  sk: `${listPrefix(list)}${contactId}`,
});
export const addressPartition = (email: string): string => `EMAIL#${normalAddress(email)}`;
export const addressLoginKey = (email: string): Key => ({ pk: addressPartition(email), sk: 'LOGIN' });
export const addressAccountKey = (email: string, accountId: string): Key => ({
  pk: addressPartition(email),
  sk: `ACCOUNT#${accountId}`,
});

/** Addresses are always compared in lower case: no provider in use distinguishes capitals. */
export function normalAddress(email: string): string {
  return email.trim().toLowerCase();
}
