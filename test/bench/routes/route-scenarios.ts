import { staff } from './portal-world.ts';
import { billingScenarios } from './scenarios/billing.ts';
import { holdingsScenarios } from './scenarios/holdings.ts';
import { ordersScenarios } from './scenarios/orders.ts';
import { peopleScenarios } from './scenarios/people.ts';
import { providerScenarios } from './scenarios/provider.ts';
import { aPage, asOwner, type Scenario } from './scenarios/scenario.ts';
import { ticketsScenarios } from './scenarios/tickets.ts';

/** One request of each route, by the route's key; the owner's where it may, staff's where it may not. */
export const scenarios: Record<string, Scenario> = {
  ...peopleScenarios,
  ...ticketsScenarios,
  ...billingScenarios,
  ...holdingsScenarios,
  ...ordersScenarios,
  ...providerScenarios,
};

/** Routes that are not measured here, by their keys, with the reason. */
export const reasons: Record<string, string> = {
  'GET /v1/accounts/{accountId}/dashboard': 'it reads what it counts: see the section linked',
  'GET /v1/invitation/{token}': 'rare, and its token is signed for one invitation',
  'POST /v1/invitation/{token}': 'once for each invitation, and it waits for the second to end',
  'GET /v1/unsubscribe/{token}': 'rare, and its token is signed for one person',
  'POST /v1/unsubscribe/{token}': 'once for each person and kind of mail',
  'GET /v1/mail/{token}': 'rare, and its token is signed for one question',
  'POST /v1/mail/{token}': 'once for each question',
  'POST /v1/sign-in/help': 'three times a day for an address at most',
  'POST /v1/accounts/{accountId}/contacts/{contactId}/invite': 'once a day for an address at most',
  'PUT /v1/staff/accounts/{accountId}/owner': 'rare, and the user pool does the work',
  'DELETE /v1/staff/accounts/{accountId}/owner': 'rare: staff withdraw what they asked for',
  'GET /v1/accounts/{accountId}/credit-notes': 'rare, and one query of one page',
  'GET /v1/accounts/{accountId}/credit-notes/{creditNoteId}': 'rare, and one read of one row',
  'POST /v1/accounts/{accountId}/invoices/{invoiceId}/copies':
    'staff have an invoice printed anew now and then',
  'GET /v1/accounts/{accountId}/invoices/{invoiceId}/copies/{copy}/pdf': 'read as the first print is',
  'GET /v1/accounts/{accountId}/credit-notes/{creditNoteId}/pdf': 'read as that of an invoice is',
  'GET /v1/accounts/{accountId}/payments/{paymentId}/pdf': 'read as that of an invoice is',
  'POST /v1/accounts/{accountId}/invoices/{invoiceId}/credit-notes': 'staff correct an invoice now and then',
  'GET /v1/staff/credit-notes': 'as the list of all payments, and rarer',
  'GET /v1/staff/reports/tax': 'once a month: it reads the documents of its days',
  'GET /v1/staff/reports/receivables': 'once a month: it reads what is open, and the journal since its day',
  'GET /v1/staff/reports/journal': 'once a month: it reads the entries of its days',
  'GET /v1/staff/mail': 'rare, and one query of one page',
  'GET /v1/staff/dead-addresses': 'rare, and one query of one page',
  'DELETE /v1/staff/dead-addresses/{address}': 'rare: somebody says that their address works',
  'GET /v1/staff/members': 'a handful of people, read by administrators',
  'POST /v1/staff/members': 'rare, and the user pool does the work',
  'PATCH /v1/staff/members/{memberId}': 'rare: somebody changes their work',
  'DELETE /v1/staff/members/{memberId}': 'rare: somebody leaves the provider',
  'DELETE /v1/staff/members/{memberId}/second-factor': 'rare, and it waits for the second to end',
  'PATCH /v1/me': 'rare, and one read and one write of one row',
  'POST /v1/me/sign-out-everywhere': 'rare, and it waits for the second to end',
  'POST /v1/me/password': 'rare, and the user pool does the work',
  'POST /v1/me/prove-address': 'ten times a day at most',
  'POST /v1/me/prove-address/confirm': 'once for each mailed code',
  'POST /v1/me/address': 'ten times a day at most',
  'POST /v1/me/address/confirm': 'once for each mailed code',
  'POST /v1/me/second-factor': 'rare, and the user pool does the work',
  'POST /v1/me/second-factor/confirm': 'rare, and it waits for the second to end',
  'DELETE /v1/me/second-factor': 'rare, and the user pool does the work',
  'POST /v1/me/memberships/{accountId}/accept': 'once for each invitation',
  'DELETE /v1/me/memberships/{accountId}': 'once for each membership',
};

/** More of what happens often: by what it is called, with the method. */
export const variants: Record<string, { method: string; scenario: Scenario }> = {
  'GET …/tickets, refused with its explanation': {
    method: 'GET',
    scenario: async (world) => ({
      as: (await world.subAccount(['invoices'])).userId,
      path: `${world.account}/tickets`,
    }),
  },
  'GET …/tickets by staff': {
    method: 'GET',
    scenario: ({ account }) => ({ as: staff, path: `${account}/tickets`, ...aPage }),
  },
  'POST …/tickets with Idempotency-Key': {
    method: 'POST',
    scenario: asOwner('/tickets', {
      body: { subject: 'A question', message: 'How?' },
      headers: { 'idempotency-key': 'bench' },
    }),
  },
};
