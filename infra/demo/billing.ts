import { adjustCredit } from '../../functions/invoices/adjust-credit.ts';
import { applyCredit } from '../../functions/invoices/apply-credit.ts';
import { raiseInvoice } from '../../functions/invoices/raise-invoice.ts';
import { gatewaysOf } from '../../shared/payments/gateways/gateways.ts';
import { paymentStore } from '../../shared/payments/payment-store.ts';
import { recordPayment } from '../../functions/payments/bank/record-payment.ts';
import { invoiceStore } from '../../shared/invoices/invoice-store.ts';
import type { Table } from '../../shared/table/table.ts';
import { addDays, dayIn } from '../../shared/core/day.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { providerDay, readSettings } from '../../shared/settings/settings.ts';

interface DemoInvoice {
  daysAgo: number;
  dueInDays: number;
  lines: { description: string; pence: number; taxRate: string }[];
  draft?: true;
  paidPence?: number;
  creditPence?: number;
}

const vat = '20';
const invoices: DemoInvoice[] = [
  { daysAgo: 60, dueInDays: -46, lines: [line('Web hosting, one year', 9_900)], paidPence: 11_880 },
  { daysAgo: 30, dueInDays: -9, lines: [line('Virtual server, October', 2_450)] },
  { daysAgo: 10, dueInDays: 4, lines: [line('Leased line, one month', 24_000)], paidPence: 10_000 },
  { daysAgo: 8, dueInDays: 6, lines: [line('Backup, one month', 1_500)], creditPence: 500 },
  {
    daysAgo: 5,
    dueInDays: 9,
    lines: [
      line('Support, ten hours', 60_000),
      line('Handbook, printed', 1_999, '0'),
      line('Heating', 800, '5'),
    ],
  },
  { daysAgo: 2, dueInDays: 12, lines: [line('Virtual server, November', 2_450)] },
  { daysAgo: 1, dueInDays: 20, lines: [line('Migration, as discussed', 15_000)], draft: true },
];

function line(description: string, pence: number, taxRate = vat) {
  return { description, pence, taxRate };
}

/** Seeds the invoices, payments and credit of the demonstration's first account. */
export async function seedBilling(
  write: { table: Table; nudgeOutbox(ids: string[]): Promise<void>; portalUrl: string; providerName: string },
  contextFor: (daysAgo: number) => RequestContext,
): Promise<void> {
  const { table } = write;
  const dependencies = {
    ...write,
    people: peopleStore(table),
    invoices: invoiceStore(table),
    payments: paymentStore(table),
    staffEmail: '',
    gateways: gatewaysOf([]),
    settings: async () => (await readSettings(table)).settings,
    today: (now: Date) => providerDay(table, now),
    warn: () => {},
  };
  const today = dayIn('UTC', contextFor(0).now);
  const money = (amount: number) => ({ amount, currency: 'GBP' });
  await adjustCredit(dependencies, contextFor(40), {
    amount: money(3_500),
    reason: 'For the outage in autumn',
  });
  for (const invoice of invoices) {
    const context = contextFor(invoice.daysAgo);
    const raised = await raiseInvoice(dependencies, context, {
      lines: invoice.lines.map(({ description, pence, taxRate }) => ({
        description,
        quantity: 1,
        unitPrice: money(pence),
        taxRate,
      })),
      dueOn: addDays(today, invoice.dueInDays),
      draft: invoice.draft ?? false,
      taxIncluded: false,
    });
    const { id } = raised.body as { id: string };
    if (invoice.creditPence) await applyCredit(dependencies, context, id, money(invoice.creditPence));
    if (!invoice.paidPence) continue;
    await recordPayment(dependencies, context, id, {
      amount: money(invoice.paidPence),
      method: 'bank-transfer',
      reference: 'ACME 001',
      receivedOn: dayIn('UTC', context.now),
    });
  }
}
