import { buffer } from 'node:stream/consumers';
import PDFDocument from 'pdfkit';
import { decodePng } from './png.ts';
import { printable } from './printable.ts';

/** TrueType files that are embedded, cut down to the letters that are used. */
export interface Fonts {
  regular: Uint8Array;
  bold: Uint8Array;
}

export interface Style {
  size: number;
  bold?: boolean;
  color?: string;
}

interface Place {
  x: number;
  y: number;
}

interface Size {
  width: number;
  height: number;
}

interface Image extends Size {
  /** As a camera was held: from 5 on, height and width change places. */
  orientation?: number;
}

/** What pdfkit can do and its types do not tell. */
interface Untyped {
  openImage(bytes: Uint8Array): Image & { bits?: number; colorSpace?: string };
}

/** A4 in points. */
const page = { width: 595.28, height: 841.89 };
const lineSpacing = 1.4;

/** The longest word that is measured whole: shaping takes longer than in proportion to the length. */
const longestWord = 200;

/** Sheets of A4 that are written from top to bottom: text that wraps, columns, rules, one image. */
export class Sheet {
  readonly left = 50;
  readonly right = page.width - 50;
  readonly width = this.right - this.left;
  readonly top = 50;
  /** Where text has to end, above what is at the foot of each page. */
  bottom = page.height - 36;
  y = this.top;
  readonly #pdf: PDFKit.PDFDocument;

  constructor(fonts: Fonts, about: { title: string; author: string; language: string; date: Date }) {
    this.#pdf = new PDFDocument({
      size: [page.width, page.height],
      margin: 0,
      bufferPages: true,
      // Else pdfkit would look for the measures of Helvetica, which a bundle does not have.
      font: '',
      lang: about.language,
      displayTitle: true,
      info: {
        Title: printable(about.title),
        Author: printable(about.author),
        // Its identity is made of these too, so that the same sheets are always the same bytes.
        CreationDate: about.date,
      },
    });
    this.#pdf.registerFont('regular', fonts.regular).registerFont('bold', fonts.bold);
  }

  get pages(): number {
    return this.#pdf.bufferedPageRange().count;
  }

  /** The text as lines of at most this width; a word that is wider than a line is broken anywhere. */
  lines(text: string, width: number, style: Style): string[] {
    this.#use(style);
    return printable(text)
      .split('\n')
      .flatMap((paragraph) => this.#wrap(paragraph, width));
  }

  lineHeight(style: Style): number {
    return style.size * lineSpacing;
  }

  /** One line, at its upper left corner. */
  write(line: string, { x, y }: Place, style: Style): void {
    this.#use(style);
    this.#pdf.fillColor(style.color ?? '#000').text(line, x, y, { lineBreak: false });
  }

  /** One line that ends at `x`; smaller where it would be wider than its column. */
  writeRight(text: string, { x, y, width }: Place & { width: number }, style: Style): void {
    const line = printable(text).replaceAll('\n', ' ');
    this.#use(style);
    const natural = this.#pdf.widthOfString(line);
    const size = style.size * Math.min(1, width / natural);
    const taken = (natural * size) / style.size;
    this.write(line, { x: x - taken, y: y + (style.size - size) }, { ...style, size });
  }

  /** A paragraph from `y` on, which goes on on further pages. */
  paragraph(text: string, column: { x: number; width: number }, style: Style): void {
    if (text.trim() === '') return;
    for (const line of this.lines(text, column.width, style)) {
      this.makeRoom(this.lineHeight(style));
      this.write(line, { x: column.x, y: this.y }, style);
      this.y += this.lineHeight(style);
    }
  }

  /** Goes on on a new page where this height is not left, and says so. */
  makeRoom(height: number): boolean {
    if (this.y + height <= this.bottom) return false;
    this.#pdf.addPage();
    this.y = this.top;
    return true;
  }

  rule(from: number, y: number, color: string): void {
    this.#pdf.moveTo(from, y).lineTo(this.right, y).lineWidth(0.5).stroke(color);
  }

  band(y: number, height: number, color: string): void {
    this.#pdf.rect(this.left, y, this.width, height).fill(color);
  }

  /** A PNG or JPEG in its proportions, as large as the box allows: its height, null where it cannot be read. */
  image(bytes: Uint8Array, { x, y }: Place, box: Size): number | null {
    const image = this.#open(bytes);
    if (!image) return null;
    const fit: [number, number] = [box.width, box.height];
    this.#pdf.image(image as unknown as Buffer, x, y, { fit });
    const { width, height, orientation = 1 } = image;
    const proportion = orientation > 4 ? width / height : height / width;
    return Math.min(box.height, box.width * proportion);
  }

  /** Writes the foot of every page, then hands out the PDF. */
  async finish(foot: (number: number, count: number) => void): Promise<Uint8Array> {
    const { count } = this.#pdf.bufferedPageRange();
    for (let index = 0; index < count; index++) {
      this.#pdf.switchToPage(index);
      foot(index + 1, count);
    }
    this.#pdf.end();
    return buffer(this.#pdf);
  }

  #use({ size, bold }: Style): void {
    this.#pdf.font(bold ? 'bold' : 'regular').fontSize(size);
  }

  #wrap(paragraph: string, width: number): string[] {
    const space = this.#pdf.widthOfString(' ');
    const lines: string[] = [];
    let line = '';
    let taken = 0;
    for (const word of paragraph.split(' ').flatMap((word) => this.#broken(word, width))) {
      // With its space, because pdfkit will shape the line in these pieces too and has them ready then.
      const own = this.#pdf.widthOfString(`${word} `);
      if (line !== '' && taken + own - space > width) {
        lines.push(line);
        line = '';
        taken = 0;
      }
      line += line === '' ? word : ` ${word}`;
      taken += own;
    }
    return [...lines, line];
  }

  /** The word, in pieces where it is too wide. */
  #broken(word: string, width: number): string[] {
    if (word.length <= longestWord && this.#pdf.widthOfString(`${word} `) <= width) return [word];
    const pieces: string[] = [];
    let piece = '';
    let taken = 0;
    for (const letter of word) {
      const own = this.#pdf.widthOfString(letter);
      if (piece !== '' && (taken + own > width || piece.length >= longestWord)) {
        pieces.push(piece);
        piece = '';
        taken = 0;
      }
      piece += letter;
      taken += own;
    }
    return [...pieces, piece];
  }

  #open(bytes: Uint8Array): Image | null {
    try {
      if (bytes[0] === 0x89) return this.#embedPng(bytes);
      const image = (this.#pdf as unknown as Untyped).openImage(bytes);
      const { width, height, bits, colorSpace } = image;
      return width > 0 && height > 0 && bits === 8 && colorSpace !== undefined ? image : null;
    } catch {
      return null;
    }
  }

  /** In the form in which pdfkit keeps an image that is already embedded. */
  #embedPng(bytes: Uint8Array): Image & { label: string; obj: unknown } {
    const { width, height, colors, opacity } = decodePng(bytes);
    const bitmap = { Type: 'XObject', Subtype: 'Image', Width: width, Height: height, BitsPerComponent: 8 };
    const SMask = opacity && this.#pdf.ref({ ...bitmap, ColorSpace: 'DeviceGray' });
    SMask?.end(opacity);
    const obj = this.#pdf.ref({ ...bitmap, ColorSpace: 'DeviceRGB', ...(SMask && { SMask }) });
    obj.end(colors);
    return { width, height, label: 'Logo', obj };
  }
}
