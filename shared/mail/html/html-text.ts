import type { Attributes } from './html-attributes.ts';

/** In characters; longer than any text that is stored. */
const longestText = 64_000;
const longestLink = 2_100;
const line = '_'.repeat(32);
const spaces = /[\t\r\n\f]|  /;
const paragraphs = new Set('blockquote dl figure h1 h2 h3 h4 h5 h6 ol p pre table ul'.split(' '));
const ownLine = new Set(
  (
    'address article aside caption center dd div dt figcaption footer header li main nav section tbody tfoot thead ' +
    'tr'
  ).split(' '),
);

/** Renders HTML as plain text: lines, "> " before quotes, "- " before list items, link targets in angle brackets. */
export class HtmlText {
  readonly #out: string[] = [];
  #length = 0;
  #line = '';
  /** True for an empty line too. */
  #endsInSpace = true;
  /** Blank lines to write before the next text. */
  #blank = 0;
  #quotes = 0;
  /** Quote depth of the last line written. */
  #quotesAbove = 0;
  #preformatted = 0;
  readonly #lists: { next: number | null }[] = [];
  #link: { target: string; text: string } | undefined;
  full = false;

  /** `target` is the URL of a link that is safe to follow, or null. */
  begin(name: string, attributes: Attributes, target: string | null): void {
    if (name === 'br') this.#endLine(true);
    else if (name === 'hr') this.#rule();
    else if (name === 'a') this.#link = { target: target ?? '', text: '' };
    else if (name === 'td' || name === 'th') this.#beginCell();
    else if (name === 'p' && isPlainLine(attributes)) this.#endLine(false);
    else if (paragraphs.has(name)) this.#paragraph();
    else if (ownLine.has(name)) this.#endLine(false);
    if (name === 'blockquote') this.#quotes++;
    if (name === 'pre') this.#preformatted++;
    if (name === 'ul') this.#lists.push({ next: null });
    if (name === 'ol') this.#lists.push({ next: startOf(attributes.get('start')) });
    if (name === 'li') this.#beginItem();
  }

  end(name: string): void {
    if (name === 'a') this.#endLink();
    if (name === 'p' || ownLine.has(name)) this.#endLine(false);
    else if (paragraphs.has(name)) this.#paragraph();
    if (name === 'blockquote') this.#quotes--;
    if (name === 'pre') this.#preformatted--;
    if (name === 'ul' || name === 'ol') this.#lists.pop();
  }

  add(given: string): void {
    if (this.full) return;
    const text = given.length > longestText ? given.slice(0, longestText) : given;
    if (this.#link && this.#link.text.length < longestLink) this.#link.text += text;
    if (this.#preformatted > 0) {
      const lines = text.replaceAll('\r', '').split('\n');
      for (const [index, part] of lines.entries()) {
        if (index > 0) this.#endLine(true);
        this.#line += part;
      }
      this.#endsInSpace = false;
      if (this.#line.length > longestText) this.#endLine(false);
      return;
    }
    const collapsed = spaces.test(text) ? text.replace(/[ \t\r\n\f]+/g, ' ') : text;
    const from = this.#endsInSpace && collapsed[0] === ' ' ? 1 : 0;
    if (from === collapsed.length) return;
    this.#line += from === 0 ? collapsed : collapsed.slice(from);
    this.#endsInSpace = collapsed.at(-1) === ' ';
    if (this.#line.length > longestText) this.#endLine(false);
  }

  done(): string {
    this.#endLine(false);
    return this.#out.join('').replaceAll('\u00a0', ' ').trimEnd();
  }

  #paragraph(): void {
    this.#endLine(false);
    if (this.#length > 0) this.#blank = Math.max(this.#blank, 1);
  }

  #endLine(evenIfEmpty: boolean): void {
    const text = this.#line.trimEnd();
    // Programs write a blank line as a lone non-breaking space.
    const isBlank = evenIfEmpty || this.#line !== '';
    this.#line = '';
    this.#endsInSpace = true;
    if (text === '') {
      if (isBlank && this.#length > 0) this.#blank = Math.min(this.#blank + 1, 2);
      return;
    }
    if (this.full) return;
    const between = '> '.repeat(Math.min(this.#quotes, this.#quotesAbove)).trimEnd();
    this.#write(`${`${between}\n`.repeat(this.#blank)}${'> '.repeat(this.#quotes)}${text}\n`);
    this.#blank = 0;
    this.#quotesAbove = this.#quotes;
  }

  #write(text: string): void {
    this.#out.push(text);
    this.#length += text.length;
    if (this.#length > longestText) this.full = true;
  }

  #rule(): void {
    this.#endLine(false);
    this.#line = line;
    this.#endLine(false);
  }

  #beginCell(): void {
    if (this.#line.trim() !== '') this.#line = `${this.#line.trimEnd()}\t`;
    this.#endsInSpace = true;
  }

  #beginItem(): void {
    const list = this.#lists.at(-1);
    const mark = list?.next === null || !list ? '-' : `${list.next++}.`;
    this.#line = `${'  '.repeat(Math.max(0, this.#lists.length - 1))}${mark} `;
  }

  #endLink(): void {
    const link = this.#link;
    this.#link = undefined;
    if (!link || link.target === '') return;
    const target = link.target.replace(/^(?:mailto|tel):/i, '');
    if (!textNamesTarget(target, link.text))
      this.add(link.text.trim() === '' ? `<${target}>` : ` <${target}>`);
  }
}

function startOf(given: string): number {
  return /^\d{1,5}$/.test(given) ? Number(given) : 1;
}

function textNamesTarget(target: string, text: string): boolean {
  if (!/[.@\d]/.test(text)) return false;
  const linkText = comparable(text);
  return linkText.includes(comparable(target)) || linkText.includes(comparable(target.replace(/\?.*/s, '')));
}

/** Some programs write one paragraph per line; those get no blank line between them. */
function isPlainLine(attributes: Attributes): boolean {
  return (
    /\bMso(?:Normal|PlainText)\b/.test(attributes.get('class')) ||
    /(?:^|[;\s])margin(?:-bottom)?\s*:\s*0/i.test(attributes.get('style'))
  );
}

function comparable(text: string): string {
  return text
    .replace(/\s+/g, '')
    .replace(/^https?:\/\/(?:www\.)?/i, '')
    .replace(/\/$/, '')
    .toLowerCase();
}
