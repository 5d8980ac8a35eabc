import { moneyText } from '../../core/money.ts';
import { sum } from '../../invoices/invoice.ts';
import { billingMail } from '../../invoices/invoice-mail.ts';
import type { MailTask } from '../../mail/mail-task.ts';
import type { Change } from '../../write/commit.ts';
import type { PaymentDependencies } from '../begin-mass-payment.ts';
import type { Payment, Taking } from '../payment.ts';

/** Of the invoices that are owed again, in a mail. */
const mostNamed = 100;

/** What owner, billing contacts and staff are told of a taking; nothing where it has no news. */
export async function takingNotices(
  { people, invoices, portalUrl, staffEmail }: PaymentDependencies,
  payment: Payment,
  taking: Taking,
  status: Payment['status'],
): Promise<Pick<Change, 'activity' | 'outbox'>> {
  const { notice, kind } = taking;
  if (notice === null) return { activity: [], outbox: [] };
  const { accountId, currency, id, method } = payment;
  const text = (amount: number) => moneyText({ amount, currency });
  const account = (await people.account(accountId)) ?? { id: accountId, name: '' };
  const opened = taking.allocations.slice(0, mostNamed);
  const numbers = await invoices.getMany(
    accountId,
    opened.map(({ invoiceId }) => invoiceId),
  );
  const owed = sum(taking.allocations.map(({ amount }) => amount));
  const told = {
    amount: text(taking.amount),
    method,
    owed: owed > 0 ? text(owed) : '',
    invoices: opened.map(({ amount }, index) => `${numbers[index]?.number}: ${text(amount)}`),
    paymentUrl: `${portalUrl}/payments/${id}`,
  };
  const action = notice.replace('payment-', 'payment.');
  return {
    activity: [
      {
        accountId,
        action,
        subject: { kind: 'payment', id, name: text(payment.amount) },
        before: { status: payment.status },
        after: { status, kind, amount: told.amount },
      },
    ],
    outbox: [billingMail(notice, account, told), ...staffMail(staffEmail, account, payment, taking)],
  };
}

function staffMail(
  staffEmail: string,
  account: { id: string; name: string },
  { currency, method, reference }: Payment,
  { kind, status, amount, taken, feeAmount, loss }: Taking,
): MailTask[] {
  if (staffEmail === '') return [];
  const text = (of: number) => (of === 0 ? '' : moneyText({ amount: of, currency }));
  return [
    {
      kind: 'mail',
      template: 'staff-payment-taken',
      accountId: null,
      mailKind: 'invoice',
      audience: { kind: 'person', email: staffEmail, name: '', contactId: null },
      data: {
        accountName: account.name,
        accountId: account.id,
        method,
        reference,
        what: `${kind}, ${status}`,
        amount: text(amount),
        taken: text(taken),
        fee: text(feeAmount),
        loss: text(loss),
      },
      thread: null,
      inReplyTo: null,
    },
  ];
}
