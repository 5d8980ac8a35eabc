/** Every mail the portal writes, with the placeholders that its template may use. */
export const mailTemplates = {
  invitation: ['name', 'accountName', 'invitedBy', 'permissions', 'setPasswordUrl'],
  'access-given': ['name', 'accountName', 'givenBy', 'permissions', 'portalUrl'],
  'access-requested': ['accountName', 'requestedBy', 'permissions', 'message', 'portalUrl'],
  'access-decided': ['name', 'accountName', 'decidedBy', 'decision', 'permissions', 'portalUrl'],
  'ticket-opened': ['accountName', 'openedBy', 'number', 'subject', 'message', 'ticketUrl'],
  'ticket-reply': ['accountName', 'author', 'number', 'subject', 'message', 'ticketUrl'],
  'unknown-sender': ['subject', 'signUpUrl'],
} as const;

export type TemplateName = keyof typeof mailTemplates;
