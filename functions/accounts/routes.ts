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
  summary: 'Change the account’s profile',
  body: schemas.changeProfile,
  success: 200,
  answer: schemas.accountCard,
});

export const listStaffAccounts = route({
  method: 'GET',
  path: '/v1/staff/accounts',
  permission: 'staff',
  summary: 'All accounts, or those whose name begins with `q`',
  query: schemas.searchAccounts,
  success: 200,
  answer: listOf(schemas.staffAccount),
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

export const accountsRoutes = [
  getMe,
  getPermissions,
  getAccount,
  patchAccount,
  listStaffAccounts,
  postStaffAccount,
  patchStaffAccount,
];
