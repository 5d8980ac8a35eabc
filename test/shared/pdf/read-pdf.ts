import {
  decodePDFRawStream,
  PDFArray,
  PDFDict,
  PDFDocument,
  PDFName,
  PDFNumber,
  type PDFPage,
  PDFRawStream,
} from 'pdf-lib';

/** A run of letters as it stands on the page, in points from its lower left corner. */
export interface ReadText {
  text: string;
  x: number;
  y: number;
  width: number;
  size: number;
  font: string;
}

/** Where an image lies: its left and lower edge and its size. */
interface ReadImage {
  x: number;
  y: number;
  width: number;
  height: number;
  hasOpacity: boolean;
}

export interface ReadPage {
  width: number;
  height: number;
  texts: ReadText[];
  images: ReadImage[];
}

interface ReadFont {
  name: string;
  letters: string[];
  widths: number[];
  fileBytes: number;
}

/** What stands on the pages of one of our PDFs: read from its content, as a viewer does. */
export async function readPdf(bytes: Uint8Array): Promise<{ document: PDFDocument; pages: ReadPage[] }> {
  const document = await PDFDocument.load(bytes, { updateMetadata: false });
  return { document, pages: document.getPages().map(readPage) };
}

/** The texts of a page, one a line. */
export const pageText = (page: ReadPage): string => page.texts.map(({ text }) => text).join('\n');

/** The fonts of a page by the name that its content calls them by. */
export function fontsOf(page: PDFPage): Map<string, ReadFont> {
  const fonts = page.node.Resources()?.lookupMaybe(PDFName.of('Font'), PDFDict);
  const named = (fonts?.keys() ?? []).map((key): [string, ReadFont] => [
    key.decodeText(),
    readFont(fonts!.lookup(key, PDFDict)),
  ]);
  return new Map(named);
}

function readFont(font: PDFDict): ReadFont {
  const name = font.lookup(PDFName.of('BaseFont'), PDFName).decodeText();
  const cmap = streamText(font.lookup(PDFName.of('ToUnicode')));
  const [, ranges = ''] = /beginbfrange([\s\S]*)endbfrange/.exec(cmap) ?? [];
  const letters = ranges
    .split('\n')
    .flatMap((range) => [...(/\[(.*)\]/.exec(range)?.[1] ?? '').matchAll(/<([^>]*)>/g)])
    .map(([, hex = '']) => utf16(hex.replaceAll(' ', '')));
  const descendant = font.lookup(PDFName.of('DescendantFonts'), PDFArray).lookup(0, PDFDict);
  const [, widths] = descendant.lookup(PDFName.of('W'), PDFArray).asArray();
  const descriptor = descendant.lookup(PDFName.of('FontDescriptor'), PDFDict);
  const file = descriptor.lookup(PDFName.of('FontFile2')) as PDFRawStream;
  return {
    name,
    letters,
    widths: (widths as PDFArray)
      .asArray()
      .map((width) => (width instanceof PDFNumber ? width.asNumber() : 0)),
    fileBytes: file.getContentsSize(),
  };
}

function streamText(stream: unknown): string {
  if (!(stream instanceof PDFRawStream)) throw new Error('Not a stream');
  return Buffer.from(decodePDFRawStream(stream).decode()).toString('latin1');
}

function utf16(hex: string): string {
  return Buffer.from(hex, 'hex').swap16().toString('utf16le');
}

function readPage(page: PDFPage): ReadPage {
  const { width, height } = page.getSize();
  const fonts = fontsOf(page);
  const content = streamText(page.node.Contents());
  const texts = [...content.matchAll(/^BT\n([\s\S]*?)\nET$/gm)].map(([, block = '']) =>
    readText(block, fonts),
  );
  const images = [...content.matchAll(/^(\S+) 0 0 (\S+) (\S+) (\S+) cm\n\/(\w+) Do$/gm)].map(
    ([, across, down, x, y, name]) => ({
      x: Number(x),
      // The content counts from the top, and turns what it draws over.
      y: height - Number(y),
      width: Number(across),
      height: -Number(down),
      hasOpacity: hasOpacity(page, name!),
    }),
  );
  return { width, height, texts, images };
}

function hasOpacity(page: PDFPage, name: string): boolean {
  const images = page.node.Resources()!.lookup(PDFName.of('XObject'), PDFDict);
  return (images.lookup(PDFName.of(name)) as PDFRawStream).dict.has(PDFName.of('SMask'));
}

function readText(block: string, fonts: Map<string, ReadFont>): ReadText {
  const [, x, y] = /1 0 0 1 (\S+) (\S+) Tm/.exec(block)!;
  const [, named, sized] = /\/(\w+) (\S+) Tf/.exec(block)!;
  const font = fonts.get(named!)!;
  const size = Number(sized);
  let text = '';
  let thousandths = 0;
  for (const [, hex, back] of block.matchAll(/<([0-9a-f]+)>|(?<=> )(-?[\d.]+)(?=[ \]])/g)) {
    for (const [glyph] of (hex ?? '').matchAll(/.{4}/g)) {
      text += font.letters[Number.parseInt(glyph, 16)] ?? '';
      thousandths += font.widths[Number.parseInt(glyph, 16)] ?? 0;
    }
    if (back !== undefined) thousandths -= Number(back);
  }
  const width = (thousandths * size) / 1000;
  return { text, x: Number(x), y: Number(y), width, size, font: font.name };
}
