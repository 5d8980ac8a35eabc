import { createRequire } from 'node:module';
import { dejaVu } from './sample-document.ts';

interface Fontkit {
  create(bytes: Uint8Array): { characterSet: number[] };
}

/** The letters that both fonts of documents have, as ranges of code points. */
export function fontCoverage(): [number, number][] {
  const require = createRequire(createRequire(import.meta.url).resolve('pdfkit'));
  const fontkit = require('fontkit') as Fontkit;
  const [regular, bold] = [dejaVu.regular, dejaVu.bold].map((font) => fontkit.create(font).characterSet);
  const inBold = new Set(bold);
  const ranges: [number, number][] = [];
  for (const code of [...new Set(regular)].filter((each) => inBold.has(each)).sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.[1] === code - 1) last[1] = code;
    else ranges.push([code, code]);
  }
  return ranges;
}
