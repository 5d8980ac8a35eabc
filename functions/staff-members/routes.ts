import { route } from '../../shared/http/route.ts';
import { listOf, plainListQuery } from '../../shared/http/schemas.ts';
import * as schemas from './schemas.ts';

const members = '/v1/staff/members';

export const listMembers = route({
  method: 'GET',
  path: members,
  permission: 'staff:administrator',
  summary: 'The provider’s staff, the invited ones too',
  query: plainListQuery,
  success: 200,
  answer: listOf(schemas.member),
});

export const postMember = route({
  method: 'POST',
  path: members,
  permission: 'staff:administrator',
  summary: 'Invite somebody among the staff; the roles open nothing until it is accepted',
  body: schemas.addMember,
  success: 201,
  answer: schemas.member,
});

export const patchMember = route({
  method: 'PATCH',
  path: `${members}/{memberId}`,
  permission: 'staff:administrator',
  summary: 'Give or take roles; nobody changes their own, and the last administrator stays one',
  body: schemas.changeMember,
  success: 200,
  answer: schemas.member,
});

export const deleteMember = route({
  method: 'DELETE',
  path: `${members}/{memberId}`,
  permission: 'staff:administrator',
  summary: 'Remove somebody from the staff; what they hold in accounts stays',
  success: 204,
  answer: null,
});

export const deleteMemberSecondFactor = route({
  method: 'DELETE',
  path: `${members}/{memberId}/second-factor`,
  permission: 'staff:administrator',
  summary: 'Reset a lost second factor: every session of the person ends, and they are told',
  body: schemas.resetSecondFactor,
  success: 204,
  answer: null,
});

export const staffMembersRoutes = [
  listMembers,
  postMember,
  patchMember,
  deleteMember,
  deleteMemberSecondFactor,
];
