import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { Email } from 'postal-mime';
import { bodyOf } from './mime-body.ts';
import type { Structured } from './mime-fields.ts';
import type { Leaf } from './mime-outline.ts';

/** A message of the same texts and attachments, small enough for any parser. */
export interface Skeleton {
  message: Buffer;
  /** What stands between the texts. */
  secret: string;
  texts: SkeletonText[];
}

interface SkeletonText {
  isInOneLine: boolean;
  /** Whether the text was too long to be taken whole. */
  isCut: boolean;
}

const mostTextBytes = 3_000_000;
/** Of one plain text: several times what is kept of it. */
const longestPlainText = 600_000;

/**
 * Writes the parts anew, one after the other: each text in a single line, whatever its encoding was, and each
 * attachment without its content. What a parser could read in two ways is not in it any more. All text is called
 * plain, HTML too, as the parser would turn one kind into the other, which takes it quadratic time.
 */
export function skeletonOf(raw: Buffer, texts: readonly Leaf[], attachments: readonly Leaf[]): Skeleton {
  // Random, so that no text can be one of our boundaries.
  const secret = randomBytes(12).toString('hex');
  const separator = `Content-Transfer-Encoding: base64\n\n${Buffer.from(secret).toString('base64')}`;
  const parts: string[] = [];
  const written: SkeletonText[] = [];
  let room = mostTextBytes;
  for (const leaf of texts) {
    const isHtml = leaf.type.value === 'text/html';
    const end = Math.min(leaf.end, leaf.start + (isHtml ? room : Math.min(room, longestPlainText)));
    room -= end - leaf.start;
    const isCut = end < leaf.end;
    const { part, isInOneLine } = textPart(leaf, bodyOf(raw, { ...leaf, end }), isCut);
    if (parts.length > 0) parts.push(separator);
    parts.push(part);
    written.push({ isInOneLine, isCut });
  }
  for (const [index, leaf] of attachments.entries()) parts.push(attachmentPart(leaf, index));
  const [only = ''] = parts;
  const message =
    parts.length < 2
      ? only
      : `Content-Type: multipart/mixed; boundary="${secret}"\n\n--${secret}\n${parts.join(`\n--${secret}\n`)}\n--${secret}--`;
  return { message: Buffer.from(message, 'latin1'), secret, texts: written };
}

/** What a parser made of the skeleton: its texts, each as it was, and the names of its attachments. */
export function readSkeleton(
  { secret, texts }: Skeleton,
  read: Email,
): { texts: string[]; names: Map<number, string | null> } {
  const pieces = texts.length === 0 ? [] : (read.text ?? '').split(`\n${secret}\n`);
  const names = read.attachments.map(
    ({ contentId = '', filename }) => [Number(contentId.slice(1, -1)), filename] as const,
  );
  return {
    texts: texts.map(({ isInOneLine }, index) => withLineFeeds(pieces[index] ?? '', isInOneLine)),
    names: new Map(names),
  };
}

function withLineFeeds(text: string, wasInOneLine: boolean): string {
  if (!wasInOneLine) return text.replaceAll('\r\n', '\n');
  // The parser ends the line that it was given.
  const given = text.endsWith('\n') ? text.slice(0, -1) : text;
  return given.replaceAll('\r\v', '\n').replaceAll('\v', '\n');
}

function attachmentPart({ type, disposition }: Leaf, index: number): string {
  return (
    `Content-Type: application/octet-stream${parametersOf(type)}\n` +
    `Content-Disposition: attachment${parametersOf(disposition)}\n` +
    `Content-ID: <${index}>\n\n`
  );
}

function parametersOf({ rest }: Structured): string {
  return rest === '' ? '' : `; ${rest.replace(/[\r\n]+/g, ' ')}`;
}

/** Charsets in which the byte of a line feed may be a part of something else. */
const wideCharset = /utf-?(?:16|32)|ucs|unicode/;

function textPart(leaf: Leaf, content: Uint8Array, isCut: boolean): { part: string; isInOneLine: boolean } {
  const charset = charsetOf(leaf, content, isCut);
  const type = `Content-Type: text/plain; charset="${charset}"`;
  const isFlowed = leaf.type.parameters.get('format')?.toLowerCase() === 'flowed';
  if (!isFlowed && !wideCharset.test(charset))
    return { part: `${type}\n\n${inOneLine(content)}`, isInOneLine: true };
  const delSp = leaf.type.parameters.get('delsp')?.toLowerCase() === 'yes' ? '; delsp=yes' : '';
  const format = isFlowed ? `; format=flowed${delSp}` : '';
  const encoded = Buffer.from(content.buffer, content.byteOffset, content.length).toString('base64');
  const part = `${type}${format}\nContent-Transfer-Encoding: base64\n\n${encoded}`;
  return { part, isInOneLine: false };
}

/** With vertical tabs in place of line feeds: a parser needs much time for a line. */
function inOneLine(content: Uint8Array): string {
  const line = Buffer.from(content);
  for (let at = 0; at < line.length; at++) if (line[at] === 0x0a) line[at] = 0x0b;
  return line.toString('latin1');
}

/** The charset that the part names, or, where it names none that says anything, the one it is in. */
function charsetOf({ type }: Leaf, content: Uint8Array, isCut: boolean): string {
  const given = type.parameters.get('charset')?.trim().toLowerCase() ?? '';
  const named = /^[\w.:()+-]{1,60}$/.exec(given)?.[0] ?? '';
  if (named !== '' && !/^(?:us-?)?ascii$|^unknown|^default$|^x-user-defined$|^binary$/.test(named))
    return named;
  if (isCut || isUtf8(content)) return 'utf-8';
  const start = Buffer.from(content.buffer, content.byteOffset, Math.min(content.length, 2_000));
  const inHtml = /charset\s*=\s*["']?([\w.:-]{1,60})/i.exec(start.toString('latin1'))?.[1];
  return (type.value === 'text/html' ? inHtml : undefined) ?? 'windows-1252';
}
