import { accessRequestStore } from '../../../functions/access-requests/access-request-store.ts';
import { accessRequestsApi } from '../../../functions/access-requests/api.ts';
import { accountsApi } from '../../../functions/accounts/api.ts';
import { activityApi } from '../../../functions/activity/api.ts';
import { configurationApi } from '../../../functions/configuration/api.ts';
import { contactsApi } from '../../../functions/contacts/api.ts';
import { dashboardApi } from '../../../functions/dashboard/api.ts';
import { documentsApi } from '../../../functions/documents/api.ts';
import { documentStore } from '../../../functions/documents/document-store.ts';
import { emailsApi } from '../../../functions/emails/api.ts';
import { loginsApi } from '../../../functions/logins/api.ts';
import { invoicesApi } from '../../../functions/invoices/api.ts';
import { domainsApi } from '../../../functions/domains/api.ts';
import { notificationsApi } from '../../../functions/notifications/api.ts';
import { notificationStore } from '../../../shared/notifications/notification-store.ts';
import { ordersApi } from '../../../functions/orders/api.ts';
import { creditNoteStore } from '../../../shared/invoices/credit-notes/credit-note-store.ts';
import { cartStore } from '../../../shared/orders/cart-store.ts';
import { productsApi } from '../../../functions/products/api.ts';
import { renewalPreviewApi } from '../../../functions/renewal-preview/api.ts';
import { linkedAccountsApi } from '../../../functions/linked-accounts/api.ts';
import { servicesApi } from '../../../functions/services/api.ts';
import { usageApi } from '../../../functions/usage/api.ts';
import { usageStore } from '../../../functions/usage/usage-store.ts';
import { invoicePdfApi } from '../../../functions/invoice-pdf/api.ts';
import { paymentsApi } from '../../../functions/payments/api.ts';
import { quotesApi } from '../../../functions/quotes/api.ts';
import { quoteStore } from '../../../shared/quotes/quote-store.ts';
import { reportsApi } from '../../../functions/reports/api.ts';
import { creditBook } from '../../../shared/invoices/ledger/credit.ts';
import { mailInApi } from '../../../functions/mail-in/api.ts';
import { everyRoute } from '../../../functions/routes.ts';
import { staffMembersApi } from '../../../functions/staff-members/api.ts';
import { ticketsApi } from '../../../functions/tickets/api.ts';
import { attachmentStore } from '../../../shared/tickets/attachment-store.ts';
import { ticketStore } from '../../../shared/tickets/ticket-store.ts';
import type { BoundRoute } from '../../../shared/http/request.ts';
import { routeKey } from '../../../shared/http/route.ts';
import { deadAddressStore } from '../../../shared/mail/delivery/dead-addresses.ts';
import { readDepartments } from '../../../shared/settings/departments.ts';
import { type MemoryDependencies, portalUrl, supportAddress } from './memory-dependencies.ts';

/** Every route of the portal with what handles it, over these dependencies. */
export function memoryHandlers(portal: MemoryDependencies): Map<string, BoundRoute> {
  const { table, people, staff, directory, nudgeOutbox } = portal;
  const write = { table, nudgeOutbox, people, directory, portalUrl };
  const handlers = [
    ...accountsApi({
      ...write,
      settings: portal.billing().settings,
      deadAddresses: deadAddressStore(table),
    }),
    ...loginsApi({
      ...write,
      staff,
      providerName: portal.provider().providerName,
      linkKeys: portal.provider().replyKeys,
      clock: portal.clock,
      secondOver: async () => portal.advance(1),
    }),
    ...staffMembersApi({ ...write, staff, clock: portal.clock, secondOver: async () => portal.advance(1) }),
    ...linkedAccountsApi(portal.things()),
    ...dashboardApi({
      ...portal.things(),
      credit: creditBook(table),
      quotes: quoteStore(table),
      tickets: ticketStore(table),
      notifications: notificationStore(table),
    }),
    ...notificationsApi({ ...portal.things(), notifications: notificationStore(table) }),
    ...contactsApi({
      ...write,
      settings: portal.billing().settings,
      everyRoute,
      deadAddresses: deadAddressStore(table),
    }),
    ...accessRequestsApi({ ...write, requests: accessRequestStore(table) }),
    ...activityApi({ table }),
    ...ticketsApi({
      ...write,
      tickets: ticketStore(table),
      attachments: attachmentStore(table),
      files: portal.files,
      departments: () => readDepartments(table, supportAddress),
      settings: portal.billing().settings,
    }),
    ...invoicesApi(portal.billing()),
    ...quotesApi({ ...portal.billing(), quotes: quoteStore(table) }),
    ...paymentsApi(portal.payments()),
    ...reportsApi({
      ...portal.billing(),
      notes: creditNoteStore(table),
      print: portal.documentMaker().print,
    }),
    ...domainsApi(portal.things()),
    ...productsApi(portal.things()),
    ...servicesApi(portal.things()),
    ...usageApi({ ...portal.things(), usage: usageStore(table) }),
    ...ordersApi({ ...portal.payments(), ...portal.things(), carts: cartStore(table) }),
    ...renewalPreviewApi(portal.things()),
    ...invoicePdfApi({
      ...portal.billing(),
      ...portal.billing(),
      creditNotes: creditNoteStore(table),
      files: portal.files,
      print: portal.printLater,
      printDraft: portal.documentMaker().print,
    }),
    ...documentsApi({ table, nudgeOutbox, documents: documentStore(table), files: portal.files }),
    ...emailsApi({ table, nudgeOutbox, people, linkKeys: portal.provider().replyKeys }),
    ...mailInApi(portal.inbound()),
    ...configurationApi({ table, nudgeOutbox, supportAddress }),
  ];
  return new Map(handlers.map((handled) => [routeKey(handled.route), handled]));
}
