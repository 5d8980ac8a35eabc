import { readHtml } from '../html/html.ts';
import { bodyOf } from './mime-body.ts';
import { charsetOf, decodeText, joinFlowedLines } from './mime-charset.ts';
import type { Leaf, Node } from './mime-outline.ts';

/** The leaves of a message, in order. */
export interface Leaves {
  attachments: Leaf[];
  /** The texts of one group are in the same multipart/alternative: they are versions of the same text. */
  groups: Leaf[][];
}

export function leavesOf(root: Node): Leaves {
  const leaves: Leaves = { attachments: [], groups: [] };
  const newGroup = (): Leaf[] => {
    const group: Leaf[] = [];
    leaves.groups.push(group);
    return group;
  };
  const walk = (node: Node, group: Leaf[] | undefined): void => {
    if (node.kind === 'attachment') leaves.attachments.push(node);
    else if (node.kind === 'text') (group ?? newGroup()).push(node);
    else if (node.kind === 'multipart') {
      const inner = node.subtype === 'alternative' ? newGroup() : group;
      for (const child of node.children) walk(child, inner);
    }
  };
  walk(root, undefined);
  return leaves;
}

export interface Body {
  text: string;
  /** Safe to display. Null if the message has none, or if some of it exceeds the limits. */
  html: string | null;
  /** The attachments that the HTML displays, by Content-ID. */
  contentIds: ReadonlySet<string>;
}

const longestHtml = 100_000;
/** Most bytes read of all texts of a message. */
const mostTextBytes = 3_000_000;
/** Most bytes read of one plain text: several times what is stored. */
const longestPlainText = 600_000;

/** The body of a message: the text and the HTML of each group. If a group lacks one, it is made from the other. */
export function readBody(raw: Buffer, groups: readonly Leaf[][]): Body {
  const reader = new BodyReader(raw);
  for (const group of groups) reader.add(group);
  return reader.done();
}

class BodyReader {
  readonly #raw: Buffer;
  readonly #plain: string[] = [];
  /** The HTML of each group, or its text if it has none. */
  readonly #shown: { html?: string; text: string }[] = [];
  readonly #contentIds = new Set<string>();
  #room = mostTextBytes;
  #hasHtml = false;
  #isWhole = true;

  constructor(raw: Buffer) {
    this.#raw = raw;
  }

  add(group: readonly Leaf[]): void {
    const isHtml = ({ type }: Leaf) => type.value === 'text/html';
    const written = group
      .filter((leaf) => !isHtml(leaf))
      .map((leaf) => this.#decoded(leaf, longestPlainText).text)
      .join('\n');
    const hasText = written.trim() !== '';
    const read = group.filter(isHtml).map((leaf) => this.#html(leaf, !hasText));
    this.#plain.push(hasText || read.length === 0 ? written : read.map(({ text }) => text).join('\n'));
    if (read.length > 0) this.#shown.push(...read);
    else if (hasText) this.#shown.push({ text: written });
  }

  done(): Body {
    const text = this.#plain.join('\n');
    if (!this.#hasHtml || !this.#isWhole) return { text, html: null, contentIds: this.#contentIds };
    const html = this.#shown
      .map((shown) => shown.html ?? asHtml(shown.text))
      .join('\n')
      .trim();
    return {
      text,
      html: html === '' || html.length > longestHtml ? null : html,
      contentIds: this.#contentIds,
    };
  }

  #html(leaf: Leaf, withText: boolean): { html: string; text: string } {
    const { text: source, isCut } = this.#decoded(leaf, mostTextBytes);
    const { html, isWhole, text, contentIds } = readHtml(source, { withText });
    for (const id of contentIds) this.#contentIds.add(id);
    this.#hasHtml = true;
    this.#isWhole &&= isWhole && !isCut;
    return { html, text };
  }

  #decoded(leaf: Leaf, longest: number): { text: string; isCut: boolean } {
    const end = Math.min(leaf.end, leaf.start + Math.min(this.#room, longest));
    this.#room -= end - leaf.start;
    const bytes = bodyOf(this.#raw, { ...leaf, end });
    const parameter = (name: string) => leaf.type.parameters.get(name)?.toLowerCase() ?? '';
    const charset = charsetOf(parameter('charset'), bytes, leaf.type.value === 'text/html');
    const text = decodeText(bytes, charset).replaceAll('\r\n', '\n');
    const isFlowed = parameter('format') === 'flowed';
    return {
      text: isFlowed ? joinFlowedLines(text, parameter('delsp') === 'yes') : text,
      isCut: end < leaf.end,
    };
  }
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

function asHtml(text: string): string {
  const escaped = text.trim().replace(/[&<>]/g, (char) => escapes[char] ?? '');
  return `<div style="white-space:pre-wrap">${escaped}</div>`;
}
