import { decodeHTML } from 'entities/decode';
import { Tokenizer, type TokenizerCallbacks } from 'htmlparser2';
import { Attributes, colour, imageSource, linkTarget, type Style, Styles } from './html-attributes.ts';
import { HtmlText } from './html-text.ts';

/** A sanitised HTML body: markup that is safe to display, its plain text, and the images it refers to. */
export interface ReadHtml {
  /** Empty unless `isWhole`. */
  html: string;
  /** False if the HTML is longer than a ticket holds. */
  isWhole: boolean;
  /** Empty unless `withText` was set. */
  text: string;
  contentIds: ReadonlySet<string>;
}

const longestHtml = 100_000;
const longestSource = 2_000_000;
const deepest = 100;
const longestAttribute = 4_000;
const longestName = 20;
const mostImages = 1_000;

/**
 * Rebuilds an HTML body from an allowlist. The output holds only allowed elements and attributes, every value is
 * escaped, no text contains an opening bracket, and every element is closed. No markup is copied from the source, so
 * a browser's reading of it does not matter. Nothing loads by itself: an image's URL is stored as data, to be
 * loaded on request.
 *
 * The source is read by htmlparser2's tokenizer. Its parser takes quadratic time for open elements, as does everything
 * built on it (25 s for 900 KB); this reader limits the number of open elements.
 */
export function readHtml(source: string, { withText }: { withText: boolean }): ReadHtml {
  const given = source.slice(0, longestSource).replaceAll('\0', '');
  const reader = new HtmlReader(given, withText ? new HtmlText() : undefined);
  const tokenizer = new Tokenizer({ decodeEntities: false }, reader);
  reader.stop = () => tokenizer.pause();
  tokenizer.write(given);
  tokenizer.end();
  return reader.done(source.length > longestSource);
}

interface Element {
  name: string;
  kind: 'inline' | 'block' | 'empty' | 'raw';
  isTablePart: boolean;
  /** Its tags in the output: the start of one with attributes, one without attributes, and the end tag. */
  open: string;
  bare: string;
  close: string;
  /** The elements that this one closes if it begins directly inside them. */
  ends: readonly string[];
}

const tableParts = 'table tbody td tfoot th thead tr'.split(' ');
const ends: Record<string, readonly string[]> = {
  a: ['a'],
  li: ['p', 'li'],
  dt: ['p', 'dt', 'dd'],
  dd: ['p', 'dt', 'dd'],
  td: ['p', 'td', 'th'],
  th: ['p', 'td', 'th'],
  tr: ['p', 'td', 'th', 'tr'],
  tbody: ['p', 'td', 'th', 'tr', 'thead', 'tbody'],
  tfoot: ['p', 'td', 'th', 'tr', 'thead', 'tbody'],
};
const elements = new Map<string, Element>(
  Object.entries({
    inline:
      'a abbr b big cite code del dfn em font i ins kbd mark q s samp small span strike strong sub sup time tt u var',
    block:
      'address article aside blockquote caption center dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header ' +
      'li main nav ol p pre section table tbody td tfoot th thead tr ul',
    empty: 'br hr img wbr',
    // Their content is not displayed as text; the tokenizer reads no markup in it.
    raw: 'iframe noembed noframes plaintext script style textarea title xmp',
  } satisfies Record<Element['kind'], string>).flatMap(([kind, names]) =>
    names.split(' ').map((name) => [
      name,
      {
        name,
        kind: kind as Element['kind'],
        isTablePart: tableParts.includes(name),
        open: `<${name}`,
        bare: `<${name}>`,
        close: `</${name}>`,
        ends: ends[name] ?? (kind === 'block' ? ['p'] : []),
      },
    ]),
  ),
);

/** The state of an open element: its end tag must be written, must not be written, or it hides its content. */
const State = { written: 0, unwritten: 1, hiding: 2 } as const;

class HtmlReader implements TokenizerCallbacks {
  readonly #source: string;
  readonly #text: HtmlText | undefined;
  readonly #contentIds = new Set<string>();
  readonly #attributes = new Attributes();
  readonly #styles = new Styles();
  /** The open elements, the innermost last, and the state of each. */
  readonly #open: Element[] = [];
  readonly #states: number[] = [];
  /** Joined at the end: appending to one string would cost more garbage collection than everything else. */
  #html: string[] = [];
  #length = 0;
  #tooLong = false;
  #hidden = 0;
  /** The element whose content is skipped; empty for none. */
  #skipped = '';
  #element: Element | undefined;
  #attribute = '';
  stop = () => {};

  constructor(source: string, text: HtmlText | undefined) {
    this.#source = source;
    this.#text = text;
  }

  done(cut: boolean): ReadHtml {
    this.#closeDownTo(0);
    const isWhole = !this.#tooLong && !cut;
    const html = isWhole ? this.#html.join('').trim() : '';
    return { html, isWhole, text: this.#text?.done() ?? '', contentIds: this.#contentIds };
  }

  ontext(start: number, end: number): void {
    if (this.#skipped !== '' || this.#hidden > 0) return;
    const text = this.#source.slice(start, end);
    // The entities of a text are valid in the output too.
    this.#append(text.includes('<') ? text.replaceAll('<', '&lt;') : text);
    if (this.#text) this.#text.add(text.includes('&') ? decodeHTML(text) : text);
    this.#stopWhenFull();
  }

  onopentagname(start: number, end: number): void {
    this.#element = this.#elementAt(start, end);
    this.#attributes.clear();
  }

  onattribname(start: number, end: number): void {
    this.#attribute =
      this.#element === undefined || end - start > longestName ? '' : this.#source.slice(start, end);
  }

  onattribdata(start: number, end: number): void {
    if (this.#attribute === '') return;
    this.#attributes.set(this.#attribute, this.#source.slice(start, Math.min(end, start + longestAttribute)));
    this.#attribute = '';
  }

  onattribend(): void {
    if (this.#attribute !== '') this.#attributes.set(this.#attribute, '');
    this.#attribute = '';
  }

  onopentagend(): void {
    if (this.#element && this.#skipped === '') this.#begin(this.#element);
  }

  onselfclosingtag(): void {
    this.onopentagend();
  }

  onclosetag(start: number, end: number): void {
    const innermost = this.#open.at(-1);
    const closesInnermost =
      innermost?.name.length === end - start && this.#source.startsWith(innermost.name, start);
    const element = closesInnermost ? innermost : this.#elementAt(start, end);
    if (!element) return;
    if (this.#skipped === '') this.#end(element);
    else if (this.#skipped === element.name) this.#skipped = '';
  }

  // The tokenizer reports no entities, as it decodes none; the other events produce no output.
  onattribentity(): void {}
  ontextentity(): void {}
  oncdata(): void {}
  oncomment(): void {}
  ondeclaration(): void {}
  onend(): void {}
  onprocessinginstruction(): void {}

  #elementAt(start: number, end: number): Element | undefined {
    if (end - start > longestName) return undefined;
    const name = this.#source.slice(start, end);
    return elements.get(name) ?? elements.get(name.trim().toLowerCase());
  }

  #begin(element: Element): void {
    if (element.kind === 'raw') this.#skipped = element.name;
    else if (element.kind === 'empty') this.#writeEmpty(element);
    else this.#beginElement(element);
  }

  #beginElement(element: Element): void {
    const { name, ends: ended } = element;
    while (ended.length > 0 && ended.includes(this.#open.at(-1)?.name ?? ''))
      this.#closeDownTo(this.#open.length - 1);
    if (this.#open.length >= deepest) return;
    const given = this.#attributes;
    const written = given.size === 0 ? '' : given.raw('style');
    const style = written === '' ? undefined : this.#styles.of(written);
    const hides = style?.hides === true || (given.size > 0 && given.has('hidden'));
    if (hides) this.#hidden++;
    this.#open.push(element);
    this.#states.push(hides ? State.hiding : this.#hidden > 0 ? State.unwritten : State.written);
    if (this.#hidden > 0) return;
    const target = name === 'a' ? linkTarget(given.get('href')) : null;
    const markup = given.size === 0 ? '' : markupOf(element, given, target, style);
    this.#append(markup === '' ? element.bare : `${element.open}${markup}>`);
    this.#text?.begin(name, given, target);
    this.#stopWhenFull();
  }

  #end(element: Element): void {
    if (element.name === 'br') this.#writeEmpty(element);
    for (let at = this.#open.length - 1; at >= 0; at--) {
      const open = this.#open[at]!;
      if (open === element) {
        this.#closeDownTo(at);
        return;
      }
      // The content of a cell does not close elements outside its table.
      if (open.isTablePart && !element.isTablePart) return;
    }
  }

  #closeDownTo(length: number): void {
    while (this.#open.length > length) {
      const element = this.#open.pop()!;
      const state = this.#states.pop();
      if (state === State.hiding) this.#hidden--;
      if (state !== State.written) continue;
      this.#append(element.close);
      this.#text?.end(element.name);
    }
  }

  #writeEmpty(element: Element): void {
    if (this.#hidden > 0) return;
    if (element.name === 'img') this.#image();
    else {
      this.#append(element.bare);
      this.#text?.begin(element.name, this.#attributes, null);
    }
    this.#stopWhenFull();
  }

  #image(): void {
    const source = imageSource(this.#attributes.get('src'));
    if (source?.name === 'data-cid' && this.#contentIds.size < mostImages) this.#contentIds.add(source.value);
    const alt = this.#attributes.get('alt').slice(0, 300);
    if (!source && alt.trim() === '') return;
    const sourceAttribute = source ? ` ${source.name}="${escaped(source.value)}"` : '';
    const width = attribute(this.#attributes, 'width', /^\d{1,4}$/);
    const height = attribute(this.#attributes, 'height', /^\d{1,4}$/);
    this.#append(`<img${sourceAttribute} alt="${escaped(alt)}"${width}${height}>`);
  }

  #append(markup: string): void {
    if (this.#tooLong) return;
    this.#html.push(markup);
    this.#length += markup.length;
    if (this.#length <= longestHtml) return;
    this.#tooLong = true;
    this.#html = [];
  }

  #stopWhenFull(): void {
    if (this.#tooLong && (this.#text === undefined || this.#text.full)) this.stop();
  }
}

/** The allowed attributes as markup. */
function markupOf(
  element: Element,
  given: Attributes,
  target: string | null,
  style: Style | undefined,
): string {
  const { name, kind, isTablePart } = element;
  let markup = attribute(given, 'dir', /^(?:ltr|rtl|auto)$/i);
  if (target !== null) {
    markup += ` href="${escaped(target)}" rel="noopener noreferrer nofollow" target="_blank"`;
  }
  if (name === 'font') markup += attribute(given, 'color', colour);
  if (name === 'ol') markup += attribute(given, 'start', /^\d{1,5}$/);
  if (name === 'td' || name === 'th') {
    markup += attribute(given, 'colspan', /^\d{1,2}$/) + attribute(given, 'rowspan', /^\d{1,2}$/);
  }
  if (isTablePart) markup += attribute(given, 'bgcolor', colour);
  if (kind === 'block') markup += attribute(given, 'align', /^(?:left|right|center|justify)$/i);
  return style === undefined || style.css === '' ? markup : `${markup} style="${style.css}"`;
}

/** The attribute if its value matches the pattern; no pattern matches characters that need escaping. */
function attribute(given: Attributes, name: string, pattern: RegExp): string {
  const value = given.get(name);
  return value !== '' && pattern.test(value) ? ` ${name}="${value}"` : '';
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeOf = (char: string): string => escapes[char] ?? '';

function escaped(text: string): string {
  return text.replace(/[&<>"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, escapeOf);
}
