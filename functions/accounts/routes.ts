import type * as z from 'zod';
import type { Permission } from '../../shared/access/permissions.ts';
import { listOf } from '../../shared/http/schemas.ts';
import { accountPath, route } from '../../shared/http/route.ts';
import * as schemas from './schemas.ts';

export const getMe = route({
  method: 'GET',
  path: '/v1/me',
  permission: 'signed-in',
  summary: 'Who is signed in, and the accounts it has a part in',
  success: 200,
  answer: schemas.me,
});

export const getPermissions = route({
  method: 'GET',
  path: '/v1/permissions',
  permission: 'signed-in',
  summary: 'The permission catalogue, and ready-made sets to start from',
  success: 200,
  answer: schemas.permissionCatalogue,
});

export const getAccount = route({
  method: 'GET',
  path: accountPath,
  permission: 'member',
  summary: 'The account’s card',
  success: 200,
  answer: schemas.accountCard,
});

export const patchAccount = route({
  method: 'PATCH',
  path: accountPath,
  permission: 'profile',
  fields: {
    name: 'profile',
    address: 'profile',
    taxId: 'profile',
    language: 'profile',
    // Staff's.
    currency: 'profile',
    autoPayFromCredit: 'invoices',
    // The owner's and staff's.
    emailPreferences: 'member',
  } satisfies Record<keyof z.output<typeof schemas.changeProfile>, Permission | 'member'>,
  summary:
    'Change the account’s profile: `name`, `address`, `taxId` and `language` need `profile`, `autoPayFromCredit` needs `invoices`, `emailPreferences` are the owner’s, `currency` is for staff while nothing of the account is open',
  body: schemas.changeProfile,
  success: 200,
  answer: schemas.accountCard,
});

export const listStaffAccounts = route({
  method: 'GET',
  path: '/v1/staff/accounts',
  permission: 'staff',
  summary: 'All accounts, or those found by name, address, domain, or number of an invoice or ticket',
  query: schemas.searchAccounts,
  success: 200,
  answer: listOf(schemas.staffAccount),
});

export const getStaffAccount = route({
  method: 'GET',
  path: '/v1/staff/accounts/{accountId}',
  permission: 'staff',
  summary: 'One account, with its owner, its status and its main account',
  success: 200,
  answer: schemas.staffAccountDetails,
});

export const postStaffAccount = route({
  method: 'POST',
  path: '/v1/staff/accounts',
  permission: 'staff:accounts',
  summary: 'Create an account with its owner',
  body: schemas.createAccount,
  success: 201,
  answer: schemas.staffAccount,
});

export const patchStaffAccount = route({
  method: 'PATCH',
  path: '/v1/staff/accounts/{accountId}',
  permission: 'staff:accounts',
  summary: 'Note the account’s status and how it is billed',
  body: schemas.changeStaffAccount,
  success: 200,
  answer: schemas.staffAccount,
});

export const closeStaffAccount = route({
  method: 'POST',
  path: '/v1/staff/accounts/{accountId}/close',
  permission: 'staff:accounts',
  summary: 'Close an account with which nothing is open: its people’s parts end',
  body: schemas.closeAccount,
  success: 200,
  answer: schemas.staffAccount,
});

export const putStaffOwner = route({
  method: 'PUT',
  path: '/v1/staff/accounts/{accountId}/owner',
  permission: 'staff:accounts',
  summary:
    'Invite a new owner: all addresses of the account are told, and it is theirs once accepted, in 24 hours at the earliest',
  body: schemas.changeOwner,
  success: 200,
  answer: schemas.staffAccountDetails,
});

export const deleteStaffOwner = route({
  method: 'DELETE',
  path: '/v1/staff/accounts/{accountId}/owner',
  permission: 'staff:accounts',
  summary: 'Withdraw the new owner while they wait',
  success: 200,
  answer: schemas.staffAccountDetails,
});

export const accountsRoutes = [
  getMe,
  getPermissions,
  getAccount,
  patchAccount,
  listStaffAccounts,
  getStaffAccount,
  postStaffAccount,
  patchStaffAccount,
  closeStaffAccount,
  putStaffOwner,
  deleteStaffOwner,
];
