import { accountPath, route } from '../../shared/http/route.ts';
import * as schemas from './schemas.ts';

export const getStatement = route({
  method: 'GET',
  path: `${accountPath}/statement`,
  permission: 'invoices',
  summary:
    'What the account owed less what it had as credit: opening balance, movements, closing; this month’s, in the account’s currency, unless said otherwise; as a PDF with Accept: application/pdf',
  query: schemas.statementQuery,
  success: 200,
  answer: schemas.statement,
});

export const listAllInvoices = route({
  method: 'GET',
  path: '/v1/staff/invoices',
  permission: 'staff:billing',
  summary:
    'Invoices of all accounts by the day of their number, this month’s unless said otherwise, newest first; all of them as a table with Accept: text/csv',
  query: schemas.invoicesQuery,
  success: 200,
  answer: schemas.invoices,
});

export const listAllCreditNotes = route({
  method: 'GET',
  path: '/v1/staff/credit-notes',
  permission: 'staff:billing',
  summary:
    'Credit notes of all accounts by the day of their number, this month’s unless said otherwise, newest first; all of them as a table with Accept: text/csv',
  query: schemas.daysQuery,
  success: 200,
  answer: schemas.creditNotes,
});

export const listAllPayments = route({
  method: 'GET',
  path: '/v1/staff/payments',
  permission: 'staff:billing',
  summary:
    'Payments of all accounts by the day on which they are in the books, this month’s unless said otherwise, newest first; all of them as a table with Accept: text/csv',
  query: schemas.daysQuery,
  success: 200,
  answer: schemas.payments,
});

export const getTaxReport = route({
  method: 'GET',
  path: '/v1/staff/reports/tax',
  permission: 'staff:billing',
  summary:
    'Net and tax of documents numbered on these days, by currency, rate and the buyer’s country; as a table with Accept: text/csv',
  query: schemas.taxQuery,
  success: 200,
  answer: schemas.taxReport,
});

export const getReceivables = route({
  method: 'GET',
  path: '/v1/staff/reports/receivables',
  permission: 'staff:billing',
  summary:
    'What each account owed on invoices at the end of the day `to`, by how long it was overdue (`from` changes nothing); all of it as a table with Accept: text/csv',
  query: schemas.daysQuery,
  success: 200,
  answer: schemas.receivables,
});

export const getJournal = route({
  method: 'GET',
  path: '/v1/staff/reports/journal',
  permission: 'staff:billing',
  summary:
    'The journal of all accounts on these days, in their order, with the sums of each ledger; every posting as a table with Accept: text/csv',
  query: schemas.daysQuery,
  success: 200,
  answer: schemas.journal,
});

export const reportsRoutes = [
  getStatement,
  listAllInvoices,
  listAllCreditNotes,
  listAllPayments,
  getTaxReport,
  getReceivables,
  getJournal,
];
