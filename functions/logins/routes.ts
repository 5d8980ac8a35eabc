import { route } from '../../shared/http/route.ts';
import * as schemas from './schemas.ts';

export const getInvitation = route({
  method: 'GET',
  path: '/v1/invitation/{token}',
  permission: 'public',
  summary: 'What an invitation offers; as a form with `Accept: text/html`. It changes nothing',
  success: 200,
  answer: schemas.invitation,
});

export const postInvitation = route({
  method: 'POST',
  path: '/v1/invitation/{token}',
  permission: 'public',
  summary: 'Accept an invitation; an unproven login says its name and chooses its password',
  body: schemas.acceptInvitation,
  form: true,
  success: 200,
  answer: schemas.accepted,
});

export const postSignInHelp = route({
  method: 'POST',
  path: '/v1/sign-in/help',
  permission: 'public',
  summary: 'Mail an open invitation once more; the answer is the same whether there is one or not',
  body: schemas.signInHelp,
  success: 202,
  answer: null,
});

export const patchMe = route({
  method: 'PATCH',
  path: '/v1/me',
  permission: 'signed-in',
  summary: 'Change one’s own name, language, time zone and mail switches',
  body: schemas.changeMe,
  success: 200,
  answer: schemas.user,
});

export const postSignOutEverywhere = route({
  method: 'POST',
  path: '/v1/me/sign-out-everywhere',
  permission: 'signed-in',
  summary: 'End every session and token of one’s login, this one too',
  success: 204,
  answer: null,
});

export const postPassword = route({
  method: 'POST',
  path: '/v1/me/password',
  permission: 'signed-in',
  summary: 'Change one’s password; every session and token ends',
  body: schemas.changePassword,
  success: 204,
  answer: null,
});

export const postAcceptMembership = route({
  method: 'POST',
  path: '/v1/me/memberships/{accountId}/accept',
  permission: 'signed-in',
  summary: 'Accept a membership that one was invited to',
  success: 204,
  answer: null,
});

export const deleteMembership = route({
  method: 'DELETE',
  path: '/v1/me/memberships/{accountId}',
  permission: 'signed-in',
  summary: 'Leave an account, or decline its invitation; an owner cannot',
  success: 204,
  answer: null,
});

export const loginsRoutes = [
  getInvitation,
  postInvitation,
  postSignInHelp,
  patchMe,
  postSignOutEverywhere,
  postPassword,
  postAcceptMembership,
  deleteMembership,
];
