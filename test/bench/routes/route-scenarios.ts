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
