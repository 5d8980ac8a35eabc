import type { Account } from '../../shared/accounts/people.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import type { Day } from '../../shared/core/day.ts';
import { newVersion } from '../../shared/core/ids.ts';
import type { CreditNote } from '../../shared/invoices/credit-notes/credit-note.ts';
import { documentKey, type DocumentRef } from '../../shared/invoices/documents/document-task.ts';
import { fixedParties, isFixed } from '../../shared/invoices/documents/fixed-parties.ts';
import { readLogo } from '../../shared/invoices/documents/logos.ts';
import { partiesOf } from '../../shared/invoices/documents/parties.ts';
import type { Parties } from '../../shared/invoices/documents/party.ts';
import { printedCreditNote } from '../../shared/invoices/documents/printed-credit-note.ts';
import { printedInvoice } from '../../shared/invoices/documents/printed-invoice.ts';
import type { Invoice } from '../../shared/invoices/invoice.ts';
import type { InvoiceStore } from '../../shared/invoices/invoice-store.ts';
import { numbersOf } from '../../shared/invoices/numbers.ts';
import type { Payment, Receipt } from '../../shared/payments/payment.ts';
import { paymentReceipted, type PaymentStore } from '../../shared/payments/payment-store.ts';
import { printedReceipt } from '../../shared/payments/receipts/printed-receipt.ts';
import type { PrintedDocument } from '../../shared/pdf/print-document.ts';
import type { Settings } from '../../shared/settings/settings.ts';
import { commit, portalContext, retryWhileStale, type WriteDependencies } from '../../shared/write/commit.ts';

export interface MakerDependencies extends WriteDependencies {
  invoices: Pick<InvoiceStore, 'get' | 'getMany'>;
  creditNotes: { get(accountId: string, id: string): Promise<CreditNote | undefined> };
  payments: Pick<PaymentStore, 'payment'>;
  people: Pick<PeopleStore, 'account'>;
  settings(): Promise<Settings>;
  today(now: Date): Promise<Day>;
  providerName: string;
  files: {
    exists(key: string): Promise<boolean>;
    /** Puts a file where there is none; what is there stays. */
    putNew(key: string, content: Uint8Array, contentType: string): Promise<void>;
  };
  print(document: PrintedDocument): Promise<Uint8Array>;
}

/** Prints a document once: where its print is kept already, nothing happens. */
export async function makeDocument(
  dependencies: MakerDependencies,
  ref: DocumentRef,
  now: Date,
): Promise<void> {
  const { files, print } = dependencies;
  const key = documentKey(ref);
  if (await files.exists(key)) return;
  const document = await documentOf(dependencies, ref, now);
  // A second print would have the same bytes; the first one stays all the same.
  if (document) await files.putNew(key, await print(document), 'application/pdf');
}

async function documentOf(
  dependencies: MakerDependencies,
  { kind, accountId, id, copy }: DocumentRef,
  now: Date,
): Promise<PrintedDocument | null> {
  const { table } = dependencies;
  if (kind === 'invoice') {
    const invoice = await invoiceWithParties(dependencies, accountId, id, now);
    const copiedOn = copy === undefined ? null : invoice?.copies?.[copy - 1]?.on;
    if (!invoice || copiedOn === undefined) return null;
    return printedInvoice(invoice, await readLogo(table, invoice.seller.logo), copiedOn);
  }
  if (kind === 'credit-note') {
    const note = await dependencies.creditNotes.get(accountId, id);
    const invoice = note && (await invoiceWithParties(dependencies, accountId, note.invoiceId, now));
    return invoice ? printedCreditNote(note, invoice, await readLogo(table, invoice.seller.logo)) : null;
  }
  const payment = await paymentWithReceipt(dependencies, accountId, id, now);
  if (!payment) return null;
  const paid = await dependencies.invoices.getMany(
    accountId,
    payment.allocations.map(({ invoiceId }) => invoiceId),
  );
  const numbers = new Map(paid.flatMap((each) => (each ? [[each.id, each.number ?? each.id] as const] : [])));
  return printedReceipt(payment, numbers, await readLogo(table, payment.receipt.seller.logo));
}

/** An invoice with what it said when it was issued; one that a release of before has issued says from now on what it reads now. */
async function invoiceWithParties(
  dependencies: MakerDependencies,
  accountId: string,
  id: string,
  now: Date,
): Promise<(Invoice & Parties) | null> {
  return retryWhileStale(async () => {
    const invoice = await dependencies.invoices.get(accountId, id);
    if (!invoice || invoice.number === null) return null;
    if (isFixed(invoice)) return invoice;
    const { after, action } = fixedParties(invoice, await partiesNow(dependencies, accountId));
    await commit(dependencies, portalContext(now), { actions: [action], activity: [], outbox: [] });
    return after;
  });
}

/** A payment whose receipt has its number: taken here, where nobody waits for it, so that payments do not wait for each other. */
async function paymentWithReceipt(
  dependencies: MakerDependencies,
  accountId: string,
  id: string,
  now: Date,
): Promise<(Payment & { receipt: Receipt }) | null> {
  return retryWhileStale(async () => {
    const payment = await dependencies.payments.payment(accountId, id);
    if (!payment || payment.status === 'processing') return null;
    if (payment.receipt) return { ...payment, receipt: payment.receipt };
    const issuedOn = await dependencies.today(now);
    const { number, actions } = await numbersOf(dependencies.table, issuedOn).next('receipt');
    const receipt: Receipt = { number, issuedOn, ...(await partiesNow(dependencies, accountId)) };
    const after = { ...payment, receipt, version: newVersion() };
    await commit(dependencies, portalContext(now), {
      actions: [paymentReceipted(after, payment.version), ...actions],
      activity: [],
      outbox: [],
    });
    return after;
  });
}

async function partiesNow(
  { people, settings, providerName }: MakerDependencies,
  accountId: string,
): Promise<Parties> {
  const [account, current] = await Promise.all([people.account(accountId), settings()]);
  const nobody: Pick<Account, 'name' | 'address' | 'taxId'> = { name: '', address: {}, taxId: null };
  return partiesOf(account ?? nobody, current, providerName);
}
