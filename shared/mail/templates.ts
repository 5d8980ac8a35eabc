const invoicePlaceholders = [
  'accountName',
  'number',
  'total',
  'balance',
  'dueOn',
  'lines',
  'invoiceUrl',
] as const;

/** Every mail that the portal sends, with the placeholders that its template may use. */
export const mailTemplates = {
  invitation: ['name', 'accountName', 'invitedBy', 'permissions', 'invitationUrl', 'setPasswordUrl'],
  'password-code': ['name', 'code', 'portalUrl'],
  'first-password': ['name', 'code', 'portalUrl'],
  'password-recovered': ['name', 'portalUrl'],
  'access-given': ['name', 'accountName', 'givenBy', 'permissions', 'invitationUrl', 'portalUrl'],
  'staff-invitation': ['name', 'invitedBy', 'roles', 'invitationUrl', 'setPasswordUrl', 'portalUrl'],
  'staff-changed': ['name', 'email', 'changedBy', 'before', 'after', 'resetBecause'],
  'configuration-changed': ['changedBy', 'changes'],
  'prove-address-code': ['code', 'portalUrl'],
  'second-factor-code': ['code', 'portalUrl'],
  'new-address-code': ['code', 'portalUrl'],
  'address-proven': ['name', 'portalUrl'],
  'address-changing': ['name', 'newAddress', 'stopUrl', 'portalUrl'],
  'address-changed': ['name', 'newAddress', 'portalUrl'],
  'address-kept': ['name', 'newAddress', 'portalUrl'],
  'second-factor-set-up': ['name', 'portalUrl'],
  'second-factor-removed': ['name', 'portalUrl'],
  'access-requested': ['accountName', 'requestedBy', 'permissions', 'message', 'portalUrl'],
  'access-decided': ['name', 'accountName', 'decidedBy', 'decision', 'permissions', 'portalUrl'],
  'account-changed': ['accountName', 'changedBy', 'changes'],
  'account-closed': ['accountName'],
  'access-by-staff': ['name', 'email', 'changedBy', 'before', 'after'],
  'owner-changing': ['accountName', 'owner', 'newOwner', 'newAddress', 'reason', 'day', 'time'],
  'owner-changed': ['accountName', 'newOwner'],
  'ticket-opened': ['accountName', 'openedBy', 'number', 'subject', 'message', 'attachments', 'ticketUrl'],
  'ticket-reply': ['accountName', 'author', 'number', 'subject', 'message', 'attachments', 'ticketUrl'],
  'ticket-closing': ['accountName', 'number', 'subject', 'closesOn', 'ticketUrl'],
  'ticket-closed': ['accountName', 'number', 'subject', 'ticketUrl'],
  'replies-only': ['subject', 'portalUrl'],
  question: ['questionUrl'],
  'mail-switched-off': ['accountName', 'mailKind', 'switchUrl'],
  'held-mail': ['accountName', 'text'],
  'unknown-sender': ['subject', 'signUpUrl', 'supportAddress'],
  'invoice-issued': invoicePlaceholders,
  'invoice-reminder': invoicePlaceholders,
  'invoice-overdue': invoicePlaceholders,
  'credit-note': [
    'accountName',
    'number',
    'invoice',
    'total',
    'balance',
    'toCredit',
    'reason',
    'lines',
    'invoiceUrl',
  ],
  'payment-received': ['accountName', 'amount', 'method', 'paidBy', 'invoices', 'paymentUrl'],
  'payment-refunded': ['accountName', 'amount', 'to', 'reason', 'paymentUrl'],
  'payment-disputed': ['accountName', 'amount', 'method', 'owed', 'invoices', 'paymentUrl'],
  'payment-taken-back': ['accountName', 'amount', 'method', 'owed', 'invoices', 'paymentUrl'],
  'payment-restored': ['accountName', 'amount', 'method', 'paymentUrl'],
  'staff-payment-taken': [
    'accountName',
    'accountId',
    'method',
    'reference',
    'what',
    'amount',
    'taken',
    'fee',
    'loss',
  ],
  'credit-added': ['accountName', 'amount', 'reason', 'portalUrl'],
  'order-waiting': ['accountName', 'linkedAccountName', 'orderedBy', 'items', 'total', 'orderUrl'],
  'order-approved': ['accountName', 'items', 'startOn', 'orderUrl'],
  'order-rejected': ['accountName', 'items', 'reason', 'amount', 'orderUrl'],
  'domain-renewed': ['accountName', 'domain', 'years', 'expiresOn', 'domainUrl'],
  'domain-renewal-failed': ['accountName', 'domain', 'reason', 'amount', 'portalUrl'],
  'staff-renewal-failed': ['accountName', 'accountId', 'domain', 'reason'],
  'staff-renewal-by-hand': ['accountName', 'accountId', 'domain', 'years'],
  'staff-domain-differs': ['accountName', 'accountId', 'domain', 'ours', 'registrars'],
  'staff-complaint': ['accountName', 'accountId', 'addresses', 'reason', 'messageId', 'switchedOff'],
  'renewal-reminder': ['accountName', 'when', 'items', 'portalUrl'],
  'quote-offered': ['accountName', 'subject', 'total', 'validUntil', 'lines', 'quoteUrl'],
} as const;

export type TemplateName = keyof typeof mailTemplates;

/** A mail's parts as Liquid templates. */
export interface Template {
  subject: string;
  text: string;
  html: string;
}

export const templateNames = Object.keys(mailTemplates) as TemplateName[];
