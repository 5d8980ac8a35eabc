import { createRequire } from 'node:module';
import { buffer } from 'node:stream/consumers';
import { PDFDocument as LibDocument } from 'pdf-lib';
import PDFDocument from 'pdfkit';
import { type ReadPage, readPdf } from '../../shared/pdf/read-pdf.ts';
import { dejaVu, invoiceLines, renderInvoice, sampleInvoice } from '../../shared/pdf/sample-document.ts';
import { paired } from '../measure.ts';
import { against, type Row, type Section } from '../report.ts';

type Fontkit = Parameters<LibDocument['registerFontkit']>[0];

interface Subset {
  encode(): Uint8Array;
}

/** The fontkit that pdfkit brings: pdf-lib has none of its own, and asks for a subset in an older way. */
function fontkitForPdfLib(): Fontkit {
  const require = createRequire(createRequire(import.meta.url).resolve('pdfkit'));
  const fontkit = require('fontkit') as { create(bytes: Uint8Array): { createSubset(): Subset } };
  const create = (bytes: Uint8Array) => {
    const font = fontkit.create(bytes);
    const createSubset = font.createSubset.bind(font);
    font.createSubset = () => {
      const subset = createSubset();
      return Object.assign(subset, { encodeStream: () => streamed(subset) });
    };
    return font;
  };
  return { create } as unknown as Fontkit;
}

interface Listeners {
  on(event: string, listener: (data?: Uint8Array) => void): Listeners;
}

function streamed(subset: Subset): Listeners {
  const listeners: Listeners = {
    on(event, listener) {
      if (event === 'data') listener(subset.encode());
      if (event === 'end') listener();
      return listeners;
    },
  };
  return listeners;
}

const isBold = (font: string) => font.endsWith('-Bold');

/** The same letters at the same places, which are known already: nothing is measured, nothing wraps. */
function withPdfkit(pages: readonly ReadPage[]): Promise<Buffer> {
  const pdf = new PDFDocument({ size: 'A4', margin: 0, font: '', autoFirstPage: false });
  pdf.registerFont('regular', dejaVu.regular).registerFont('bold', dejaVu.bold);
  for (const { height, texts } of pages) {
    pdf.addPage();
    for (const { text, x, y, size, font } of texts) {
      pdf.font(isBold(font) ? 'bold' : 'regular').fontSize(size);
      pdf.text(text, x, height - y, { lineBreak: false, baseline: 'alphabetic' });
    }
  }
  pdf.end();
  return buffer(pdf);
}

async function withPdfLib(pages: readonly ReadPage[], fontkit: Fontkit): Promise<Uint8Array> {
  const pdf = await LibDocument.create();
  pdf.registerFontkit(fontkit);
  const regular = await pdf.embedFont(dejaVu.regular, { subset: true });
  const bold = await pdf.embedFont(dejaVu.bold, { subset: true });
  for (const { width, height, texts } of pages) {
    const page = pdf.addPage([width, height]);
    for (const { text, x, y, size, font } of texts) {
      page.drawText(text, { x, y, size, font: isBold(font) ? bold : regular });
    }
  }
  return pdf.save({ objectsPerTick: Infinity });
}

/** The rival prints what we print, or the comparison is none. */
async function requireSameTexts(bytes: Uint8Array, pages: readonly ReadPage[]): Promise<void> {
  const { pages: theirs } = await readPdf(bytes);
  const [ours, other] = [pages, theirs].map((read) => read.map(({ texts }) => texts.map(({ text }) => text)));
  if (JSON.stringify(ours) !== JSON.stringify(other)) throw new Error('The invoices are not the same');
}

async function pdfRows(): Promise<Row[]> {
  const rows: Row[] = [];
  const fontkit = fontkitForPdfLib();
  for (const count of [10, 200]) {
    const invoice = sampleInvoice({ lines: invoiceLines(count) });
    const ours = () => renderInvoice(dejaVu, invoice);
    const bytes = await ours();
    const { pages } = await readPdf(bytes);
    await requireSameTexts(await withPdfkit(pages), pages);
    const rounds = { rounds: 30, batch: 1 };
    const kit = await paired(ours, () => withPdfkit(pages), rounds);
    const lib = await paired(ours, () => withPdfLib(pages, fontkit), rounds);
    rows.push({
      'an invoice of': `${count} lines`,
      ...against(kit.ratio, 1.2),
      'to pdf-lib': lib.ratio.toFixed(2),
      rendered: milliseconds(kit.first),
      pdfkit: milliseconds(kit.second),
      'pdf-lib': milliseconds(lib.second),
      pages: String(pages.length),
      KB: kilobytes(bytes),
    });
  }
  return rows;
}

const milliseconds = (microseconds: number) => `${(microseconds / 1000).toFixed(0)} ms`;
const kilobytes = (bytes: Uint8Array) => (bytes.length / 1024).toFixed(0);

export const pdfSection: Section = {
  name: 'pdf',
  title: 'an invoice as a PDF, against pdfkit and pdf-lib that write the same letters at places known before',
  notes: [
    'All with the same two fonts, cut down to the letters that are used and read anew for each document; the ratio is',
    'to pdfkit.',
  ],
  rows: pdfRows,
};
