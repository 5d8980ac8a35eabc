import { accountPath, route } from '../../shared/http/route.ts';
import { listOf, plainListQuery } from '../../shared/http/schemas.ts';
import * as schemas from './schemas.ts';

export const listContacts = route({
  method: 'GET',
  path: `${accountPath}/contacts`,
  permission: 'contacts',
  summary: 'The account’s contacts and sub-accounts',
  query: plainListQuery,
  success: 200,
  answer: listOf(schemas.contact),
});

export const postContact = route({
  method: 'POST',
  path: `${accountPath}/contacts`,
  permission: 'contacts',
  summary: 'Record a contact, with its mail and its access',
  body: schemas.createContact,
  success: 201,
  answer: schemas.contact,
});

export const getContact = route({
  method: 'GET',
  path: `${accountPath}/contacts/{contactId}`,
  permission: 'contacts',
  summary: 'One contact',
  success: 200,
  answer: schemas.contact,
});

export const patchContact = route({
  method: 'PATCH',
  path: `${accountPath}/contacts/{contactId}`,
  permission: 'contacts',
  summary: 'Change a contact',
  body: schemas.changeContact,
  success: 200,
  answer: schemas.contact,
});

export const putContact = route({
  method: 'PUT',
  path: `${accountPath}/contacts/{contactId}`,
  permission: 'contacts',
  summary: 'Change a contact, its mail and its access at once; what is left out is kept',
  body: schemas.saveContact,
  success: 200,
  answer: schemas.contact,
});

export const postContactPreview = route({
  method: 'POST',
  path: `${accountPath}/contacts/preview`,
  permission: 'contacts',
  summary: 'What a contact could do if it were saved so, and what one may give it; nothing is written',
  body: schemas.previewContact,
  success: 200,
  answer: schemas.contactPreview,
});

export const postInvite = route({
  method: 'POST',
  path: `${accountPath}/contacts/{contactId}/invite`,
  permission: 'contacts',
  summary: 'Mail the invitation that a contact’s access waits for once more',
  success: 200,
  answer: schemas.contact,
});

export const deleteContact = route({
  method: 'DELETE',
  path: `${accountPath}/contacts/{contactId}`,
  permission: 'contacts',
  summary: 'Remove a contact, and its part in the account with it',
  success: 204,
  answer: null,
});

export const putSubAccount = route({
  method: 'PUT',
  path: `${accountPath}/contacts/{contactId}/sub-account`,
  permission: 'contacts',
  summary: 'Activate a contact’s login or change its permissions',
  body: schemas.giveAccess,
  success: 200,
  answer: schemas.contact,
});

export const deleteSubAccount = route({
  method: 'DELETE',
  path: `${accountPath}/contacts/{contactId}/sub-account`,
  permission: 'contacts',
  summary: 'Deactivate a contact’s login in this account; the contact stays',
  success: 204,
  answer: null,
});

export const getEffectiveAccess = route({
  method: 'GET',
  path: `${accountPath}/contacts/{contactId}/effective-access`,
  permission: 'contacts',
  summary: 'What this person could do, see and receive',
  success: 200,
  answer: schemas.effectiveAccess,
});

export const contactsRoutes = [
  listContacts,
  postContact,
  getContact,
  patchContact,
  putContact,
  postContactPreview,
  postInvite,
  deleteContact,
  putSubAccount,
  deleteSubAccount,
  getEffectiveAccess,
];
