import type { Capability, Route } from '../shared/http/route.ts';
import { accessRequestsRoutes } from './access-requests/routes.ts';
import { accountsRoutes } from './accounts/routes.ts';
import { activityRoutes } from './activity/routes.ts';
import { configurationRoutes } from './configuration/routes.ts';
import { contactsRoutes } from './contacts/routes.ts';
import { emailsRoutes } from './emails/routes.ts';
import { invoicesRoutes } from './invoices/routes.ts';
import { mailInRoutes } from './mail-in/routes.ts';
import { ticketsRoutes } from './tickets/routes.ts';

/** The whole API: every capability with the routes that its function serves. */
export const capabilities: readonly Capability[] = [
  { name: 'accounts', routes: accountsRoutes },
  { name: 'contacts', routes: contactsRoutes },
  { name: 'access-requests', routes: accessRequestsRoutes },
  { name: 'activity', routes: activityRoutes },
  { name: 'tickets', routes: ticketsRoutes },
  { name: 'invoices', routes: invoicesRoutes },
  { name: 'emails', routes: emailsRoutes },
  { name: 'mail-in', routes: mailInRoutes },
  { name: 'configuration', routes: configurationRoutes },
];

export const everyRoute: readonly Route[] = capabilities.flatMap((capability) => capability.routes);
