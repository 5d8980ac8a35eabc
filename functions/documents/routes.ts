import { accountPath, route } from '../../shared/http/route.ts';
import { listOf, plainListQuery } from '../../shared/http/schemas.ts';
import * as schemas from './schemas.ts';

const documents = `${accountPath}/documents` as const;

export const listDocuments = route({
  method: 'GET',
  path: documents,
  permission: 'documents',
  summary: 'The account’s documents and contracts, newest first',
  query: plainListQuery,
  success: 200,
  answer: listOf(schemas.document),
});

export const postDocument = route({
  method: 'POST',
  path: documents,
  permission: 'staff:support',
  summary: 'Announce a document; it is there once its PDF was put where the answer says',
  body: schemas.newDocument,
  success: 201,
  answer: schemas.announcedDocument,
});

export const getDocument = route({
  method: 'GET',
  path: `${documents}/{documentId}`,
  permission: 'documents',
  summary: 'One document, with a link of five minutes to its PDF',
  success: 200,
  answer: schemas.documentWithLink,
});

export const documentsRoutes = [listDocuments, postDocument, getDocument];
