import type { Item } from '../../shared/table/table.ts';
import { notificationRow } from '../../shared/notifications/notification.ts';
import { comPrice } from '../support/desks/domain-desk.ts';
import type { MemoryPortal } from '../support/memory/memory-portal.ts';

/** Things that exist in an account, by the name of the path's parameter. */
export type Things = Record<string, string>;

/** One thing of every kind that a path can name. */
export async function things(
  portal: MemoryPortal,
  ownerId: string,
  accountId: string,
  asker: string,
): Promise<Things> {
  const base = `/v1/accounts/${accountId}`;
  const make = async (userId: string, path: string, body: object) =>
    (await portal.call(userId, 'POST', `${base}${path}`, { body })).body.id as string;
  const made: Things = {
    contactId: await make(ownerId, '/contacts', { name: 'Thing', email: 'thing@things.test' }),
    requestId: await make(asker, '/access-requests', { permissions: ['documents'] }),
    attachmentId: await make(ownerId, '/attachments', {
      fileName: 'thing.txt',
      contentType: 'text/plain',
      size: 5,
    }),
    address: 'copied@things.test',
  };
  const attachmentIds = [made['attachmentId']];
  await portal.files.put(`attachments/${made['attachmentId']}`, new TextEncoder().encode('thing'));
  made['ticketId'] = await make(ownerId, '/tickets', { subject: 'Thing', message: 'Thing', attachmentIds });
  const staff = async (path: string, body: object) =>
    (await portal.call('stan', 'POST', `${base}${path}`, { body })).body.id as string;
  const lines = [{ description: 'Thing', quantity: 1, unitPrice: { amount: 100, currency: 'GBP' } }];
  made['invoiceId'] = await staff('/invoices', { lines, dueOn: '2026-03-15' });
  made['quoteId'] = await staff('/quotes', { lines, subject: 'Thing', validUntil: '2026-03-15' });
  made['massPaymentId'] = await make(ownerId, '/mass-payments', { invoices: [made['invoiceId']] });
  const paid = { amount: { amount: 1, currency: 'GBP' }, method: 'cash', reference: accountId };
  made['paymentId'] = await staff(`/invoices/${made['invoiceId']}/payments`, {
    ...paid,
    receivedOn: '2026-03-01',
  });
  made['creditNoteId'] = await staff(`/invoices/${made['invoiceId']}/credit-notes`, {
    amount: { amount: 1, currency: 'GBP' },
    reason: 'Thing',
  });
  const copied = `/invoices/${made['invoiceId']}/copies`;
  await portal.call('stan', 'POST', `${base}${copied}`, { body: { reason: 'Thing' } });
  made['copy'] = '1';
  const unassigned = { ...paid, reference: `${accountId} U`, receivedOn: '2026-03-01' };
  const noted = await portal.call('stan', 'POST', '/v1/staff/unassigned-money', { body: unassigned });
  made['moneyId'] = noted.body.id;
  made['domainId'] = await staff('/domains', {
    name: `${accountId.toLowerCase().replaceAll('_', '-')}.com`,
    registeredOn: '2025-04-01',
    expiresOn: '2026-04-01',
  });
  made['serviceId'] = await staff('/services', {
    name: 'Thing',
    price: { amount: 100, currency: 'GBP' },
    cycle: 'monthly',
    startOn: '2026-03-01',
  });
  const renewals = [{ domainId: made['domainId'], years: 1 }];
  await portal.call(ownerId, 'POST', `${base}/cart/domain-renewals`, { body: { renewals } });
  const ordered = await portal.call(ownerId, 'POST', `${base}/cart/checkout`, { body: {} });
  made['orderId'] = ordered.body.order.id;
  const cart = await portal.call(ownerId, 'POST', `${base}/cart/items`, {
    body: { productId: 'prd_thing', cycle: 'monthly' },
  });
  made['itemId'] = cart.body.items[0].id;
  made['documentId'] = await staff('/documents', {
    name: 'Thing',
    kind: 'document',
    fileName: 'thing.pdf',
    contentType: 'application/pdf',
    size: 5,
    visibleToMainAccount: true,
  });
  await portal.files.put(`documents/${made['documentId']}.pdf`, new TextEncoder().encode('%PDF-'));
  // For everybody in the account.
  const notification = notificationRow(
    {
      accountId,
      kind: 'access-decided',
      to: { permissions: [] },
      text: 'Thing',
      subject: { kind: 'thing', id: 'thing', name: 'Thing' },
      href: base,
    },
    portal.now,
  ) as { put: Item };
  await portal.table.transact([notification]);
  made['notificationId'] = String(notification.put['id']);
  await portal.deliver();
  const emails = await portal.call(ownerId, 'GET', `${base}/emails`);
  // Of a kind that everybody may see who may see mail at all.
  const { id: emailId } = emails.body.items.find(({ kind }: { kind: string }) => kind === 'general');
  return { ...made, emailId };
}

/** What can be ordered. */
export async function sellThings(portal: MemoryPortal): Promise<void> {
  await portal.call('stan', 'PUT', '/v1/staff/domain-prices/com', { body: comPrice });
  const price = { amount: 100, currency: 'GBP' };
  const items = [{ id: 'prd_thing', name: 'Thing', kind: 'thing', prices: [{ cycle: 'monthly', price }] }];
  await portal.call('stan', 'PUT', '/v1/staff/products', { body: { items } });
}
