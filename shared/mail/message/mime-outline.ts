import {
  type Field,
  type FieldBlock,
  type FieldLimits,
  lineAt,
  readFields,
  readStructured,
  type Structured,
} from './mime-fields.ts';

/** A part with content: displayed text or an attachment. `start` and `end` are its body's offsets in bytes. */
export interface Leaf {
  kind: 'text' | 'attachment';
  type: Structured;
  disposition: Structured;
  /** Without angle brackets; empty if there is none. */
  contentId: string;
  encoding: string;
  start: number;
  end: number;
}

export interface Multipart {
  kind: 'multipart';
  subtype: string;
  children: Node[];
}

export type Node = Leaf | Multipart;

export interface Outline {
  fields: Field[];
  /** Where the header ends; the empty line and the body follow. */
  headerEnd: number;
  root: Node;
  /** How many attachments exceed the limit and are not in the tree. */
  leftOut: number;
}

export const mostAttachments = 50;
const mostTexts = 100;
const mostMultiparts = 200;
const deepest = 30;
/** The search ends after this many parts, possible delimiter lines, or header lines of parts. */
const mostParts = 20_000;
const mostCandidates = 300_000;
const mostPartLines = 300_000;
const longestBoundary = 1_000;

const kilobyte = 1024;
const messageLimits: FieldLimits = {
  lines: 400_000,
  fields: 2_000,
  characters: 256 * kilobyte,
  wanted: new Map([
    ...['to', 'cc'].map((name) => [name, 512 * kilobyte] as const),
    ...['references', 'in-reply-to', 'message-id'].map((name) => [name, 64 * kilobyte] as const),
    ...['from', 'sender', 'subject', 'date', 'return-path', 'auto-submitted', 'precedence'].map(
      (name) => [name, 8 * kilobyte] as const,
    ),
    // What tells whether From is true has to be found among however many other fields.
    ...['received-spf', 'authentication-results', 'x-ses-receipt', 'dkim-signature'].map(
      (name) => [name, 8 * kilobyte] as const,
    ),
    ...['content-type', 'content-disposition', 'content-transfer-encoding', 'content-id'].map(
      (name) => [name, 8 * kilobyte] as const,
    ),
  ]),
  repeats: 10,
  isMessage: true,
};
const partLimits: FieldLimits = {
  ...messageLimits,
  lines: 1_000,
  fields: 0,
  characters: 0,
  repeats: 1,
  isMessage: false,
};

/**
 * Finds the parts of a message without reading their bodies, in linear time: it inspects as few lines as possible, and
 * parts, depth and lines are limited. Parts nested too deep become children of the deepest multipart, so no nesting
 * hides anything.
 */
export function outlineOf(raw: Buffer): Outline {
  const block = readFields(raw, isMailboxLine(raw) ? lineAt(raw, 0).next : 0, messageLimits);
  const scan = new Scan(raw);
  const root = scan.run(block);
  return { fields: block.fields, headerEnd: block.end, root, leftOut: scan.leftOut };
}

/** "From jane Mon Mar 2 …": the line that mbox files put between messages. */
function isMailboxLine(raw: Buffer): boolean {
  return /^From [^\s:]/.test(raw.toString('latin1', 0, 6));
}

interface OpenMultipart {
  boundary: string;
  node: Multipart;
  /** 1 for the outermost multipart. */
  depth: number;
  /** The index of another open multipart with the same boundary. */
  shadowed: number | undefined;
}

const delimiterStart = Buffer.from('\n--');

class Scan {
  readonly #raw: Buffer;
  readonly #open: OpenMultipart[] = [];
  readonly #byBoundary = new Map<string, number>();
  readonly #counts = { parts: 0, lines: 0, texts: 0, attachments: 0, multiparts: 0, candidates: 0 };
  leftOut = 0;

  constructor(raw: Buffer) {
    this.#raw = raw;
  }

  run(message: FieldBlock): Node {
    const root = this.#read(message, undefined) ?? { kind: 'multipart', subtype: 'mixed', children: [] };
    let leaf = root.kind === 'multipart' ? undefined : root;
    let at = message.bodyStart;
    while (this.#open.length > 0) {
      const delimiter = this.#nextDelimiter(at);
      if (!delimiter) break;
      if (leaf) leaf.end = Math.max(leaf.start, delimiter.bodyEnd);
      leaf = undefined;
      this.#closeDownTo(delimiter.index + (delimiter.last ? 0 : 1));
      at = delimiter.next;
      const parent = this.#open[delimiter.index];
      if (delimiter.last || !parent) continue;
      if (++this.#counts.parts > mostParts || this.#counts.lines > mostPartLines) break;
      const block = readFields(this.#raw, at, partLimits, (start, end) => this.#matches(start, end));
      this.#counts.lines += block.lines;
      const node = this.#read(this.#startsLikeHeader(at) ? block : { ...block, bodyStart: at }, parent);
      if (node && node.kind !== 'multipart') leaf = node;
      at = block.bodyStart;
    }
    const empty = root.kind === 'multipart' && root.children.length === 0 && this.leftOut === 0;
    return empty ? leafOf({ ...message, fields: [] }, this.#raw.length, undefined) : root;
  }

  /** False for a part that begins with its text, without the empty line that belongs in front of it. */
  #startsLikeHeader(at: number): boolean {
    const { end } = lineAt(this.#raw, at);
    return end === at || /^[!-9;-~]+[ \t]*:/.test(this.#raw.toString('latin1', at, Math.min(end, at + 100)));
  }

  /** Creates the node of a part and adds it to its parent; undefined if the limits are reached. */
  #read(block: FieldBlock, parent: OpenMultipart | undefined): Node | undefined {
    const leaf = leafOf(block, this.#raw.length, parent?.node.subtype);
    const boundary = leaf.type.parameters.get('boundary')?.trimEnd();
    if (leaf.type.value.startsWith('multipart/') && boundary && boundary.length <= longestBoundary) {
      return this.#openMultipart(leaf.type.value.slice(10), boundary, parent);
    }
    if (isText(leaf, this.#counts.texts > 0)) {
      if (++this.#counts.texts > mostTexts) return undefined;
    } else {
      leaf.kind = 'attachment';
      if (isAlternativeForPrograms(leaf, parent?.node.subtype)) return undefined;
      if (++this.#counts.attachments > mostAttachments) {
        this.leftOut++;
        return undefined;
      }
    }
    parent?.node.children.push(leaf);
    return leaf;
  }

  #openMultipart(subtype: string, boundary: string, parent: OpenMultipart | undefined): Multipart {
    const depth = (parent?.depth ?? 0) + 1;
    const tooMany = depth > deepest || ++this.#counts.multiparts > mostMultiparts;
    const node: Multipart =
      parent && tooMany ? parent.node : { kind: 'multipart', subtype: safeSubtype(subtype), children: [] };
    if (parent && node !== parent.node) parent.node.children.push(node);
    const shadowed = this.#byBoundary.get(boundary);
    this.#byBoundary.set(boundary, this.#open.length);
    this.#open.push({ boundary, node, depth, shadowed });
    return node;
  }

  #closeDownTo(length: number): void {
    while (this.#open.length > length) {
      const { boundary, shadowed } = this.#open.pop()!;
      if (shadowed === undefined) this.#byBoundary.delete(boundary);
      else this.#byBoundary.set(boundary, shadowed);
    }
  }

  #nextDelimiter(from: number) {
    const raw = this.#raw;
    // The line feed in front of a delimiter may belong to the previous line, which has been read.
    for (
      let at = raw.indexOf(delimiterStart, Math.max(0, from - 1));
      at >= 0;
      at = raw.indexOf(delimiterStart, at + 1)
    ) {
      if (++this.#counts.candidates > mostCandidates) return undefined;
      const { end, next } = lineAt(raw, at + 1);
      const found = this.#delimiter(at + 1, end);
      if (!found) continue;
      let bodyEnd = at;
      while (bodyEnd > from && raw[bodyEnd - 1] === 0x0d) bodyEnd--;
      return { ...found, bodyEnd, next };
    }
    return undefined;
  }

  #matches(start: number, end: number): boolean {
    return (
      this.#raw[start] === 0x2d && this.#raw[start + 1] === 0x2d && this.#delimiter(start, end) !== undefined
    );
  }

  /** The open multipart that this line delimits, and whether it is the closing delimiter. */
  #delimiter(start: number, end: number): { index: number; last: boolean } | undefined {
    if (end - start > longestBoundary + 100) return undefined;
    const line = this.#raw.toString('latin1', start + 2, end).trimEnd();
    const index = this.#byBoundary.get(line);
    if (index !== undefined) return { index, last: false };
    if (!line.endsWith('--')) return undefined;
    const ended =
      this.#byBoundary.get(line.slice(0, -2)) ?? this.#byBoundary.get(line.slice(0, -2).trimEnd());
    return ended === undefined ? undefined : { index: ended, last: true };
  }
}

function leafOf({ fields, bodyStart }: FieldBlock, end: number, parentType: string | undefined): Leaf {
  const value = (name: string) => fields.find((field) => field.name === name)?.value ?? '';
  const defaultType = parentType === 'digest' ? 'message/rfc822' : 'text/plain';
  const type = readStructured(value('content-type'));
  const usable = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type.value) && type.value.length < 130;
  return {
    kind: 'text',
    type: usable ? type : { ...type, value: defaultType },
    disposition: readStructured(value('content-disposition')),
    contentId: /^\s*<?([^<>\s]{1,300})>?/.exec(value('content-id'))?.[1] ?? '',
    encoding: value('content-transfer-encoding').slice(0, 100).toLowerCase(),
    start: bodyStart,
    end,
  };
}

/** Plain text and HTML are displayed unless they are marked as attached, or have a name and are not the first text. */
function isText({ type, disposition }: Leaf, hasText: boolean): boolean {
  if (type.value.startsWith('multipart/')) return true;
  if (type.value !== 'text/plain' && type.value !== 'text/html') return false;
  if (disposition.value === 'attachment') return false;
  return !hasText || !(disposition.parameters.has('filename') || type.parameters.has('name'));
}

/** Alternatives of the text that are meant for special programs. */
function isAlternativeForPrograms({ type }: Leaf, parentType: string | undefined): boolean {
  return (
    parentType === 'alternative' && /^text\/(?:x-amp-html|watch-html|enriched|richtext)$/.test(type.value)
  );
}

function safeSubtype(subtype: string): string {
  return /^[\w.+-]{1,40}$/.test(subtype) ? subtype : 'mixed';
}
