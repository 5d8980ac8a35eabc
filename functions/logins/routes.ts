import * as z from 'zod';
import { route } from '../../shared/http/route.ts';
import * as schemas from './schemas.ts';

export const getInvitation = route({
  method: 'GET',
  path: '/v1/invitation/{token}',
  permission: 'public',
  summary:
    'What a mailed link offers, as a form with `Accept: text/html`: an invitation, or to stop a change',
  success: 200,
  answer: z.union([schemas.invitation, schemas.addressChange]),
});

export const postInvitation = route({
  method: 'POST',
  path: '/v1/invitation/{token}',
  permission: 'public',
  summary:
    'Accept an invitation, where an unproven login says its name and chooses its password; or stop a change',
  body: schemas.acceptInvitation,
  form: true,
  success: 200,
  answer: z.union([schemas.stopped, schemas.accepted]),
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
  answer: schemas.changedMe,
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

export const postProveAddress = route({
  method: 'POST',
  path: '/v1/me/prove-address',
  permission: 'signed-in',
  summary: 'Mail a code to one’s own address: typing it in proves the login',
  success: 202,
  answer: null,
});

export const postProveAddressConfirm = route({
  method: 'POST',
  path: '/v1/me/prove-address/confirm',
  permission: 'signed-in',
  summary: 'Prove one’s login by the code that was mailed to its address for this session',
  body: schemas.mailedCode,
  success: 204,
  answer: null,
});

export const postAddress = route({
  method: 'POST',
  path: '/v1/me/address',
  permission: 'signed-in',
  summary: 'Ask for a new address: a code is mailed to it, and a notice that stops the change to the old one',
  body: schemas.newAddress,
  success: 202,
  answer: null,
});

export const postAddressConfirm = route({
  method: 'POST',
  path: '/v1/me/address/confirm',
  permission: 'signed-in',
  summary: 'Confirm a new address by its code: it takes effect 72 hours later, unless it is stopped',
  body: schemas.mailedCode,
  success: 202,
  answer: null,
});

export const postSecondFactor = route({
  method: 'POST',
  path: '/v1/me/second-factor',
  permission: 'signed-in',
  summary: 'Begin to set up a second factor: answers the authenticator’s secret and mails a code',
  success: 200,
  answer: schemas.newSecondFactor,
});

export const postSecondFactorConfirm = route({
  method: 'POST',
  path: '/v1/me/second-factor/confirm',
  permission: 'signed-in',
  summary:
    'Set the second factor up by the mailed code and the authenticator’s; every session and token ends',
  body: schemas.confirmSecondFactor,
  success: 204,
  answer: null,
});

export const deleteSecondFactor = route({
  method: 'DELETE',
  path: '/v1/me/second-factor',
  permission: 'signed-in',
  summary: 'Remove one’s second factor, in a session that used it',
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
  postProveAddress,
  postProveAddressConfirm,
  postAddress,
  postAddressConfirm,
  postSecondFactor,
  postSecondFactorConfirm,
  deleteSecondFactor,
  postAcceptMembership,
  deleteMembership,
];
