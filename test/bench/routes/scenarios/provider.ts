import { comPrice } from '../../../support/desks/domain-desk.ts';
import { catalogue } from '../account-things.ts';
import { asStaff, type Scenario } from './scenario.ts';

/** What the provider sells, and how the portal is set up. */
export const providerScenarios: Record<string, Scenario> = {
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
  'GET /v1/products': ({ owner }) => ({ as: owner, path: '/v1/products' }),
  'GET /v1/staff/products': asStaff('/products'),
  'PUT /v1/staff/products': asStaff('/products', { body: { items: catalogue } }),
  'GET /v1/staff/domain-prices/{tld}': asStaff('/domain-prices/com'),
  'PUT /v1/staff/domain-prices/{tld}': asStaff('/domain-prices/com', { body: comPrice }),
};
