import type { ProviderSettings } from '../../shared/invoices/documents/parties.ts';
import type { PrintedDocument } from '../../shared/pdf/print-document.ts';
import type { StatementDependencies } from '../../shared/invoices/ledger/statement.ts';
import type { CreditNoteStore } from '../../shared/invoices/credit-notes/credit-note-store.ts';
import type { Day } from '../../shared/core/day.ts';
import type { PaymentStore } from '../../shared/payments/payment-store.ts';

export interface ReportsDependencies extends StatementDependencies {
  notes: CreditNoteStore;
  payments: Pick<PaymentStore, 'booked'>;
  settings(): Promise<ProviderSettings>;
  providerName: string;
  print(document: PrintedDocument): Promise<Uint8Array>;
  /** The provider's day at this instant. */
  today(now: Date): Promise<Day>;
}
