/** What a capability's function needs besides reading the table. */
export type Need =
  | 'writes'
  | 'logins'
  | 'links'
  | 'files'
  | 'mail'
  | 'gateways'
  | 'pdfs'
  | 'documents'
  /** Answers that are added up from many rows. */
  | 'time';

/** By the capability's name. */
export const needs: Record<string, readonly Need[]> = {
  accounts: ['writes', 'logins'],
  logins: ['writes', 'logins', 'links'],
  'staff-members': ['writes', 'logins'],
  dashboard: [],
  notifications: ['writes'],
  contacts: ['writes', 'logins'],
  'access-requests': ['writes'],
  activity: [],
  'linked-accounts': ['writes'],
  tickets: ['writes', 'files'],
  invoices: ['writes'],
  payments: ['writes', 'gateways'],
  'invoice-pdf': ['writes', 'pdfs'],
  reports: ['time'],
  quotes: ['writes'],
  domains: ['writes'],
  products: ['writes'],
  services: ['writes'],
  usage: ['writes'],
  orders: ['writes', 'gateways'],
  'renewal-preview': [],
  documents: ['writes', 'documents'],
  emails: ['writes', 'links'],
  'mail-in': ['writes', 'files', 'mail'],
  configuration: ['writes'],
};
