import { decodePng } from './png.ts';
import ranges from './printable-ranges.json' with { type: 'json' };

/** What no letter is drawn for, or what would turn the letters around it; what joins letters may stay. */
const unprintable = /[[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]--[\u{200C}\u{200D}]]/gv;

/** Writings that run from right to left: documents set every line from left to right. */
const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/v;

const plain = /^[ -~]*$/;

/** Composed letters, single spaces, no empty lines: a text as it is printed. */
export function printable(text: string): string {
  // Most of what documents print, which the rest would leave as it is.
  if (plain.test(text)) return text.replace(/ +/g, ' ').trim();
  return text
    .normalize('NFC')
    .split(/[\r\n\u2028\u2029]/)
    .map((line) => line.replace(/\t/g, ' ').replace(unprintable, '').replace(/ +/g, ' ').trim())
    .filter((line) => line !== '')
    .join('\n');
}

/** The letters of a text that documents cannot show: the fonts have none for them, or they run from right to left. */
export function lettersWithoutForm(text: string): string[] {
  const letters = Array.from(printable(text)).filter(
    (letter) => letter !== '\n' && (rightToLeft.test(letter) || !hasForm(letter.codePointAt(0)!)),
  );
  return [...new Set(letters)];
}

function hasForm(code: number): boolean {
  return ranges.some(([first, last]) => first! <= code && code <= last!);
}

/** Whether documents can show this PNG or JPEG. */
export function isPrintableImage(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x89) return isPrintableJpeg(bytes);
  try {
    decodePng(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Segments of a JPEG that hold its frame: `FFC0` to `FFCF` but those for tables and arithmetic coding. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** Eight bits for each sample, and a size: all that a PDF needs to know of a JPEG, which viewers decode. */
function isPrintableJpeg(bytes: Uint8Array): boolean {
  const jpeg = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (jpeg.byteLength < 4 || jpeg.getUint16(0) !== 0xffd8) return false;
  for (let at = 2; at + 10 <= jpeg.byteLength; at += 2 + jpeg.getUint16(at + 2)) {
    if (jpeg.getUint8(at) !== 0xff) return false;
    if (!isFrame(jpeg.getUint8(at + 1))) continue;
    const [bits, height, width] = [jpeg.getUint8(at + 4), jpeg.getUint16(at + 5), jpeg.getUint16(at + 7)];
    return bits === 8 && width > 0 && height > 0 && [1, 3, 4].includes(jpeg.getUint8(at + 9));
  }
  return false;
}
