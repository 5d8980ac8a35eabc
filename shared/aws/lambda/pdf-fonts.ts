import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fonts } from '../../pdf/sheet.ts';

/** The fonts of documents, which lie beside the bundle of a function that prints. */
export function pdfFonts(folder: string): Fonts {
  return {
    regular: readFileSync(join(folder, 'DejaVuSans.ttf')),
    bold: readFileSync(join(folder, 'DejaVuSans-Bold.ttf')),
  };
}
