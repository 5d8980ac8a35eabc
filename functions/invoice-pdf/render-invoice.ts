import { decimalText } from '../../shared/core/money.ts';
import { type Fonts, Sheet, type Style } from './sheet.ts';

export type { Fonts } from './sheet.ts';

/** What stands on an invoice; amounts are minor units of its currency. */
export interface PrintedInvoice {
  provider: {
    name: string;
    address: string[];
    taxId: string | null;
    /** Bank details, terms: at the foot of every page. */
    footer: string | null;
    /** PNG or JPEG. */
    logo: Uint8Array | null;
  };
  client: { name: string; address: string[]; taxId: string | null };
  /** A draft has none. */
  number: string | null;
  status: 'draft' | 'unpaid' | 'paid' | 'cancelled' | 'refunded';
  /** Dates are YYYY-MM-DD. */
  issuedOn: string | null;
  dueOn: string;
  currency: string;
  /** The lines' amounts contain the tax. */
  taxIncluded: boolean;
  lines: { description: string; quantity: number; unitPrice: number; amount: number; taxRate: string }[];
  subtotal: number;
  taxes: { rate: string; amount: number }[];
  tax: number;
  total: number;
  credit: number;
  paid: number;
  refunded: number;
  balance: number;
  /** What has to be said of the tax, below the totals. */
  taxWords?: string[];
}

const statusWords = {
  draft: 'Draft',
  unpaid: 'Unpaid',
  paid: 'Paid',
  cancelled: 'Cancelled',
  refunded: 'Refunded',
} as const satisfies Record<PrintedInvoice['status'], string>;

const grey = '#666';
const text: Style = { size: 8.5 };
const strong: Style = { size: 8.5, bold: true };
const label: Style = { size: 8.5, color: grey };
const footer: Style = { size: 7.5, color: grey };

const logoBox = { width: 200, height: 64 };
/** The provider and the client to the left, what the invoice is to the right. */
const party = { x: 50, width: 250 };
const facts = { x: 330, width: 215 };

/** Where the description begins and where each column of numbers ends, and how wide they are. */
const columns = {
  description: { x: 56, width: 224 },
  quantity: { x: 330, width: 44 },
  unitPrice: { x: 410, width: 74 },
  taxRate: { x: 450, width: 36 },
  amount: { x: 540, width: 84 },
} as const;
const totalsLabel = { x: 330 };
const totalsAmount = { x: 540, width: 120 };
const cellPadding = 4;

/** Prints an invoice as a PDF of A4 pages. The same invoice always gives the same bytes. */
export async function renderInvoice(fonts: Fonts, invoice: PrintedInvoice): Promise<Uint8Array> {
  const { provider, issuedOn, dueOn } = invoice;
  const sheet = new Sheet(fonts, {
    title: titleOf(invoice),
    author: provider.name,
    date: new Date(`${issuedOn ?? dueOn}T00:00:00Z`),
  });
  const foot = footLines(sheet, provider.footer);
  sheet.bottom -= (foot.length + 2.5) * sheet.lineHeight(footer);
  printHead(sheet, invoice);
  printLines(sheet, invoice);
  printTotals(sheet, invoice);
  printTaxWords(sheet, invoice);
  return sheet.finish((number, count) =>
    printFoot(sheet, foot, titleOf(invoice), `Page ${number} of ${count}`),
  );
}

function titleOf({ number }: PrintedInvoice): string {
  return `Invoice ${number ?? 'DRAFT'}`;
}

/** The provider and the client, and beside them what the invoice is. */
function printHead(sheet: Sheet, invoice: PrintedInvoice): void {
  const { provider, client } = invoice;
  const belowFacts = printFacts(sheet, invoice);
  const height = provider.logo && sheet.image(provider.logo, { x: party.x, y: sheet.top }, logoBox);
  if (height === null) {
    sheet.paragraph(provider.name, party, { size: 15, bold: true });
    sheet.y += 4;
  } else {
    sheet.y = sheet.top + height + 10;
    sheet.paragraph(provider.name, party, strong);
  }
  printAddress(sheet, provider);
  sheet.y += 20;
  sheet.paragraph('Billed to', party, label);
  sheet.paragraph(client.name, party, strong);
  printAddress(sheet, client);
  // A long address has gone on on another page, where no facts stand beside it.
  if (sheet.pages === 1) sheet.y = Math.max(sheet.y, belowFacts);
  sheet.y += 24;
}

function printAddress(sheet: Sheet, { address, taxId }: PrintedInvoice['client']): void {
  for (const line of address) sheet.paragraph(line, party, text);
  if (taxId !== null) sheet.paragraph(`Tax ID: ${taxId}`, party, text);
}

/** Says where they end. */
function printFacts(sheet: Sheet, { number, issuedOn, dueOn, status }: PrintedInvoice): number {
  const right = facts.x + facts.width;
  sheet.writeRight('Invoice', { x: right, y: sheet.top - 4, width: facts.width }, { size: 22, bold: true });
  const rows = [
    ['Number', number ?? 'DRAFT'],
    ['Date', issuedOn],
    ['Due date', dueOn],
    ['Status', statusWords[status]],
  ] as const;
  let y = sheet.top + 34;
  for (const [name, value] of rows) {
    if (value === null) continue;
    sheet.write(name, { x: facts.x, y }, label);
    sheet.writeRight(value, { x: right, y, width: facts.width - 60 }, strong);
    y += 15;
  }
  return y;
}

function printLines(sheet: Sheet, invoice: PrintedInvoice): void {
  const height = sheet.lineHeight(text);
  // A heading alone at the end of a page would head nothing.
  sheet.makeRoom(3 * (height + 2 * cellPadding));
  printHeading(sheet, invoice.currency);
  for (const line of invoice.lines) {
    const lines = sheet.lines(line.description, columns.description.width, text);
    const wanted = lines.length * height + 2 * cellPadding;
    // What takes less than half a page is kept together; what takes more begins here and goes on.
    const together = wanted <= (sheet.bottom - sheet.top) / 2 ? wanted : height + 2 * cellPadding;
    if (sheet.makeRoom(together)) printHeading(sheet, invoice.currency);
    sheet.y += cellPadding;
    for (const [index, words] of lines.entries()) {
      if (sheet.makeRoom(height + cellPadding)) {
        printHeading(sheet, invoice.currency);
        sheet.y += cellPadding;
      }
      sheet.write(words, { x: columns.description.x, y: sheet.y }, text);
      if (index === 0) printNumbers(sheet, line, invoice.currency);
      sheet.y += height;
    }
    sheet.y += cellPadding;
    sheet.rule(sheet.left, sheet.y, '#ddd');
  }
}

function printNumbers(sheet: Sheet, line: PrintedInvoice['lines'][number], currency: string): void {
  const { y } = sheet;
  sheet.writeRight(String(line.quantity), { ...columns.quantity, y }, text);
  sheet.writeRight(decimalText({ amount: line.unitPrice, currency }), { ...columns.unitPrice, y }, text);
  sheet.writeRight(`${line.taxRate}%`, { ...columns.taxRate, y }, text);
  sheet.writeRight(decimalText({ amount: line.amount, currency }), { ...columns.amount, y }, text);
}

/** The heading of the table, on each of its pages. */
function printHeading(sheet: Sheet, currency: string): void {
  const height = sheet.lineHeight(strong) + 2 * cellPadding;
  sheet.band(sheet.y, height, '#f0f0f0');
  const y = sheet.y + cellPadding;
  sheet.write('Description', { x: columns.description.x, y }, strong);
  sheet.writeRight('Quantity', { ...columns.quantity, y }, strong);
  sheet.writeRight('Unit price', { ...columns.unitPrice, y }, strong);
  sheet.writeRight('Tax', { ...columns.taxRate, y }, strong);
  sheet.writeRight(`Amount ${currency}`, { ...columns.amount, y }, strong);
  sheet.y += height;
}

function printTotals(sheet: Sheet, invoice: PrintedInvoice): void {
  const rows = totalsOf(invoice);
  const height = sheet.lineHeight(text) + cellPadding;
  sheet.makeRoom(Math.min(12 + rows.length * height, (sheet.bottom - sheet.top) / 2));
  sheet.y += 12;
  for (const { name, amount, important } of rows) {
    sheet.makeRoom(height);
    if (important) sheet.rule(totalsLabel.x, sheet.y, '#999');
    const y = sheet.y + cellPadding;
    sheet.write(name, { x: totalsLabel.x, y }, important ? strong : label);
    const money = decimalText({ amount, currency: invoice.currency });
    sheet.writeRight(money, { ...totalsAmount, y }, important ? strong : text);
    sheet.y += height;
  }
}

function printTaxWords(sheet: Sheet, { taxWords = [] }: PrintedInvoice): void {
  for (const words of taxWords) {
    sheet.y += 8;
    sheet.paragraph(words, { x: sheet.left, width: sheet.width }, text);
  }
}

interface TotalsRow {
  name: string;
  amount: number;
  important?: boolean;
}

/** What lowers the balance is negative; what does not happen is left out. */
function totalsOf(invoice: PrintedInvoice): TotalsRow[] {
  const { currency, taxIncluded, subtotal, taxes, tax, total, credit, paid, refunded, balance } = invoice;
  const included = taxIncluded ? ' (included)' : '';
  return [
    { name: 'Subtotal', amount: subtotal },
    ...taxes.map(({ rate, amount }) => ({ name: `Tax ${rate}%${included}`, amount })),
    ...(taxes.length > 1 ? [{ name: 'All taxes', amount: tax }] : []),
    { name: `Total ${currency}`, amount: total, important: true },
    ...[
      { name: 'Credit', amount: -credit },
      { name: 'Paid', amount: -paid },
      { name: 'Refunded', amount: refunded },
    ].filter(({ amount }) => amount !== 0),
    { name: `Balance due ${currency}`, amount: balance, important: true },
  ];
}

/** As many lines as leave two thirds of the page to the invoice. */
const mostFootLines = 24;

function footLines(sheet: Sheet, given: string | null): string[] {
  if (given === null || given.trim() === '') return [];
  const lines = sheet.lines(given, sheet.width, footer);
  return lines.length <= mostFootLines ? lines : [...lines.slice(0, mostFootLines - 1), '…'];
}

function printFoot(sheet: Sheet, lines: string[], title: string, position: string): void {
  const height = sheet.lineHeight(footer);
  let y = sheet.bottom + height;
  if (lines.length > 0) sheet.rule(sheet.left, y - height / 3, '#ccc');
  for (const line of lines) {
    sheet.write(line, { x: sheet.left, y }, footer);
    y += height;
  }
  y += height / 2;
  const [shortTitle = ''] = sheet.lines(title, sheet.width - 110, footer);
  sheet.write(shortTitle, { x: sheet.left, y }, footer);
  sheet.writeRight(position, { x: sheet.right, y, width: 100 }, footer);
}
