import { document, domain, newDocument, newService, service, usageOf } from '../account-things.ts';
import { type PortalWorld, staff } from '../portal-world.ts';
import { aPage, asOwner, asStaff, asStaffHere, type Scenario } from './scenario.ts';

const servicePath = async (world: PortalWorld) => `/services/${await service(world)}`;

/** What an account has: domains, services with their usage, documents. */
export const holdingsScenarios: Record<string, Scenario> = {
  'GET /v1/accounts/{accountId}/domains': asOwner('/domains', aPage),
  'POST /v1/accounts/{accountId}/domains': asStaffHere('/domains', {
    body: { name: 'bench.com', registeredOn: '2020-01-01', expiresOn: '2026-04-01' },
  }),
  'GET /v1/accounts/{accountId}/domains/{domainId}': asOwner(
    async (world) => `/domains/${await domain(world)}`,
  ),
  'PATCH /v1/accounts/{accountId}/domains/{domainId}': asOwner(
    async (world) => `/domains/${await domain(world)}`,
    { body: { locked: false } },
  ),
  'GET /v1/accounts/{accountId}/domain-renewals': asOwner('/domain-renewals', aPage),
  'GET /v1/staff/renewals/preview': asStaff('/renewals/preview'),
  'GET /v1/accounts/{accountId}/services': asOwner('/services', aPage),
  'POST /v1/accounts/{accountId}/services': asStaffHere('/services', { body: newService }),
  'GET /v1/accounts/{accountId}/services/{serviceId}': asOwner(servicePath),
  'PATCH /v1/accounts/{accountId}/services/{serviceId}': asStaffHere(servicePath, {
    body: { name: 'Renamed' },
  }),
  'POST /v1/accounts/{accountId}/services/{serviceId}/pause': asOwner(
    async (world) => `${await servicePath(world)}/pause`,
    { body: {} },
  ),
  'POST /v1/accounts/{accountId}/services/{serviceId}/resume': asOwner(async (world) => {
    const path = await servicePath(world);
    await world.done(world.owner, 'POST', `${world.account}${path}/pause`, { body: {} });
    return `${path}/resume`;
  }),
  'POST /v1/accounts/{accountId}/services/{serviceId}/change': asOwner(
    async (world) => `${await servicePath(world)}/change`,
    { body: { productId: 'prd_big', mode: 'self' } },
  ),
  'POST /v1/accounts/{accountId}/services/{serviceId}/cancel': asOwner(
    async (world) => `${await servicePath(world)}/cancel`,
    { body: { when: 'now', reason: 'Moving' } },
  ),
  'POST /v1/staff/usage': async (world) => ({
    as: staff,
    path: '/v1/staff/usage',
    body: { records: [usageOf(world, await service(world))] },
  }),
  'GET /v1/accounts/{accountId}/services/{serviceId}/usage': asOwner(
    async (world) => {
      const serviceId = await service(world);
      await world.done(staff, 'POST', '/v1/staff/usage', { body: { records: [usageOf(world, serviceId)] } });
      return `/services/${serviceId}/usage`;
    },
    { query: { from: '2026-02-01', to: '2026-02-28' } },
  ),
  'GET /v1/accounts/{accountId}/documents': asOwner('/documents', aPage),
  'POST /v1/accounts/{accountId}/documents': asStaffHere('/documents', { body: newDocument }),
  'GET /v1/accounts/{accountId}/documents/{documentId}': async (world) => {
    const path = `${world.account}/documents/${await document(world)}`;
    // Whoever reads it first notes that it is there.
    await world.done(world.owner, 'GET', path);
    return { as: world.owner, path };
  },
};
