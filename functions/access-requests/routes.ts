import { accountPath, route } from '../../shared/http/route.ts';
import { listOf, plainListQuery } from '../../shared/http/schemas.ts';
import * as schemas from './schemas.ts';

export const listAccessRequests = route({
  method: 'GET',
  path: `${accountPath}/access-requests`,
  permission: 'contacts',
  summary: 'Who asked for which permissions, newest first',
  query: plainListQuery,
  success: 200,
  answer: listOf(schemas.accessRequest),
});

export const postAccessRequest = route({
  method: 'POST',
  path: `${accountPath}/access-requests`,
  permission: 'member',
  fromMain: 'never',
  whenBlocked: true,
  summary: 'Ask for permissions; the owner and all who manage contacts are told',
  body: schemas.askForAccess,
  success: 201,
  answer: schemas.accessRequest,
});

export const approveAccessRequest = route({
  method: 'POST',
  path: `${accountPath}/access-requests/{requestId}/approve`,
  permission: 'contacts',
  summary: 'Give what was asked for; the asker is told',
  success: 200,
  answer: schemas.accessRequest,
});

export const rejectAccessRequest = route({
  method: 'POST',
  path: `${accountPath}/access-requests/{requestId}/reject`,
  permission: 'contacts',
  summary: 'Refuse what was asked for; the asker is told',
  success: 200,
  answer: schemas.accessRequest,
});

export const accessRequestsRoutes = [
  listAccessRequests,
  postAccessRequest,
  approveAccessRequest,
  rejectAccessRequest,
];
