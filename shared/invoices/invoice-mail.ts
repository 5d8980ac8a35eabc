import type { MailTask } from '../mail/mail-task.ts';
import type { TemplateName } from '../mail/templates.ts';
import type { Account } from '../accounts/people.ts';
import { standingLines } from './credit-notes/credit-note.ts';
import { balanceOf, type Invoice } from './invoice.ts';
import { moneyText } from '../core/money.ts';

/** A mail about billing, to the owner and the contacts with `invoice` on. */
export function billingMail(
  template: TemplateName,
  account: Pick<Account, 'id' | 'name'>,
  data: MailTask['data'],
): MailTask {
  return {
    kind: 'mail',
    template,
    accountId: account.id,
    mailKind: 'invoice',
    audience: { kind: 'list', list: 'invoice' },
    data: { accountName: account.name, ...data },
    thread: null,
    inReplyTo: null,
  };
}

/** A mail about one invoice. */
export function invoiceMail(
  template: 'invoice-issued' | 'invoice-reminder' | 'invoice-overdue',
  invoice: Invoice,
  account: Pick<Account, 'id' | 'name'>,
  portalUrl: string,
): MailTask {
  const { id, number, total, currency, dueOn } = invoice;
  return billingMail(template, account, {
    number: number ?? '',
    total: moneyText({ amount: total, currency }),
    balance: moneyText({ amount: balanceOf(invoice), currency }),
    dueOn,
    lines: standingLines(invoice)
      .slice(0, 50)
      .map(([, line]) => line.description),
    invoiceUrl: `${portalUrl}/invoices/${id}`,
  });
}
