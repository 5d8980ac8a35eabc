import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';

/** Charset names used in mail, in lower case without separators, and the decoders' names for them. */
const aliases = new Map([
  ['cp932', 'shift_jis'],
  ['windows31j', 'shift_jis'],
  ['ms932', 'shift_jis'],
  ['cp936', 'gbk'],
  ['windows936', 'gbk'],
  ['ms936', 'gbk'],
  ['cp949', 'euc-kr'],
  ['ms949', 'euc-kr'],
  ['uhc', 'euc-kr'],
  ['cp950', 'big5'],
  ['windows950', 'big5'],
  ['cp874', 'windows-874'],
  ['tis620', 'windows-874'],
  ['cp50220', 'iso-2022-jp'],
  ['cp50221', 'iso-2022-jp'],
  ['cp50222', 'iso-2022-jp'],
  ['iso2022jp1', 'iso-2022-jp'],
  ['iso2022jp2', 'iso-2022-jp'],
  ['eucjp', 'euc-jp'],
  ['euckr', 'euc-kr'],
  ['sjis', 'shift_jis'],
  ['shiftjis', 'shift_jis'],
  ['iso88598i', 'iso-8859-8'],
  ['iso88598e', 'iso-8859-8'],
  ['utf8mb4', 'utf-8'],
]);

const mostDecoders = 200;
const decoders = new Map<string, TextDecoder>();

/** Never fails: invalid bytes become replacement characters, and an unknown charset is read as windows-1252. */
export function decodeText(bytes: Uint8Array, charset: string): string {
  return decoderFor(charset).decode(bytes);
}

function decoderFor(charset: string): TextDecoder {
  const cached = decoders.get(charset);
  if (cached) return cached;
  const plain = charset.replace(/^x-|[\s._-]+/g, '');
  const decoder =
    decoderNamed(charset) ?? decoderNamed(aliases.get(plain) ?? plain) ?? new TextDecoder('windows-1252');
  // The cache is bounded, as messages may invent any number of names.
  if (decoders.size < mostDecoders) decoders.set(charset, decoder);
  return decoder;
}

function decoderNamed(label: string): TextDecoder | undefined {
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}

/**
 * The charset of a text: the declared one or, if that says nothing, the detected one. HTML may declare it
 * itself.
 */
export function charsetOf(named: string, bytes: Uint8Array, isHtml: boolean): string {
  const charset = named.trim().toLowerCase().slice(0, 60);
  if (charset !== '' && !/^(?:us-?)?ascii$|^unknown|^default$|^x-user-defined$|^binary$/.test(charset))
    return charset;
  if (isUtf8(bytes)) return 'utf-8';
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 2_000)).toString('latin1');
  const inHtml = isHtml ? /charset\s*=\s*["']?([\w.:-]{1,60})/i.exec(start)?.[1] : undefined;
  return inHtml?.toLowerCase() ?? 'windows-1252';
}

/** Unwraps text of the format "flowed" (RFC 3676): a line that ends in a space continues in the next. */
export function joinFlowedLines(text: string, deletesSpaces: boolean): string {
  const out: string[] = [];
  for (const given of text.split('\n')) {
    const line = given.startsWith(' ') ? given.slice(1) : given;
    const flows = line.endsWith(' ') && line !== '-- ';
    out.push(flows && deletesSpaces ? line.slice(0, -1) : line, flows ? '' : '\n');
  }
  // The last line has no line break.
  return out.slice(0, -1).join('');
}
