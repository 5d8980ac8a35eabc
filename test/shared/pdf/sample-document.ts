import { join } from 'node:path';
import { pdfFonts } from '../../../shared/aws/lambda/pdf-fonts.ts';
import type { Address } from '../../../shared/accounts/people.ts';
import { type InvoiceContent, printedInvoice } from '../../../shared/invoices/documents/printed-invoice.ts';
import type { InvoiceLine } from '../../../shared/invoices/invoice.ts';
import { type Fonts, printDocument } from '../../../shared/pdf/print-document.ts';

export const dejaVu: Fonts = pdfFonts(
  join(import.meta.dirname, '../../../node_modules/dejavu-fonts-ttf/ttf'),
);

export function invoiceLine(change: Partial<InvoiceLine> = {}): InvoiceLine {
  return {
    description: 'Shared hosting, example.com',
    quantity: 2,
    unitPrice: 1250,
    amount: 2500,
    taxRate: '19',
    tax: 475,
    relatesTo: null,
    ...change,
  };
}

/** Told apart by their numbers, every fourth of them long. */
export function invoiceLines(count: number): InvoiceLine[] {
  return Array.from({ length: count }, (_, index) => {
    const long = `#${index} Managed server with backups that are kept for thirty days, watched around the clock`;
    const description = index % 4 === 3 ? `${long}\n2026-03-01 – 2026-03-31` : `#${index} Domain example.com`;
    return invoiceLine({ description, unitPrice: 1000 + index, amount: 2 * (1000 + index) });
  });
}

/** A party by its lines: more of them than an address has are in its first. */
export const addressOf = (lines: string[]): Address => ({ line1: lines.join('\n') });

export interface Sample extends InvoiceContent {
  image: Uint8Array | null;
}

export function sampleInvoice(change: Partial<Sample> = {}): Sample {
  return {
    seller: {
      name: 'Example Hosting GmbH',
      address: ['Hauptstraße 12', '10115 Berlin'],
      taxId: 'DE123456789',
      footer: 'IBAN DE02 1203 0000 0000 2020 51',
      logo: null,
    },
    image: null,
    buyer: {
      name: 'Acme Ltd',
      address: { line1: '1 Main Street', city: 'Springfield' },
      taxId: 'GB987654321',
    },
    language: 'en',
    number: '2026-0042',
    issuedOn: '2026-03-02',
    dueOn: '2026-03-16',
    currency: 'EUR',
    taxIncluded: false,
    lines: [invoiceLine()],
    subtotal: 2500,
    tax: 475,
    total: 2975,
    ...change,
  };
}

export async function renderInvoice(fonts: Fonts, sample: Sample): Promise<Uint8Array> {
  return printDocument(fonts, printedInvoice(sample, sample.image));
}
