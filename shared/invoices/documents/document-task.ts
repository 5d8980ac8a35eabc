import type { OutboxTask } from '../../write/outbox-task.ts';

/** A document that is printed once and kept; a copy of an invoice by its number from 1 on. */
export interface DocumentRef {
  kind: 'invoice' | 'credit-note' | 'receipt';
  accountId: string;
  /** Of the invoice, the credit note or the payment. */
  id: string;
  copy?: number;
}

declare module '../../write/outbox-task.ts' {
  interface OutboxTasks {
    /** Has these documents printed. */
    documents: { documents: DocumentRef[] };
  }
}

/** The task that has documents printed, for the transaction that numbers them. */
export function documentsTask(documents: DocumentRef[]): OutboxTask {
  return { kind: 'documents', documents };
}

/** Where the print of a document is kept. Ids are the provider's own, so that no two accounts share one. */
export function documentKey({ kind, id, copy }: DocumentRef): string {
  return `issued/${kind}s/${id}${copy === undefined ? '' : `-copy-${copy}`}.pdf`;
}
