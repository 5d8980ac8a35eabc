import { accountPath, route } from '../../shared/http/route.ts';
import { listOf } from '../../shared/http/schemas.ts';
import * as schemas from './schemas.ts';

const mainAccountPath = '/v1/staff/accounts/{accountId}/main-account';

export const listLinkedAccounts = route({
  method: 'GET',
  path: `${accountPath}/linked-accounts`,
  permission: 'linked-accounts',
  summary: 'The accounts linked beneath this one, by name',
  query: schemas.linkedQuery,
  success: 200,
  answer: listOf(schemas.linkedAccount),
});

export const putMainAccount = route({
  method: 'PUT',
  path: mainAccountPath,
  permission: 'staff:accounts',
  summary: 'Link an account beneath a main account, or change how it is linked',
  query: schemas.dryRunQuery,
  body: schemas.putMainAccount,
  success: 200,
  answer: schemas.linkChange,
});

export const deleteMainAccount = route({
  method: 'DELETE',
  path: mainAccountPath,
  permission: 'staff:accounts',
  summary: 'Unlink an account from its main account',
  query: schemas.dryRunQuery,
  success: 200,
  answer: schemas.linkChange,
});

export const linkedAccountsRoutes = [listLinkedAccounts, putMainAccount, deleteMainAccount];
