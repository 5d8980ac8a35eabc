import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { bodyOf } from './mime-body.ts';
import type { Structured } from './mime-fields.ts';
import type { Leaf, Multipart, Node } from './mime-outline.ts';

/** A message of the same parts, small enough for any parser. */
export interface Skeleton {
  message: Buffer;
  /** The attachments; the skeleton names each by its place here, as its Content-ID. */
  attachments: Leaf[];
  /** Whether HTML was too long to be taken whole. */
  htmlIsCut: boolean;
}

const mostTextBytes = 3_000_000;
/** Of one plain text: several times what is kept of it. */
const longestPlainText = 600_000;

/**
 * Writes the parts anew: multiparts with boundaries of our own, each text in a single line, whatever its encoding was,
 * and each attachment without its content. What a parser could read in two ways is not in it any more.
 */
export function skeletonOf(raw: Buffer, root: Node): Skeleton {
  const writer = new SkeletonWriter(raw);
  writer.write(root);
  return { message: writer.message(), attachments: writer.attachments, htmlIsCut: writer.htmlIsCut };
}

/** HTML as it was before its line feeds were taken out. */
export function withLineFeeds(html: string): string {
  return html.replaceAll('\r\v', '\n').replaceAll('\v', '\n');
}

class SkeletonWriter {
  readonly #raw: Buffer;
  readonly #lines: string[] = [];
  // Random, so that no text can be one of our boundaries.
  readonly #secret = randomBytes(12).toString('hex');
  #boundaries = 0;
  #room = mostTextBytes;
  readonly attachments: Leaf[] = [];
  htmlIsCut = false;

  constructor(raw: Buffer) {
    this.#raw = raw;
  }

  message(): Buffer {
    return Buffer.from(this.#lines.join('\n'), 'latin1');
  }

  write(node: Node): void {
    if (node.kind === 'multipart') this.#multipart(node);
    else if (node.kind === 'text') this.#text(node);
    else {
      this.#lines.push(
        `Content-Type: application/octet-stream${parametersOf(node.type)}`,
        `Content-Disposition: attachment${parametersOf(node.disposition)}`,
        `Content-ID: <${this.attachments.push(node) - 1}>`,
        '',
        '',
      );
    }
  }

  #multipart({ subtype, children }: Multipart): void {
    const boundary = `${this.#secret}.${++this.#boundaries}`;
    this.#lines.push(`Content-Type: multipart/${subtype}; boundary="${boundary}"`, '');
    for (const child of children) {
      this.#lines.push(`--${boundary}`);
      this.write(child);
    }
    this.#lines.push(`--${boundary}--`, '');
  }

  #text(leaf: Leaf): void {
    const isHtml = leaf.type.value === 'text/html';
    const end = Math.min(
      leaf.end,
      leaf.start + (isHtml ? this.#room : Math.min(this.#room, longestPlainText)),
    );
    const cut = end < leaf.end;
    this.#room -= end - leaf.start;
    this.htmlIsCut ||= cut && isHtml;
    const content = bodyOf(this.#raw, { ...leaf, end });
    const charset = charsetOf(leaf, content, cut);
    if (isHtml && !wideCharset.test(charset)) {
      this.#lines.push(`Content-Type: text/html; charset="${charset}"`, '', inOneLine(content));
      return;
    }
    const isFlowed = leaf.type.parameters.get('format')?.toLowerCase() === 'flowed';
    const delSp = leaf.type.parameters.get('delsp')?.toLowerCase() === 'yes' ? '; delsp=yes' : '';
    this.#lines.push(
      `Content-Type: text/${isHtml ? 'html' : 'plain'}; charset="${charset}"${isFlowed ? '; format=flowed' : ''}${delSp}`,
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(content.buffer, content.byteOffset, content.length).toString('base64'),
    );
  }
}

/** Charsets in which the byte of a line feed may be a part of something else. */
const wideCharset = /utf-?(?:16|32)|ucs|unicode/;

/** With vertical tabs in place of line feeds: a parser needs much time for a line, and HTML needs none. */
function inOneLine(content: Uint8Array): string {
  const line = Buffer.from(content);
  for (let at = 0; at < line.length; at++) if (line[at] === 0x0a) line[at] = 0x0b;
  return line.toString('latin1');
}

function parametersOf({ rest }: Structured): string {
  return rest === '' ? '' : `; ${rest.replace(/[\r\n]+/g, ' ')}`;
}

/** The charset that the part names, or, where it names none that says anything, the one it is in. */
function charsetOf({ type }: Leaf, content: Uint8Array, cut: boolean): string {
  const given = type.parameters.get('charset')?.trim().toLowerCase() ?? '';
  const named = /^[\w.:()+-]{1,60}$/.exec(given)?.[0] ?? '';
  if (named !== '' && !/^(?:us-?)?ascii$|^unknown|^default$|^x-user-defined$|^binary$/.test(named))
    return named;
  if (cut || isUtf8(content)) return 'utf-8';
  const start = Buffer.from(content.buffer, content.byteOffset, Math.min(content.length, 2_000));
  const inHtml = /charset\s*=\s*["']?([\w.:-]{1,60})/i.exec(start.toString('latin1'))?.[1];
  return (type.value === 'text/html' ? inHtml : undefined) ?? 'windows-1252';
}
