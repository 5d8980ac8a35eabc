import { cartItem, domain, filledCart, order, paidOrder, shopper, waitingOrder } from '../account-things.ts';
import type { PortalWorld } from '../portal-world.ts';
import { aPage, asOwner, asStaff, type Asked, type Scenario } from './scenario.ts';

/** Whoever has one thing in the cart. */
const withCart =
  (below: (itemId: string) => string, body?: object): Scenario =>
  async (world) => {
    const { userId, itemId } = await filledCart(world);
    return { as: userId, path: `${world.account}/cart${below(itemId)}`, ...(body ? { body } : {}) };
  };

/** The main account's owner about an order that waits. */
async function asMain(world: PortalWorld, what: string, body: object): Promise<Asked> {
  const { mainOwner, orderPath } = await waitingOrder(world);
  return { as: mainOwner, path: `${orderPath}/${what}`, body };
}

/** The cart, and what becomes of it. */
export const ordersScenarios: Record<string, Scenario> = {
  'GET /v1/accounts/{accountId}/cart': withCart(() => ''),
  'PUT /v1/accounts/{accountId}/cart': async (world) => {
    const body = { forAccountId: world.accountId };
    return { as: await shopper(world), path: `${world.account}/cart`, body };
  },
  'DELETE /v1/accounts/{accountId}/cart': withCart(() => ''),
  'POST /v1/accounts/{accountId}/cart/domain-renewals': async (world) => {
    const body = { renewals: [{ domainId: await domain(world), years: 1 }] };
    return { as: await shopper(world), path: `${world.account}/cart/domain-renewals`, body };
  },
  'POST /v1/accounts/{accountId}/cart/items': async (world) => ({
    as: await shopper(world),
    path: `${world.account}/cart/items`,
    body: cartItem,
  }),
  'PATCH /v1/accounts/{accountId}/cart/items/{itemId}': withCart((itemId) => `/items/${itemId}`, {
    quantity: 2,
  }),
  'DELETE /v1/accounts/{accountId}/cart/items/{itemId}': withCart((itemId) => `/items/${itemId}`),
  'POST /v1/accounts/{accountId}/cart/checkout': withCart(() => '/checkout', {}),
  'GET /v1/accounts/{accountId}/orders': asOwner('/orders', aPage),
  'GET /v1/accounts/{accountId}/orders/{orderId}': asOwner(
    async (world) => `/orders/${(await order(world)).id}`,
  ),
  'POST /v1/accounts/{accountId}/orders/{orderId}/approve': (world) =>
    asMain(world, 'approve', { paymentMethod: 'sandbox' }),
  'POST /v1/accounts/{accountId}/orders/{orderId}/reject': (world) =>
    asMain(world, 'reject', { reason: 'Not this year' }),
  'POST /v1/accounts/{accountId}/orders/{orderId}/cancel': asOwner(
    async (world) => `/orders/${(await order(world)).id}/cancel`,
  ),
  'GET /v1/staff/orders': asStaff('/orders', { query: { ...aPage.query, status: 'awaiting-payment' } }),
  'POST /v1/staff/orders/{orderId}/approve': asStaff(
    async (world) => `/orders/${await paidOrder(world)}/approve`,
    { body: { startOn: '2026-03-10' } },
  ),
  'POST /v1/staff/orders/{orderId}/reject': asStaff(
    async (world) => `/orders/${await paidOrder(world)}/reject`,
    { body: { reason: 'No room' } },
  ),
};
