import { readHtml } from './html.ts';
import type { Leaf, Node } from './mime-outline.ts';

/** The leaves of a message in the order they came, and which of the texts are forms of the same. */
export interface Leaves {
  attachments: Leaf[];
  texts: Leaf[];
  /** By the place in `texts`: texts of one group stand within the same multipart/alternative. */
  groups: number[];
}

export function leavesOf(root: Node): Leaves {
  const leaves: Leaves = { attachments: [], texts: [], groups: [] };
  let groups = 0;
  const walk = (node: Node, group: number | null): void => {
    if (node.kind === 'attachment') leaves.attachments.push(node);
    else if (node.kind === 'text') {
      leaves.texts.push(node);
      leaves.groups.push(group ?? groups++);
    } else if (node.kind === 'multipart') {
      const inner = node.subtype === 'alternative' ? groups++ : group;
      for (const child of node.children) walk(child, inner);
    }
  };
  walk(root, null);
  return leaves;
}

export interface Body {
  text: string;
  html: string | null;
  contentIds: ReadonlySet<string>;
}

const longestHtml = 100_000;

/**
 * The body of a message: of each group its plain text and its HTML, where it has only one of them, the other made of
 * it. There is no HTML where nobody wrote any, or where some of it cannot be kept whole.
 */
export function bodyFrom(
  { texts, groups }: Leaves,
  contents: readonly string[],
  isCut: (index: number) => boolean,
): Body {
  const plain: string[] = [];
  const markup: string[] = [];
  const contentIds = new Set<string>();
  let hasHtml = false;
  let isWhole = true;
  for (const group of new Set(groups)) {
    const members = texts.map((_, index) => index).filter((index) => groups[index] === group);
    const ofType = (isHtml: boolean) =>
      members.filter((index) => (texts[index]?.type.value === 'text/html') === isHtml);
    const written = ofType(false)
      .map((index) => contents[index] ?? '')
      .join('\n');
    const hasText = written.trim() !== '';
    const read = ofType(true).map((index) => readHtml(contents[index] ?? '', { withText: !hasText }));
    for (const { contentIds: ids } of read) for (const id of ids) contentIds.add(id);
    hasHtml ||= read.length > 0;
    isWhole &&= !ofType(true).some(isCut) && read.every(({ isWhole: whole }) => whole);
    plain.push(hasText || read.length === 0 ? written : read.map(({ text }) => text).join('\n'));
    if (read.length > 0) markup.push(...read.map(({ html }) => html));
    else if (hasText) markup.push(asHtml(written));
  }
  const html = markup.join('\n');
  const isKept = hasHtml && isWhole && html.trim() !== '' && html.length <= longestHtml;
  return { text: plain.join('\n'), html: isKept ? html : null, contentIds };
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

function asHtml(text: string): string {
  const escaped = text.trim().replace(/[&<>]/g, (char) => escapes[char] ?? '');
  return `<div style="white-space:pre-wrap">${escaped}</div>`;
}
