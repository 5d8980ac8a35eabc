import { billingMail } from '../invoices/invoice-mail.ts';
import type { MailTask } from '../mail/mail-task.ts';
import type { Order } from './order.ts';
import type { PeopleStore } from '../accounts/people-store.ts';

/**
 * One mail to each account that the order concerns: the one that placed it, and the one that it is for or that pays
 * it.
 */
export async function orderMails(
  { people, portalUrl }: { people: PeopleStore; portalUrl: string },
  template: 'order-approved' | 'order-rejected',
  { accountId, otherAccountId, payerId = accountId, forAccountName, id, items }: Order,
  data: Record<string, string>,
): Promise<MailTask[]> {
  const ids = [accountId, ...(otherAccountId ? [otherAccountId] : [])];
  const accounts = await people.accounts(ids);
  return ids.map((each, index): MailTask => {
    const mail = billingMail(template, accounts[index] ?? { id: each, name: '' }, {
      ...data,
      // Names the order's account to every recipient.
      accountName: forAccountName,
      // Only the payer's mail names the amount.
      ...('amount' in data && each !== payerId ? { amount: '' } : {}),
      items: items.slice(0, 50).map((item) => item.description),
      orderUrl: `${portalUrl}/accounts/${accountId}/orders/${id}`,
    });
    return { ...mail, mailKind: 'product', audience: { kind: 'list', list: 'product' } };
  });
}
