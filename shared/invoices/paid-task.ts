import type { OutboxTask } from '../write/outbox-task.ts';
import type { Invoice } from './invoice.ts';

declare module '../write/outbox-task.ts' {
  interface OutboxTasks {
    /** Fulfils paid invoices: renewals, periods of services, orders. */
    'invoices-paid': { accountId: string; invoiceIds: string[] };
  }
}

/** The kinds of `relatesTo` that are fulfilled after payment. */
const fulfilled = new Set(['domain-renewal', 'service']);

/** The task that fulfils these invoices, for the transaction that pays them; none where there is nothing to fulfil. */
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
