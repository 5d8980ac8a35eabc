import type { Language } from '../language/languages.ts';
import { loginLayouts } from './codes/login-templates.ts';
import { passwordLayouts } from './codes/password-templates.ts';
import { attachments, given, type Layout, list, oneLine, quote, say, templateOf } from './template-parts.ts';
import { mailTemplates, type Template, type TemplateName } from './templates.ts';

/** By which a mail program, and an answer without its other signs, finds the ticket: the same in every language. */
const ticket = { liquid: '[Ticket ID: {{ number }}] {{ subject }}' };

const openPortal = say('mail.openPortal', 'portalUrl');
const owedAgain = [given('owed', say('mail.payment.owedAgain')), given('owed', list('invoices'))];
const paidIsCredit = given('amount', say('mail.paidIsCredit'));

/** What every mail says, in order; the words are in `languages/`. */
const layouts: Record<TemplateName, Layout> = {
  invitation: {
    subject: 'mail.invitation.subject',
    parts: [
      say('mail.hello'),
      say('mail.invitation.offer'),
      list('permissions'),
      say('mail.invitation.accept', 'invitationUrl'),
    ],
  },
  'access-given': {
    subject: 'mail.accessGiven.subject',
    parts: [
      say('mail.hello'),
      say('mail.accessGiven.offer'),
      list('permissions'),
      say('mail.accessGiven.accept', 'invitationUrl'),
    ],
  },
  'staff-invitation': {
    subject: 'mail.staffInvitation.subject',
    parts: [
      say('mail.hello'),
      say('mail.staffInvitation.offer'),
      list('roles'),
      say('mail.staffInvitation.accept', 'invitationUrl'),
    ],
  },
  'staff-changed': {
    subject: 'mail.staffChanged.subject',
    parts: [
      given('resetBecause', say('mail.staffChanged.reset'), say('mail.staffChanged.changed')),
      oneLine('mail.staffChanged.before', 'before', 'mail.staffChanged.none'),
      oneLine('mail.staffChanged.after', 'after', 'mail.staffChanged.none'),
    ],
  },
  'configuration-changed': {
    subject: 'mail.configurationChanged.subject',
    parts: [say('mail.configurationChanged.changed'), list('changes')],
  },
  'account-changed': {
    subject: 'mail.accountChanged.subject',
    parts: [
      say('mail.hello'),
      say('mail.accountChanged.changed'),
      list('changes'),
      say('mail.accountChanged.by'),
      say('mail.accountChanged.activity'),
    ],
  },
  'account-closed': {
    subject: 'mail.accountClosed.subject',
    parts: [say('mail.hello'), say('mail.accountClosed.closed'), say('mail.accountClosed.notExpected')],
  },
  'access-by-staff': {
    subject: 'mail.accessByStaff.subject',
    parts: [
      say('mail.hello'),
      say('mail.accessByStaff.changed'),
      oneLine('mail.staffChanged.before', 'before', 'mail.staffChanged.none'),
      oneLine('mail.staffChanged.after', 'after', 'mail.staffChanged.none'),
      say('mail.accessByStaff.activity'),
    ],
  },
  'owner-changing': {
    subject: 'mail.ownerChanging.subject',
    parts: [
      say('mail.hello'),
      say('mail.ownerChanging.asked'),
      quote('reason'),
      say('mail.ownerChanging.when'),
      say('mail.ownerChanging.notRight'),
    ],
  },
  'owner-changed': {
    subject: 'mail.ownerChanged.subject',
    parts: [say('mail.hello'), say('mail.ownerChanged.changed'), say('mail.accountClosed.notExpected')],
  },
  'access-requested': {
    subject: 'mail.accessRequested.subject',
    parts: [
      say('mail.accessRequested.request'),
      list('permissions'),
      quote('message'),
      say('mail.accessRequested.decide', 'portalUrl'),
    ],
  },
  'access-decided': {
    subject: 'mail.accessDecided.subject',
    parts: [say('mail.helloName'), say('mail.accessDecided.decision'), list('permissions'), openPortal],
  },
  'ticket-opened': {
    subject: ticket,
    parts: [
      say('mail.ticketOpened.opened'),
      quote('message'),
      attachments,
      say('mail.ticketOpened.answer', 'ticketUrl'),
      say('mail.ticket.leave'),
    ],
  },
  'ticket-reply': {
    subject: ticket,
    parts: [
      say('mail.ticketReply.wrote'),
      quote('message'),
      attachments,
      say('mail.ticketReply.answer', 'ticketUrl'),
      say('mail.ticket.leave'),
    ],
  },
  'ticket-closing': {
    subject: ticket,
    parts: [say('mail.ticketClosing.quiet'), say('mail.ticketClosing.answer', 'ticketUrl')],
  },
  'ticket-closed': {
    subject: ticket,
    parts: [say('mail.ticketClosed.closed'), say('mail.ticketClosed.answer', 'ticketUrl')],
  },
  'replies-only': {
    subject: 'mail.yourMessage.subject',
    parts: [say('mail.hello'), say('mail.repliesOnly.thanks'), say('mail.repliesOnly.portal', 'portalUrl')],
  },
  question: {
    subject: 'mail.question.subject',
    parts: [
      say('mail.hello'),
      say('mail.question.asks'),
      say('mail.question.open', 'questionUrl'),
      say('mail.question.nothing'),
    ],
  },
  'mail-switched-off': {
    subject: 'mail.switchedOff.subject',
    parts: [say('mail.hello'), say('mail.switchedOff.off'), say('mail.switchedOff.back', 'switchUrl')],
  },
  'held-mail': {
    subject: 'mail.heldMail.subject',
    parts: [say('mail.heldMail.enough'), quote('text')],
  },
  'unknown-sender': {
    subject: 'mail.yourMessage.subject',
    parts: [
      say('mail.hello'),
      say('mail.unknownSender.thanks'),
      given('signUpUrl', say('mail.unknownSender.signUp', 'signUpUrl'), say('mail.unknownSender.write')),
    ],
  },
  ...passwordLayouts,
  ...loginLayouts,
  'invoice-issued': {
    subject: 'mail.invoiceIssued.subject',
    parts: [say('mail.invoiceIssued.issued'), list('lines'), say('mail.invoice.pay', 'invoiceUrl')],
  },
  'invoice-reminder': {
    subject: 'mail.invoiceReminder.subject',
    parts: [say('mail.invoiceReminder.due'), say('mail.invoice.pay', 'invoiceUrl')],
  },
  'invoice-overdue': {
    subject: 'mail.invoiceOverdue.subject',
    parts: [say('mail.invoiceOverdue.due'), say('mail.invoice.pay', 'invoiceUrl')],
  },
  'credit-note': {
    subject: 'mail.creditNote.subject',
    parts: [
      say('mail.creditNote.off'),
      list('lines'),
      quote('reason'),
      given('toCredit', say('mail.creditNote.toCredit')),
      say('mail.creditNote.balance'),
      say('mail.invoice.see', 'invoiceUrl'),
    ],
  },
  'payment-received': {
    subject: 'mail.paymentReceived.subject',
    parts: [say('mail.paymentReceived.thanks'), list('invoices'), say('mail.payment.see', 'paymentUrl')],
  },
  'payment-refunded': {
    subject: 'mail.paymentRefunded.subject',
    parts: [say('mail.paymentRefunded.given'), quote('reason'), say('mail.payment.see', 'paymentUrl')],
  },
  'payment-disputed': {
    subject: 'mail.paymentDisputed.subject',
    parts: [say('mail.paymentDisputed.disputed'), ...owedAgain, say('mail.payment.see', 'paymentUrl')],
  },
  'payment-taken-back': {
    subject: 'mail.paymentTakenBack.subject',
    parts: [say('mail.paymentTakenBack.taken'), ...owedAgain, say('mail.payment.see', 'paymentUrl')],
  },
  'payment-restored': {
    subject: 'mail.paymentRestored.subject',
    parts: [say('mail.paymentRestored.returned'), say('mail.payment.see', 'paymentUrl')],
  },
  'staff-payment-taken': {
    subject: 'mail.staffPaymentTaken.subject',
    parts: [
      say('mail.staffPaymentTaken.what'),
      given('taken', say('mail.staffPaymentTaken.taken')),
      given('fee', say('mail.staffPaymentTaken.fee')),
      given('loss', say('mail.staffPaymentTaken.loss')),
    ],
  },
  'credit-added': {
    subject: 'mail.creditAdded.subject',
    parts: [say('mail.creditAdded.added'), quote('reason'), openPortal],
  },
  'order-waiting': {
    subject: 'mail.orderWaiting.subject',
    parts: [say('mail.orderWaiting.ordered'), list('items'), say('mail.orderWaiting.decide', 'orderUrl')],
  },
  'order-approved': {
    subject: 'mail.orderApproved.subject',
    parts: [say('mail.orderApproved.starts'), list('items'), say('mail.order.see', 'orderUrl')],
  },
  'order-rejected': {
    subject: 'mail.orderRejected.subject',
    parts: [say('mail.orderRejected.reason'), list('items'), paidIsCredit, say('mail.order.see', 'orderUrl')],
  },
  'domain-renewed': {
    subject: 'mail.domainRenewed.subject',
    parts: [say('mail.domainRenewed.renewed'), say('mail.domainRenewed.see', 'domainUrl')],
  },
  'domain-renewal-failed': {
    subject: 'mail.domainRenewalFailed.subject',
    parts: [
      say('mail.domainRenewalFailed.reason'),
      paidIsCredit,
      say('mail.domainRenewalFailed.told'),
      openPortal,
    ],
  },
  'staff-renewal-failed': {
    subject: 'mail.staffRenewalFailed.subject',
    parts: [say('mail.staffRenewalFailed.reason'), say('mail.staffRenewalFailed.credited')],
  },
  'staff-renewal-by-hand': {
    subject: 'mail.staffRenewalByHand.subject',
    parts: [say('mail.staffRenewalByHand.paid')],
  },
  'staff-domain-differs': {
    subject: 'mail.staffDomainDiffers.subject',
    parts: [say('mail.staffDomainDiffers.differs')],
  },
  'staff-complaint': {
    subject: 'mail.staffComplaint.subject',
    parts: [
      say('mail.staffComplaint.who'),
      list('addresses'),
      given('accountName', say('mail.staffComplaint.account')),
      given('switchedOff', say('mail.staffComplaint.off'), say('mail.staffComplaint.kept')),
      say('mail.staffComplaint.message'),
    ],
  },
  'renewal-reminder': {
    subject: 'mail.renewalReminder.subject',
    parts: [say('mail.renewalReminder.due'), list('items'), openPortal],
  },
  'quote-offered': {
    subject: 'mail.quoteOffered.subject',
    parts: [say('mail.quoteOffered.offer'), list('lines'), say('mail.quoteOffered.decide', 'quoteUrl')],
  },
};

/** The template of a mail where staff wrote none: Liquid; the filter `paragraphs` turns multi-line text into HTML. */
export function defaultTemplate(name: TemplateName, language: Language): Template {
  return templateOf(layouts[name], mailTemplates[name], language);
}
