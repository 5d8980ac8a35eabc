import type { Fonts } from './sheet.ts';
import { Sheet, type Style } from './sheet.ts';

export type { Fonts } from './sheet.ts';

interface Party {
  name: string;
  /** Address, tax id: a line each. */
  lines: string[];
}

/** A business document, worded in its language: whoever makes one decides what it says, and here is decided where. */
export interface PrintedDocument {
  /** BCP 47. */
  language: string;
  title: string;
  number: string;
  /** The day of the document; its bytes depend on nothing that changes. */
  date: string;
  /** Said below the title, of a copy or a draft. */
  mark: string | null;
  seller: Party & {
    /** Bank details, terms: at the foot of every page. */
    footer: string | null;
    /** PNG or JPEG. */
    logo: Uint8Array | null;
  };
  buyer: Party & { heading: string };
  /** What stands beside the parties: number, days. */
  facts: { name: string; value: string }[];
  /** The first column is wide and wraps; the others are numbers and end at their right. */
  table: { headings: string[]; widths: readonly number[]; rows: string[][] };
  totals: { name: string; value: string; important?: boolean }[];
  /** Paragraphs below the totals. */
  notes: string[];
  pageOf(number: number, count: number): string;
}

const grey = '#666';
const text: Style = { size: 8.5 };
const strong: Style = { size: 8.5, bold: true };
const label: Style = { size: 8.5, color: grey };
const footer: Style = { size: 7.5, color: grey };

const logoBox = { width: 200, height: 64 };
/** The seller and the buyer to the left, what the document is to the right. */
const party = { x: 50, width: 250 };
const facts = { x: 330, width: 215 };
/** The table's first column begins here, its last one ends there. */
const [tableLeft, tableRight] = [56, 540];
const columnGap = 6;
const totalsLabel = { x: 330 };
const totalsAmount = { x: 540, width: 120 };
const cellPadding = 4;

/** Prints a document as a PDF of A4 pages. The same document always gives the same bytes. */
export async function printDocument(fonts: Fonts, document: PrintedDocument): Promise<Uint8Array> {
  const { seller, language, date } = document;
  const title = `${document.title} ${document.number}`;
  const sheet = new Sheet(fonts, {
    title,
    author: seller.name,
    language,
    date: new Date(`${date}T00:00:00Z`),
  });
  const foot = footLines(sheet, seller.footer);
  sheet.bottom -= (foot.length + 2.5) * sheet.lineHeight(footer);
  printHead(sheet, document);
  printTable(sheet, document.table);
  printTotals(sheet, document.totals);
  for (const note of document.notes) {
    sheet.y += 8;
    sheet.paragraph(note, { x: sheet.left, width: sheet.width }, text);
  }
  return sheet.finish((number, count) => printFoot(sheet, foot, title, document.pageOf(number, count)));
}

/** The seller and the buyer, and beside them what the document is. */
function printHead(sheet: Sheet, document: PrintedDocument): void {
  const { seller, buyer } = document;
  const belowFacts = printFacts(sheet, document);
  const height = seller.logo && sheet.image(seller.logo, { x: party.x, y: sheet.top }, logoBox);
  if (height === null) {
    sheet.paragraph(seller.name, party, { size: 15, bold: true });
    sheet.y += 4;
  } else {
    sheet.y = sheet.top + height + 10;
    sheet.paragraph(seller.name, party, strong);
  }
  for (const line of seller.lines) sheet.paragraph(line, party, text);
  sheet.y += 20;
  sheet.paragraph(buyer.heading, party, label);
  sheet.paragraph(buyer.name, party, strong);
  for (const line of buyer.lines) sheet.paragraph(line, party, text);
  // A long address has gone on on another page, where no facts stand beside it.
  if (sheet.pages === 1) sheet.y = Math.max(sheet.y, belowFacts);
  sheet.y += 24;
}

/** Says where they end. */
function printFacts(sheet: Sheet, document: PrintedDocument): number {
  const right = facts.x + facts.width;
  const title = { x: right, y: sheet.top - 4, width: facts.width };
  sheet.writeRight(document.title, title, { size: 22, bold: true });
  let y = sheet.top + 34;
  if (document.mark !== null) {
    for (const line of sheet.lines(document.mark, facts.width, strong)) {
      sheet.writeRight(line, { x: right, y, width: facts.width }, strong);
      y += 15;
    }
  }
  for (const { name, value } of document.facts) {
    sheet.write(name, { x: facts.x, y }, label);
    sheet.writeRight(value, { x: right, y, width: facts.width - 60 }, strong);
    y += 15;
  }
  return y;
}

interface Columns {
  /** Of the first column. */
  width: number;
  /** Where each of the others ends, and how wide it is. */
  numbers: { x: number; width: number }[];
}

function columnsOf({ widths }: PrintedDocument['table']): Columns {
  const numbers: Columns['numbers'] = [];
  let x = tableRight;
  for (const width of widths.toReversed()) {
    numbers.unshift({ x, width });
    x -= width + columnGap;
  }
  return { width: x - tableLeft, numbers };
}

function printTable(sheet: Sheet, table: PrintedDocument['table']): void {
  const columns = columnsOf(table);
  const height = sheet.lineHeight(text);
  const printHeading = () => heading(sheet, table.headings, columns);
  // A heading alone at the end of a page would head nothing.
  sheet.makeRoom(3 * (height + 2 * cellPadding));
  printHeading();
  for (const [first = '', ...numbers] of table.rows) {
    const lines = sheet.lines(first, columns.width, text);
    const wanted = lines.length * height + 2 * cellPadding;
    // What takes less than half a page is kept together; what takes more begins here and goes on.
    const together = wanted <= (sheet.bottom - sheet.top) / 2 ? wanted : height + 2 * cellPadding;
    if (sheet.makeRoom(together)) printHeading();
    sheet.y += cellPadding;
    for (const [index, words] of lines.entries()) {
      if (sheet.makeRoom(height + cellPadding)) {
        printHeading();
        sheet.y += cellPadding;
      }
      sheet.write(words, { x: tableLeft, y: sheet.y }, text);
      if (index === 0) printNumbers(sheet, numbers, columns, text);
      sheet.y += height;
    }
    sheet.y += cellPadding;
    sheet.rule(sheet.left, sheet.y, '#ddd');
  }
}

function printNumbers(sheet: Sheet, numbers: readonly string[], columns: Columns, style: Style): void {
  for (const [index, number] of numbers.entries()) {
    sheet.writeRight(number, { ...columns.numbers[index]!, y: sheet.y }, style);
  }
}

/** The heading of the table, on each of its pages. */
function heading(sheet: Sheet, [first = '', ...numbers]: readonly string[], columns: Columns): void {
  const height = sheet.lineHeight(strong) + 2 * cellPadding;
  sheet.band(sheet.y, height, '#f0f0f0');
  sheet.y += cellPadding;
  sheet.write(first, { x: tableLeft, y: sheet.y }, strong);
  printNumbers(sheet, numbers, columns, strong);
  sheet.y += height - cellPadding;
}

function printTotals(sheet: Sheet, rows: PrintedDocument['totals']): void {
  const height = sheet.lineHeight(text) + cellPadding;
  sheet.makeRoom(Math.min(12 + rows.length * height, (sheet.bottom - sheet.top) / 2));
  sheet.y += 12;
  for (const { name, value, important } of rows) {
    sheet.makeRoom(height);
    if (important) sheet.rule(totalsLabel.x, sheet.y, '#999');
    const y = sheet.y + cellPadding;
    sheet.write(name, { x: totalsLabel.x, y }, important ? strong : label);
    sheet.writeRight(value, { ...totalsAmount, y }, important ? strong : text);
    sheet.y += height;
  }
}

/** As many lines as leave two thirds of the page to the document. */
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
