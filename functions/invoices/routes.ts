import * as z from 'zod';
import { creditNote, invoice } from '../../shared/invoices/schemas.ts';
import { accountPath, route } from '../../shared/http/route.ts';
import { listOf, plainListQuery } from '../../shared/http/schemas.ts';
import * as schemas from './schemas.ts';

const invoicePath = `${accountPath}/invoices/{invoiceId}` as const;

export const listInvoices = route({
  method: 'GET',
  path: `${accountPath}/invoices`,
  permission: 'invoices',
  summary: 'The account’s invoices, newest first; drafts are shown to staff alone',
  query: schemas.invoiceQuery,
  success: 200,
  answer: listOf(invoice),
});

export const postInvoice = route({
  method: 'POST',
  path: `${accountPath}/invoices`,
  permission: 'staff:billing',
  summary: 'Raise an invoice, or write a draft',
  body: schemas.newInvoice,
  success: 201,
  answer: invoice,
});

export const getInvoice = route({
  method: 'GET',
  path: invoicePath,
  permission: 'invoices',
  summary: 'One invoice',
  success: 200,
  answer: invoice,
});

export const issueInvoice = route({
  method: 'POST',
  path: `${invoicePath}/issue`,
  permission: 'staff:billing',
  summary: 'Issue a draft: it gets its number and is mailed',
  success: 200,
  answer: invoice,
});

export const cancelInvoice = route({
  method: 'POST',
  path: `${invoicePath}/cancel`,
  permission: 'staff:billing',
  summary:
    'Cancel an invoice that is not paid, by a credit note over all of it; what was paid of it becomes credit',
  body: schemas.cancelInvoice,
  success: 200,
  answer: invoice,
});

export const applyCredit = route({
  method: 'POST',
  path: `${invoicePath}/credit`,
  permission: 'invoices',
  whenBlocked: true,
  summary: 'Apply the account’s credit to an invoice: so much, or as much as there is',
  body: schemas.applyCredit,
  success: 200,
  answer: invoice,
});

export const listCreditNotes = route({
  method: 'GET',
  path: `${accountPath}/credit-notes`,
  permission: 'invoices',
  summary: 'What was taken off the account’s invoices, newest first',
  query: plainListQuery,
  success: 200,
  answer: listOf(creditNote),
});

export const getCreditNote = route({
  method: 'GET',
  path: `${accountPath}/credit-notes/{creditNoteId}`,
  permission: 'invoices',
  summary: 'One credit note',
  success: 200,
  answer: creditNote,
});

export const getCredit = route({
  method: 'GET',
  path: `${accountPath}/credit`,
  permission: 'invoices',
  summary: 'The account’s credit and its ledger, newest first',
  query: plainListQuery,
  success: 200,
  answer: schemas.credit,
});

export const postCredit = route({
  method: 'POST',
  path: `${accountPath}/credit`,
  permission: 'staff:billing',
  summary: 'Adjust the credit, never below zero',
  body: schemas.adjustCredit,
  success: 201,
  answer: z.object({ balance: schemas.credit.shape.balance, entries: schemas.credit.shape.entries }),
});

export const invoicesRoutes = [
  listInvoices,
  postInvoice,
  getInvoice,
  issueInvoice,
  cancelInvoice,
  applyCredit,
  listCreditNotes,
  getCreditNote,
  getCredit,
  postCredit,
];
