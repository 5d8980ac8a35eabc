import type { Capability, Route } from '../shared/http/route.ts';
import { accessRequestsRoutes } from './access-requests/routes.ts';
import { accountsRoutes } from './accounts/routes.ts';
import { activityRoutes } from './activity/routes.ts';
import { configurationRoutes } from './configuration/routes.ts';
import { contactsRoutes } from './contacts/routes.ts';
import { dashboardRoutes } from './dashboard/routes.ts';
import { documentsRoutes } from './documents/routes.ts';
import { domainsRoutes } from './domains/routes.ts';
import { emailsRoutes } from './emails/routes.ts';
import { invoicePdfRoutes } from './invoice-pdf/routes.ts';
import { invoicesRoutes } from './invoices/routes.ts';
import { linkedAccountsRoutes } from './linked-accounts/routes.ts';
import { loginsRoutes } from './logins/routes.ts';
import { mailInRoutes } from './mail-in/routes.ts';
import { notificationsRoutes } from './notifications/routes.ts';
import { ordersRoutes } from './orders/routes.ts';
import { paymentsRoutes } from './payments/routes.ts';
import { productsRoutes } from './products/routes.ts';
import { quotesRoutes } from './quotes/routes.ts';
import { renewalPreviewRoutes } from './renewal-preview/routes.ts';
import { reportsRoutes } from './reports/routes.ts';
import { servicesRoutes } from './services/routes.ts';
import { staffMembersRoutes } from './staff-members/routes.ts';
import { ticketsRoutes } from './tickets/routes.ts';
import { usageRoutes } from './usage/routes.ts';

/** The whole API: every capability and the routes of its function. */
export const capabilities: readonly Capability[] = [
  { name: 'accounts', routes: accountsRoutes },
  { name: 'logins', routes: loginsRoutes },
  { name: 'staff-members', routes: staffMembersRoutes },
  { name: 'dashboard', routes: dashboardRoutes },
  { name: 'notifications', routes: notificationsRoutes },
  { name: 'contacts', routes: contactsRoutes },
  { name: 'access-requests', routes: accessRequestsRoutes },
  { name: 'activity', routes: activityRoutes },
  { name: 'linked-accounts', routes: linkedAccountsRoutes },
  { name: 'tickets', routes: ticketsRoutes },
  { name: 'invoices', routes: invoicesRoutes },
  { name: 'invoice-pdf', routes: invoicePdfRoutes },
  { name: 'payments', routes: paymentsRoutes },
  { name: 'reports', routes: reportsRoutes },
  { name: 'quotes', routes: quotesRoutes },
  { name: 'domains', routes: domainsRoutes },
  { name: 'products', routes: productsRoutes },
  { name: 'services', routes: servicesRoutes },
  { name: 'usage', routes: usageRoutes },
  { name: 'orders', routes: ordersRoutes },
  { name: 'renewal-preview', routes: renewalPreviewRoutes },
  { name: 'documents', routes: documentsRoutes },
  { name: 'emails', routes: emailsRoutes },
  { name: 'mail-in', routes: mailInRoutes },
  { name: 'configuration', routes: configurationRoutes },
];

export const everyRoute: readonly Route[] = capabilities.flatMap((capability) => capability.routes);
