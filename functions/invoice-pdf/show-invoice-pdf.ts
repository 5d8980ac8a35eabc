import { balanceOf, type Invoice } from '../../shared/invoices/invoice.ts';
import type { InvoiceStore } from '../../shared/invoices/invoice-store.ts';
import { taxedToday } from '../../shared/invoices/tax/taxed-today.ts';
import type { Day } from '../../shared/core/day.ts';
import { notFound } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Account } from '../../shared/accounts/people.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import type { Settings } from '../../shared/settings/settings.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { PrintedInvoice } from './render-invoice.ts';

export interface PdfFiles {
  read(key: string): Promise<Uint8Array | undefined>;
  put(key: string, content: Uint8Array, contentType: string): Promise<unknown>;
  downloadLink(key: string, fileName: string, contentType: 'application/pdf'): Promise<string>;
}

export interface InvoicePdfDependencies {
  invoices: InvoiceStore;
  people: PeopleStore;
  settings(): Promise<Settings>;
  /** The provider's day at this instant. */
  today(now: Date): Promise<Day>;
  providerName: string;
  files: PdfFiles;
  render(invoice: PrintedInvoice): Promise<Uint8Array>;
}

const pdfType = 'application/pdf';

/** The PDF of an invoice as it is now: printed once for each of its versions, and kept. */
export async function showInvoicePdf(
  dependencies: InvoicePdfDependencies,
  { accountId, authority, now }: RequestContext,
  invoiceId: string,
  accept: string,
): Promise<Reply> {
  const { invoices, people, files, today } = dependencies;
  const [stored, account] = await Promise.all([
    invoices.get(accountId, invoiceId),
    people.account(accountId),
  ]);
  if (!stored || !account || (stored.number === null && authority.kind !== 'staff')) throw notFound();
  const isDraft = stored.number === null;
  const [invoice = stored] = await taxedToday(
    dependencies,
    accountId,
    [stored],
    () => isDraft,
    await today(now),
  );
  const key = `invoices/${invoice.id}/${invoice.version}.pdf`;
  // A draft is taxed as of today, so that none is as it was.
  let pdf = isDraft ? undefined : await files.read(key);
  if (!pdf) {
    const settings = await dependencies.settings();
    pdf = await dependencies.render(printed(invoice, account, settings, dependencies.providerName));
    await files.put(key, pdf, pdfType);
  }
  if (accept.includes(pdfType)) return { raw: { contentType: pdfType, bytes: pdf } };
  const fileName = `invoice-${invoice.number ?? 'draft'}.pdf`;
  return { body: { url: await files.downloadLink(key, fileName, pdfType) } };
}

function printed(
  invoice: Invoice,
  account: Account,
  settings: Settings,
  providerName: string,
): PrintedInvoice {
  const { line1, line2, postcode, city, region, country } = account.address;
  const town = [postcode, city].filter(Boolean).join(' ');
  const address = [line1, line2, town, region, country].filter((line): line is string => Boolean(line));
  return {
    ...invoice,
    balance: balanceOf(invoice),
    taxWords: [...new Set(invoice.lines.flatMap(({ taxWords }) => taxWords ?? []))],
    provider: {
      name: providerName,
      address: settings['provider.address'].split('\n').filter((line) => line.trim() !== ''),
      taxId: settings['provider.taxId'] || null,
      footer: settings['provider.invoiceFooter'] || null,
      logo: imageOf(settings['provider.logo']),
    },
    client: { name: account.name, address, taxId: account.taxId },
  };
}

function imageOf(dataUrl: string): Uint8Array | null {
  const encoded = /^data:image\/(?:png|jpeg);base64,(.+)$/.exec(dataUrl)?.[1];
  return encoded ? Buffer.from(encoded, 'base64') : null;
}
