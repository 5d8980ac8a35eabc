import type { CallOptions } from '../../support/memory-portal.ts';
import { type PortalWorld, staff } from './portal-world.ts';

/** A request that is about to be measured; whatever it needs is there. */
export interface Asked extends CallOptions {
  as: string;
  path: string;
}

export type Scenario = (world: PortalWorld) => Promise<Asked> | Asked;

const asOwner =
  (below: string, options: CallOptions = {}): Scenario =>
  (world) => ({ as: world.owner, path: `${world.account}${below}`, ...options });

const asStaff =
  (below: string, options: CallOptions = {}): Scenario =>
  () => ({ as: staff, path: `/v1/staff${below}`, ...options });

/** As many as the smaller account has too, so that a page holds as much in both. */
const aPage = { query: { limit: '10' } };

async function ticketPath(world: PortalWorld, more: Record<string, unknown> = {}): Promise<string> {
  return `${world.account}/tickets/${await world.ticket(more)}`;
}

async function requestPath(world: PortalWorld): Promise<string> {
  const { userId } = await world.subAccount();
  return `${world.account}/access-requests/${await world.accessRequest(userId)}`;
}

/** One request of each route, by the route's key; the owner's where it may, staff's where it may not. */
export const scenarios: Record<string, Scenario> = {
  'GET /v1/me': ({ owner }) => ({ as: owner, path: '/v1/me' }),
  'GET /v1/permissions': ({ owner }) => ({ as: owner, path: '/v1/permissions' }),
  'GET /v1/accounts/{accountId}': asOwner(''),
  'PATCH /v1/accounts/{accountId}': asOwner('', { body: { taxId: 'GB123' } }),
  'GET /v1/staff/accounts': asStaff('/accounts'),
  'POST /v1/staff/accounts': (world) => ({
    as: staff,
    path: '/v1/staff/accounts',
    body: { name: 'Another', owner: { name: 'Somebody', email: world.address() } },
  }),
  'GET /v1/accounts/{accountId}/contacts': asOwner('/contacts', aPage),
  'POST /v1/accounts/{accountId}/contacts': (world) => ({
    as: world.owner,
    path: `${world.account}/contacts`,
    body: { name: 'Somebody', email: world.address() },
  }),
  'GET /v1/accounts/{accountId}/contacts/{contactId}': async (world) => {
    const { contactId } = await world.subAccount();
    return { as: world.owner, path: `${world.account}/contacts/${contactId}` };
  },
  'PATCH /v1/accounts/{accountId}/contacts/{contactId}': async (world) => {
    const path = `${world.account}/contacts/${await world.contact()}`;
    return { as: world.owner, path, body: { email: world.address() } };
  },
  'DELETE /v1/accounts/{accountId}/contacts/{contactId}': async (world) => {
    const { contactId } = await world.subAccount();
    return { as: world.owner, path: `${world.account}/contacts/${contactId}` };
  },
  'PUT /v1/accounts/{accountId}/contacts/{contactId}/sub-account': async (world) => {
    const path = `${world.account}/contacts/${await world.contact()}/sub-account`;
    return { as: world.owner, path, body: { permissions: ['tickets'] } };
  },
  'DELETE /v1/accounts/{accountId}/contacts/{contactId}/sub-account': async (world) => {
    const { contactId } = await world.subAccount();
    return { as: world.owner, path: `${world.account}/contacts/${contactId}/sub-account` };
  },
  'GET /v1/accounts/{accountId}/contacts/{contactId}/effective-access': async (world) => {
    const { contactId } = await world.subAccount();
    return { as: world.owner, path: `${world.account}/contacts/${contactId}/effective-access` };
  },
  'GET /v1/accounts/{accountId}/access-requests': asOwner('/access-requests', aPage),
  'POST /v1/accounts/{accountId}/access-requests': async (world) => {
    const { userId } = await world.subAccount();
    const body = { permissions: ['invoices'] };
    return { as: userId, path: `${world.account}/access-requests`, body };
  },
  'POST /v1/accounts/{accountId}/access-requests/{requestId}/approve': async (world) => ({
    as: world.owner,
    path: `${await requestPath(world)}/approve`,
  }),
  'POST /v1/accounts/{accountId}/access-requests/{requestId}/reject': async (world) => ({
    as: world.owner,
    path: `${await requestPath(world)}/reject`,
  }),
  'GET /v1/accounts/{accountId}/activity': asOwner('/activity', aPage),
  'GET /v1/accounts/{accountId}/invoices': asOwner('/invoices', aPage),
  'GET /v1/accounts/{accountId}/tickets': asOwner('/tickets', aPage),
  'POST /v1/accounts/{accountId}/tickets': asOwner('/tickets', {
    body: { subject: 'A question', message: 'How?' },
  }),
  'GET /v1/accounts/{accountId}/tickets/{ticketId}': async (world) => ({
    as: world.owner,
    path: await ticketPath(world),
  }),
  'PATCH /v1/accounts/{accountId}/tickets/{ticketId}': async (world) => ({
    as: staff,
    path: await ticketPath(world),
    body: { priority: 'high' },
  }),
  'POST /v1/accounts/{accountId}/tickets/{ticketId}/replies': async (world) => ({
    as: world.owner,
    path: `${await ticketPath(world)}/replies`,
    body: { message: 'Like this.' },
  }),
  'POST /v1/accounts/{accountId}/tickets/{ticketId}/close': async (world) => ({
    as: world.owner,
    path: `${await ticketPath(world)}/close`,
  }),
  'POST /v1/accounts/{accountId}/tickets/{ticketId}/reopen': async (world) => {
    const path = await ticketPath(world);
    await world.call(world.owner, 'POST', `${path}/close`);
    return { as: world.owner, path: `${path}/reopen` };
  },
  'POST /v1/accounts/{accountId}/tickets/{ticketId}/assign': async (world) => ({
    as: staff,
    path: `${await ticketPath(world)}/assign`,
    body: { assignee: `${staff}@portal.test` },
  }),
  'DELETE /v1/accounts/{accountId}/tickets/{ticketId}/cc/{address}': async (world) => {
    const address = world.address();
    return { as: world.owner, path: `${await ticketPath(world, { cc: [address] })}/cc/${address}` };
  },
  'GET /v1/staff/tickets': asStaff('/tickets', aPage),
  'POST /v1/accounts/{accountId}/attachments': asOwner('/attachments', {
    body: { fileName: 'a.txt', contentType: 'text/plain', size: 100 },
  }),
  'POST /v1/accounts/{accountId}/tickets/{ticketId}/move': async (world) => ({
    as: staff,
    path: `${await ticketPath(world)}/move`,
    body: { accountId: await world.otherAccount() },
  }),
  'GET /v1/accounts/{accountId}/attachments/{attachmentId}': async (world) => ({
    as: world.owner,
    path: `${world.account}/attachments/${await world.upload()}`,
  }),
  'GET /v1/accounts/{accountId}/emails': async (world) => {
    await world.sentMail();
    return { as: world.owner, path: `${world.account}/emails`, ...aPage };
  },
  'GET /v1/accounts/{accountId}/emails/{emailId}': async (world) => ({
    as: world.owner,
    path: `${world.account}/emails/${await world.sentMail()}`,
  }),
  'GET /v1/staff/mail-in': async (world) => {
    await world.mailKeptBack();
    return { as: staff, path: '/v1/staff/mail-in', ...aPage };
  },
  'GET /v1/staff/quarantine': async (world) => {
    await world.mailKeptBack();
    return { as: staff, path: '/v1/staff/quarantine', ...aPage };
  },
  'POST /v1/staff/quarantine/{mailId}/replay': async (world) => ({
    as: staff,
    path: `/v1/staff/quarantine/${await world.mailKeptBack()}/replay`,
  }),
  'POST /v1/staff/quarantine/{mailId}/discard': async (world) => ({
    as: staff,
    path: `/v1/staff/quarantine/${await world.mailKeptBack()}/discard`,
  }),
  'GET /v1/staff/settings': asStaff('/settings'),
  'PUT /v1/staff/settings': asStaff('/settings', { body: { 'tickets.closeAfterDays': 9 } }),
  'GET /v1/staff/departments': asStaff('/departments'),
  'PUT /v1/staff/departments': asStaff('/departments', {
    body: { items: [{ name: 'Support', address: 'support@portal.test' }] },
  }),
  'GET /v1/staff/mail-templates': asStaff('/mail-templates'),
  'GET /v1/staff/mail-templates/{name}': asStaff('/mail-templates/ticket-reply'),
  'PUT /v1/staff/mail-templates/{name}': asStaff('/mail-templates/ticket-reply', {
    body: { subject: 'A reply', text: '{{ message }}', html: '<p>{{ message }}</p>' },
  }),
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
