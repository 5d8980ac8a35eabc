import type { OutboxTask } from '../write/outbox-task.ts';
import type { Invoice } from './invoice.ts';

declare module '../write/outbox-task.ts' {
  interface OutboxTasks {
    /** Does what paid invoices were raised for: renewals, periods of services, orders. */
    'invoices-paid': { accountId: string; invoiceIds: string[] };
  }
}

/** What has to be done once it is paid, by the kind of what a line relates to. */
const fulfilled = new Set(['domain-renewal', 'service']);

/** The task to do what these invoices were paid for, in the transaction that pays them; none where nothing is to do. */
export function paidTask(accountId: string, invoices: readonly Invoice[]): OutboxTask[] {
  const invoiceIds = invoices
    .filter(
      ({ orderId, lines }) =>
        orderId !== null ||
        lines.some(({ relatesTo }) => typeof relatesTo === 'object' && fulfilled.has(relatesTo?.kind ?? '')),
    )
    .map(({ id }) => id);
  return invoiceIds.length > 0 ? [{ kind: 'invoices-paid', accountId, invoiceIds }] : [];
}
