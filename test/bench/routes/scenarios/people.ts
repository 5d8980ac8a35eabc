import { type PortalWorld, staff } from '../portal-world.ts';
import { linkedAccount } from '../account-things.ts';
import { aPage, asOwner, asStaff, type Scenario } from './scenario.ts';

async function requestPath(world: PortalWorld): Promise<string> {
  const { userId } = await world.subAccount();
  return `${world.account}/access-requests/${await world.accessRequest(userId)}`;
}

/** Accounts, the people in them, and what they may and have done. */
export const peopleScenarios: Record<string, Scenario> = {
  'GET /v1/me': ({ owner }) => ({ as: owner, path: '/v1/me' }),
  'GET /v1/permissions': ({ owner }) => ({ as: owner, path: '/v1/permissions' }),
  'GET /v1/accounts/{accountId}': asOwner(''),
  'PATCH /v1/accounts/{accountId}': asOwner('', { body: { taxId: 'GB123' } }),
  'GET /v1/staff/accounts': asStaff('/accounts'),
  'GET /v1/staff/accounts/{accountId}': asStaff(async (world) => `/accounts/${await world.otherAccount()}`),
  'POST /v1/staff/accounts': (world) => ({
    as: staff,
    path: '/v1/staff/accounts',
    body: { name: 'Another', owner: { name: 'Somebody', email: world.address() } },
  }),
  'PATCH /v1/staff/accounts/{accountId}': asStaff(
    async (world) => `/accounts/${await world.otherAccount()}`,
    { body: { status: 'blocked' } },
  ),
  'POST /v1/staff/accounts/{accountId}/close': asStaff(
    async (world) => `/accounts/${await world.otherAccount()}/close`,
    { body: { reason: 'It left' } },
  ),
  'GET /v1/accounts/{accountId}/notifications': asOwner('/notifications', aPage),
  'POST /v1/accounts/{accountId}/notifications/{notificationId}/read': asOwner(
    async (world) => `/notifications/${await world.notification()}/read`,
  ),
  'GET /v1/accounts/{accountId}/linked-accounts': async (world) => {
    const { mainId } = await linkedAccount(world);
    return { as: staff, path: `/v1/accounts/${mainId}/linked-accounts` };
  },
  'PUT /v1/staff/accounts/{accountId}/main-account': async (world) => {
    const [accountId, mainAccountId] = [await world.otherAccount(), await world.otherAccount()];
    const path = `/v1/staff/accounts/${accountId}/main-account`;
    return { as: staff, path, body: { mainAccountId, kind: 'aggregated' } };
  },
  'DELETE /v1/staff/accounts/{accountId}/main-account': async (world) => {
    const { accountId } = await linkedAccount(world);
    return { as: staff, path: `/v1/staff/accounts/${accountId}/main-account` };
  },
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
  'PUT /v1/accounts/{accountId}/contacts/{contactId}': async (world) => {
    const path = `${world.account}/contacts/${await world.contact()}`;
    return { as: world.owner, path, body: { phone: '+44 1', subAccount: { permissions: ['tickets'] } } };
  },
  'POST /v1/accounts/{accountId}/contacts/preview': (world) => ({
    as: world.owner,
    path: `${world.account}/contacts/preview`,
    body: { name: 'Somebody', email: world.address(), subAccount: { permissions: ['tickets'] } },
  }),
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
};
