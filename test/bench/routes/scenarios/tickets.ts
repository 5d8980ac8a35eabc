import { type PortalWorld, staff } from '../portal-world.ts';
import { aPage, asOwner, asStaff, type Scenario } from './scenario.ts';

async function ticketPath(world: PortalWorld, more: Record<string, unknown> = {}): Promise<string> {
  return `${world.account}/tickets/${await world.ticket(more)}`;
}

/** Tickets with their files, and mail out and in. */
export const ticketsScenarios: Record<string, Scenario> = {
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
    for (let sent = 0; sent < Number(aPage.query.limit); sent++) await world.sentMail();
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
};
