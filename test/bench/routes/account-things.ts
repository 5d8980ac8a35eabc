import { gbp, line } from '../../support/desks/billing-desk.ts';
import { comPrice } from '../../support/desks/domain-desk.ts';
import { type PortalWorld, staff } from './portal-world.ts';

const product = (id: string, name: string, monthly: number) => ({
  id,
  name,
  kind: 'hosting',
  prices: [
    { cycle: 'monthly', price: gbp(monthly) },
    { cycle: 'annually', price: gbp(monthly * 11) },
  ],
});

export const catalogue = [product('prd_basic', 'Basic', 3100), product('prd_big', 'Big', 6200)];

export const lines = [line(1000), line(250, 'GBP', '17.5')];

const post = (world: PortalWorld, as: string, below: string, body: object = {}) =>
  world.done(as, 'POST', `${world.account}${below}`, { body });

/** What can be ordered, and all that a main account may reach beneath it. */
export async function openShop(world: PortalWorld): Promise<void> {
  await world.done(staff, 'PUT', '/v1/staff/settings', {
    body: { 'linkedAccounts.management': true, 'linkedAccounts.independentAccess': true },
  });
  await world.done(staff, 'PUT', '/v1/staff/products', { body: { items: catalogue } });
  await world.done(staff, 'PUT', '/v1/staff/domain-prices/com', { body: comPrice });
}

export async function invoice(world: PortalWorld, draft = false): Promise<string> {
  return (await post(world, staff, '/invoices', { lines, dueOn: '2026-03-15', draft })).id;
}

export async function quote(world: PortalWorld): Promise<string> {
  return (await post(world, staff, '/quotes', { lines, subject: 'Hosting', validUntil: '2026-03-30' })).id;
}

export async function credit(world: PortalWorld, amount: number): Promise<void> {
  await post(world, staff, '/credit', { amount: gbp(amount), reason: 'To pay with' });
}

/** Money by bank, which nobody has recorded before. */
export const received = (world: PortalWorld, amount: object) => ({
  amount,
  method: 'bank-transfer',
  reference: world.key(),
  receivedOn: '2026-03-01',
});

/** A payment of an invoice by bank. */
export async function payment(world: PortalWorld): Promise<string> {
  return (await post(world, staff, `/invoices/${await invoice(world)}/payments`, received(world, gbp(1294))))
    .id;
}

/** Money by bank that fits no account. */
export async function unassignedMoney(world: PortalWorld): Promise<string> {
  const body = received(world, gbp(1294));
  return (await world.done(staff, 'POST', '/v1/staff/unassigned-money', { body })).id;
}

export async function massPayment(world: PortalWorld): Promise<string> {
  return (await post(world, world.owner, '/mass-payments', { invoices: [await invoice(world)] })).id;
}

/** A mass payment whose payer was sent to the gateway. */
export async function begunPayment(world: PortalWorld): Promise<string> {
  const id = await massPayment(world);
  await world.done(world.owner, 'POST', `${world.account}/mass-payments/${id}/pay`, {
    body: { method: 'sandbox' },
    headers: { 'idempotency-key': world.key() },
  });
  return id;
}

/** The gateway's event that a payment was made. */
export async function paidEvent(world: PortalWorld) {
  const { gateway } = world.portal;
  const id = await begunPayment(world);
  gateway.act(id, 'pay');
  return { id, event: gateway.eventFor(id)! };
}

/** A payment through the gateway, with its money booked. */
export async function gatewayPayment(world: PortalWorld): Promise<string> {
  const { id, event } = await paidEvent(world);
  await world.portal.webhook('sandbox', event.body, event.headers);
  const { paymentId } = await world.done(world.owner, 'GET', `${world.account}/mass-payments/${id}`);
  return paymentId;
}

export async function domain(world: PortalWorld): Promise<string> {
  const name = `${world.key()}.com`;
  return (await post(world, staff, '/domains', { name, registeredOn: '2020-01-01', expiresOn: '2026-04-01' }))
    .id;
}

export const newService = {
  name: 'Basic (monthly)',
  productId: 'prd_basic',
  price: gbp(3100),
  cycle: 'monthly',
  startOn: '2026-03-01',
};

export async function service(world: PortalWorld): Promise<string> {
  return (await post(world, staff, '/services', newService)).id;
}

export const usageOf = (world: PortalWorld, serviceId: string) => ({
  accountId: world.accountId,
  serviceId,
  kind: 'internet',
  day: '2026-02-28',
  sourceId: world.key(),
  bytesIn: 1000,
  bytesOut: 100,
});

export const newDocument = {
  name: 'Contract',
  kind: 'contract',
  fileName: 'contract.pdf',
  contentType: 'application/pdf',
  size: 5,
};

export async function document(world: PortalWorld): Promise<string> {
  const { id } = await post(world, staff, '/documents', newDocument);
  await world.portal.files.put(`documents/${id}.pdf`, new TextEncoder().encode('%PDF-'));
  return id;
}

/** Somebody with an empty cart. */
export async function shopper(world: PortalWorld): Promise<string> {
  return (await world.subAccount(['orders', 'domains', 'products', 'invoices'])).userId;
}

export const cartItem = { productId: 'prd_basic', cycle: 'monthly' };

/** Somebody with one thing in the cart. */
export async function filledCart(world: PortalWorld): Promise<{ userId: string; itemId: string }> {
  const userId = await shopper(world);
  const { items } = await post(world, userId, '/cart/items', cartItem);
  return { userId, itemId: items[0].id };
}

/** The owner's order, with its invoice. */
export async function order(world: PortalWorld): Promise<{ id: string; invoice: any }> {
  await post(world, world.owner, '/cart/items', cartItem);
  const { order, invoice } = await post(world, world.owner, '/cart/checkout');
  return { id: order.id, invoice };
}

/** An order that was paid, and waits for staff. */
export async function paidOrder(world: PortalWorld): Promise<string> {
  const { id, invoice } = await order(world);
  // What else waits to be mailed is not needed.
  world.portal.nudged = [];
  await post(world, staff, `/invoices/${invoice.id}/payments`, received(world, invoice.total));
  await world.portal.deliver();
  return id;
}

/** An account linked beneath a main account, each with an owner of its own. */
export async function linkedAccount(world: PortalWorld) {
  const main = await world.portal.createAccount('Main', world.address());
  const { accountId, ownerId } = await world.portal.createAccount('Linked', world.address());
  await world.done(staff, 'PUT', `/v1/staff/accounts/${accountId}/main-account`, {
    body: { mainAccountId: main.accountId, kind: 'aggregated' },
  });
  return { mainId: main.accountId, mainOwner: main.ownerId, accountId, ownerId };
}

/** An order of an aggregated account, which waits for its main account. */
export async function waitingOrder(world: PortalWorld) {
  const linked = await linkedAccount(world);
  const base = `/v1/accounts/${linked.accountId}/cart`;
  await world.done(linked.ownerId, 'POST', `${base}/items`, { body: cartItem });
  const { order } = await world.done(linked.ownerId, 'POST', `${base}/checkout`, { body: {} });
  return { ...linked, orderPath: `/v1/accounts/${linked.mainId}/orders/${order.id}` };
}
