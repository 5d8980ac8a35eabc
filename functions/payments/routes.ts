import { accountPath, route } from '../../shared/http/route.ts';
import { creditNote } from '../../shared/invoices/schemas.ts';
import { listOf } from '../../shared/http/schemas.ts';
import { massPayment, paying, summary } from '../../shared/payments/schemas.ts';
import * as schemas from './schemas.ts';

const massPaymentPath = `${accountPath}/mass-payments/{massPaymentId}` as const;
const paymentPath = `${accountPath}/payments/{paymentId}` as const;

export const postMassPayment = route({
  method: 'POST',
  path: `${accountPath}/mass-payments`,
  permission: 'invoices',
  whenBlocked: true,
  summary: 'Sum up the invoices to be paid in one go, all or parts of each; nothing is charged yet',
  body: schemas.newMassPayment,
  success: 201,
  answer: summary,
});

export const listMassPayments = route({
  method: 'GET',
  path: `${accountPath}/mass-payments`,
  permission: 'invoices',
  summary: 'The mass payments that were begun, newest first',
  query: schemas.massPaymentQuery,
  success: 200,
  answer: listOf(massPayment),
});

export const getMassPayment = route({
  method: 'GET',
  path: massPaymentPath,
  permission: 'invoices',
  summary: 'A mass payment as it stands',
  success: 200,
  answer: summary,
});

export const payMassPayment = route({
  method: 'POST',
  path: `${massPaymentPath}/pay`,
  permission: 'invoices',
  whenBlocked: true,
  summary: 'Pay it with a method; needs an Idempotency-Key',
  body: schemas.pay,
  success: 200,
  answer: paying,
});

export const cancelMassPayment = route({
  method: 'POST',
  path: `${massPaymentPath}/cancel`,
  permission: 'invoices',
  whenBlocked: true,
  summary: 'Give up a payment that was not gone through with, and let go of its invoices',
  success: 200,
  answer: summary,
});

export const listPayments = route({
  method: 'GET',
  path: `${accountPath}/payments`,
  permission: 'invoices',
  summary: 'What was paid, newest first',
  query: schemas.paymentQuery,
  success: 200,
  answer: listOf(schemas.payment),
});

export const getPayment = route({
  method: 'GET',
  path: paymentPath,
  permission: 'invoices',
  summary: 'One payment with its allocations and refunds',
  success: 200,
  answer: schemas.payment,
});

export const postInvoicePayment = route({
  method: 'POST',
  path: `${accountPath}/invoices/{invoiceId}/payments`,
  permission: 'staff:billing',
  summary: 'Note money that came outside any gateway, such as by bank; what is too much becomes credit',
  body: schemas.staffPayment,
  success: 201,
  answer: schemas.payment,
});

export const postCreditNote = route({
  method: 'POST',
  path: `${accountPath}/invoices/{invoiceId}/credit-notes`,
  permission: 'staff:billing',
  summary:
    'Take lines, parts of them or an amount off an issued invoice; what was paid of it becomes credit or goes back',
  body: schemas.newCreditNote,
  success: 201,
  answer: creditNote,
});

export const postPayment = route({
  method: 'POST',
  path: `${accountPath}/payments`,
  permission: 'staff:billing',
  summary: 'Note money that came outside any gateway for several invoices: those named, or the oldest due',
  body: schemas.accountPayment,
  success: 201,
  answer: schemas.payment,
});

export const postRefund = route({
  method: 'POST',
  path: `${paymentPath}/refunds`,
  permission: 'staff:billing',
  summary: 'Give back a payment or a part of it, over its allocations',
  body: schemas.newRefund,
  success: 201,
  answer: schemas.payment,
});

const unassignedPath = '/v1/staff/unassigned-money';

export const postUnassignedMoney = route({
  method: 'POST',
  path: unassignedPath,
  permission: 'staff:billing',
  summary: 'Note money that fits no account; what quotes a mass payment’s reference is assigned at once',
  body: schemas.newUnassignedMoney,
  success: 201,
  answer: schemas.unassignedMoney,
});

export const listUnassignedMoney = route({
  method: 'GET',
  path: unassignedPath,
  permission: 'staff:billing',
  summary:
    'Money that fitted no account, newest first, with what became of it; all of it as a table with Accept: text/csv',
  query: schemas.unassignedQuery,
  success: 200,
  answer: listOf(schemas.unassignedMoney),
});

export const getUnassignedMoney = route({
  method: 'GET',
  path: `${unassignedPath}/{moneyId}`,
  permission: 'staff:billing',
  summary: 'Money that fitted no account, and what became of it',
  success: 200,
  answer: schemas.unassignedMoney,
});

export const assignUnassignedMoney = route({
  method: 'POST',
  path: `${unassignedPath}/{moneyId}/assign`,
  permission: 'staff:billing',
  summary: 'Make it a payment of an account, over the invoices that are named, or the oldest due',
  body: schemas.assignment,
  success: 200,
  answer: schemas.unassignedMoney,
});

export const postWebhook = route({
  method: 'POST',
  path: '/v1/webhooks/{gateway}',
  permission: 'public',
  summary: 'A payment gateway’s signed event',
  rawBody: true,
  success: 200,
  answer: schemas.received,
});

export const paymentsRoutes = [
  postMassPayment,
  listMassPayments,
  getMassPayment,
  payMassPayment,
  cancelMassPayment,
  listPayments,
  getPayment,
  postInvoicePayment,
  postCreditNote,
  postPayment,
  postRefund,
  postUnassignedMoney,
  listUnassignedMoney,
  getUnassignedMoney,
  assignUnassignedMoney,
  postWebhook,
];
