import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fonts } from '../../../functions/invoice-pdf/sheet.ts';
import type { PrintedInvoice } from '../../../functions/invoice-pdf/render-invoice.ts';

const ttf = join(import.meta.dirname, '../../../node_modules/dejavu-fonts-ttf/ttf');

export const dejaVu: Fonts = {
  regular: readFileSync(join(ttf, 'DejaVuSans.ttf')),
  bold: readFileSync(join(ttf, 'DejaVuSans-Bold.ttf')),
};

type Line = PrintedInvoice['lines'][number];

export function invoiceLine(change: Partial<Line> = {}): Line {
  return {
    description: 'Shared hosting, example.com',
    quantity: 2,
    unitPrice: 1250,
    amount: 2500,
    taxRate: '19',
    ...change,
  };
}

/** Told apart by their numbers, every fourth of them long. */
export function invoiceLines(count: number): Line[] {
  return Array.from({ length: count }, (_, index) => {
    const long = `#${index} Managed server with backups that are kept for thirty days, watched around the clock`;
    const description = index % 4 === 3 ? `${long}\n2026-03-01 – 2026-03-31` : `#${index} Domain example.com`;
    return invoiceLine({ description, unitPrice: 1000 + index, amount: 2 * (1000 + index) });
  });
}

export function sampleInvoice(change: Partial<PrintedInvoice> = {}): PrintedInvoice {
  return {
    provider: {
      name: 'Example Hosting GmbH',
      address: ['Hauptstraße 12', '10115 Berlin'],
      taxId: 'DE123456789',
      footer: 'IBAN DE02 1203 0000 0000 2020 51',
      logo: null,
    },
    client: { name: 'Acme Ltd', address: ['1 Main Street', 'Springfield'], taxId: 'GB987654321' },
    number: '2026-0042',
    status: 'unpaid',
    issuedOn: '2026-03-02',
    dueOn: '2026-03-16',
    currency: 'EUR',
    taxIncluded: false,
    lines: [invoiceLine()],
    subtotal: 2500,
    taxes: [{ rate: '19', amount: 475 }],
    tax: 475,
    total: 2975,
    credit: 0,
    paid: 0,
    refunded: 0,
    balance: 2975,
    ...change,
  };
}
