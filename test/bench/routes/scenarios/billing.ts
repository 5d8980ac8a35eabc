import { gbp } from '../../../support/desks/billing-desk.ts';
import {
  begunPayment,
  credit,
  gatewayPayment,
  invoice,
  lines,
  massPayment,
  paidEvent,
  payment,
  quote,
  received,
  unassignedMoney,
} from '../account-things.ts';
import { staff } from '../portal-world.ts';
import { aPage, asOwner, asStaff, asStaffHere, type Scenario } from './scenario.ts';

/** Invoices, credit, payments and quotes. */
export const billingScenarios: Record<string, Scenario> = {
  'GET /v1/accounts/{accountId}/invoices': asOwner('/invoices', aPage),
  'POST /v1/accounts/{accountId}/invoices': asStaffHere('/invoices', {
    body: { lines, dueOn: '2026-03-15' },
  }),
  'GET /v1/accounts/{accountId}/invoices/{invoiceId}': asOwner(
    async (world) => `/invoices/${await invoice(world)}`,
  ),
  'POST /v1/accounts/{accountId}/invoices/{invoiceId}/issue': asStaffHere(
    async (world) => `/invoices/${await invoice(world, true)}/issue`,
  ),
  'POST /v1/accounts/{accountId}/invoices/{invoiceId}/cancel': asStaffHere(
    async (world) => `/invoices/${await invoice(world)}/cancel`,
  ),
  'POST /v1/accounts/{accountId}/invoices/{invoiceId}/credit': asOwner(
    async (world) => {
      await credit(world, 100);
      return `/invoices/${await invoice(world)}/credit`;
    },
    { body: { amount: gbp(100) } },
  ),
  'GET /v1/accounts/{accountId}/invoices/{invoiceId}/pdf': asOwner(async (world) => {
    const id = await invoice(world);
    await world.portal.deliver();
    return `/invoices/${id}/pdf`;
  }),
  'GET /v1/accounts/{accountId}/credit': asOwner('/credit', aPage),
  'POST /v1/accounts/{accountId}/credit': asStaffHere('/credit', {
    body: { amount: gbp(100), reason: 'Goodwill' },
  }),
  'POST /v1/accounts/{accountId}/mass-payments': async (world) => ({
    as: world.owner,
    path: `${world.account}/mass-payments`,
    body: { invoices: [await invoice(world)] },
  }),
  'GET /v1/accounts/{accountId}/mass-payments': asOwner('/mass-payments', aPage),
  'GET /v1/accounts/{accountId}/mass-payments/{massPaymentId}': asOwner(
    async (world) => `/mass-payments/${await massPayment(world)}`,
  ),
  'POST /v1/accounts/{accountId}/mass-payments/{massPaymentId}/pay': asOwner(
    async (world) => `/mass-payments/${await massPayment(world)}/pay`,
    { body: { method: 'sandbox' }, headers: { 'idempotency-key': 'bench-pay' } },
  ),
  'POST /v1/accounts/{accountId}/mass-payments/{massPaymentId}/cancel': asOwner(
    async (world) => `/mass-payments/${await begunPayment(world)}/cancel`,
  ),
  'GET /v1/accounts/{accountId}/payments': asOwner('/payments', aPage),
  'GET /v1/accounts/{accountId}/payments/{paymentId}': asOwner(
    async (world) => `/payments/${await payment(world)}`,
  ),
  'POST /v1/accounts/{accountId}/invoices/{invoiceId}/payments': async (world) => ({
    as: staff,
    path: `${world.account}/invoices/${await invoice(world)}/payments`,
    body: received(world, gbp(1294)),
  }),
  'POST /v1/accounts/{accountId}/payments': async (world) => {
    const invoices = [await invoice(world), await invoice(world)];
    const allocations = invoices.map((invoiceId) => ({ invoiceId, amount: gbp(1294) }));
    const body = { ...received(world, gbp(2600)), allocations };
    return { as: staff, path: `${world.account}/payments`, body };
  },
  'POST /v1/staff/unassigned-money': (world) => ({
    as: staff,
    path: '/v1/staff/unassigned-money',
    body: received(world, gbp(1294)),
  }),
  'GET /v1/accounts/{accountId}/statement': asOwner('/statement'),
  'GET /v1/staff/invoices': asStaff('/invoices', aPage),
  'GET /v1/staff/payments': asStaff('/payments', aPage),
  'GET /v1/staff/unassigned-money': asStaff('/unassigned-money', aPage),
  'GET /v1/staff/unassigned-money/{moneyId}': asStaff(
    async (world) => `/unassigned-money/${await unassignedMoney(world)}`,
  ),
  'POST /v1/staff/unassigned-money/{moneyId}/assign': async (world) => ({
    as: staff,
    path: `/v1/staff/unassigned-money/${await unassignedMoney(world)}/assign`,
    body: {
      accountId: world.accountId,
      allocations: [{ invoiceId: await invoice(world), amount: gbp(1294) }],
    },
  }),
  'POST /v1/accounts/{accountId}/payments/{paymentId}/refunds': asStaffHere(
    async (world) => `/payments/${await gatewayPayment(world)}/refunds`,
    { body: { reason: 'A mistake' } },
  ),
  'POST /v1/webhooks/{gateway}': async (world) => {
    const { event } = await paidEvent(world);
    return { as: '', path: '/v1/webhooks/sandbox', public: true, ...event };
  },
  'GET /v1/accounts/{accountId}/quotes': asOwner('/quotes', aPage),
  'POST /v1/accounts/{accountId}/quotes': asStaffHere('/quotes', {
    body: { lines, subject: 'Hosting', validUntil: '2026-03-30' },
  }),
  'GET /v1/accounts/{accountId}/quotes/{quoteId}': asOwner(async (world) => `/quotes/${await quote(world)}`),
  'POST /v1/accounts/{accountId}/quotes/{quoteId}/accept': asOwner(
    async (world) => `/quotes/${await quote(world)}/accept`,
  ),
  'POST /v1/accounts/{accountId}/quotes/{quoteId}/decline': asOwner(
    async (world) => `/quotes/${await quote(world)}/decline`,
  ),
};
