import type { Capability, Route } from '../shared/http/route.ts';
import { accessRequestsRoutes } from './access-requests/routes.ts';
import { accountsRoutes } from './accounts/routes.ts';
import { activityRoutes } from './activity/routes.ts';
import { contactsRoutes } from './contacts/routes.ts';
import { invoicesRoutes } from './invoices/routes.ts';
import { ticketsRoutes } from './tickets/routes.ts';

/** The whole API: every capability with the routes that its function serves. */
export const capabilities: readonly Capability[] = [
  { name: 'accounts', routes: accountsRoutes },
  { name: 'contacts', routes: contactsRoutes },
  { name: 'access-requests', routes: accessRequestsRoutes },
  { name: 'activity', routes: activityRoutes },
  { name: 'tickets', routes: ticketsRoutes },
  { name: 'invoices', routes: invoicesRoutes },
];

export const everyRoute: readonly Route[] = capabilities.flatMap((capability) => capability.routes);
