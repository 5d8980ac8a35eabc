import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import type { Day } from '../../shared/core/day.ts';
import { notFound } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { imageOf } from '../../shared/invoices/documents/logos.ts';
import { partiesOf } from '../../shared/invoices/documents/parties.ts';
import { printedInvoice } from '../../shared/invoices/documents/printed-invoice.ts';
import type { Invoice } from '../../shared/invoices/invoice.ts';
import { lineTaxes, retaxed } from '../../shared/invoices/tax/line-taxes.ts';
import type { PrintedDocument } from '../../shared/pdf/print-document.ts';
import type { Settings } from '../../shared/settings/settings.ts';
import type { Reply } from '../../shared/write/idempotency.ts';

export interface ShowDraftDependencies {
  people: Pick<PeopleStore, 'account'>;
  settings(): Promise<Settings>;
  /** The provider's day at this instant. */
  today(now: Date): Promise<Day>;
  providerName: string;
  printDraft(document: PrintedDocument): Promise<Uint8Array>;
  files: {
    put(key: string, content: Uint8Array, contentType: string): Promise<unknown>;
    downloadLink(key: string, fileName: string, contentType: 'application/pdf'): Promise<string>;
  };
}

const pdfType = 'application/pdf';

/** A draft as it would be issued today, for staff: printed anew each time. */
export async function showDraft(
  { people, settings, today, providerName, printDraft, files }: ShowDraftDependencies,
  { accountId, authority, now }: RequestContext,
  draft: Invoice,
  accept: string,
): Promise<Reply> {
  if (authority.kind !== 'staff') throw notFound();
  const [account, current, day] = await Promise.all([people.account(accountId), settings(), today(now)]);
  if (!account) throw notFound();
  const taxed = retaxed(draft, draft.taxIncluded, lineTaxes(account, current, day));
  const parties = partiesOf(account, current, providerName);
  const printed = printedInvoice({ ...taxed, ...parties }, imageOf(current['provider.logo']));
  const bytes = await printDraft(printed);
  if (accept.includes(pdfType)) return { raw: { contentType: pdfType, bytes } };
  const key = `issued/drafts/${draft.id}.pdf`;
  await files.put(key, bytes, pdfType);
  return { body: { url: await files.downloadLink(key, 'invoice-draft.pdf', pdfType) } };
}
