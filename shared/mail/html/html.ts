import { decodeHTML } from 'entities/decode';
import { Tokenizer, type TokenizerCallbacks } from 'htmlparser2';
import { Attributes, colour, imageSource, linkTarget, type Style, Styles } from './html-attributes.ts';
import { HtmlText } from './html-text.ts';

/** What is left of an HTML body: markup that is safe to show, the same as plain text, and the images it refers to. */
export interface ReadHtml {
  /** Empty where it is not whole. */
  html: string;
  /** False where it is longer than a ticket holds. */
  isWhole: boolean;
  /** Empty where it was not asked for. */
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
 * Writes an HTML body anew from a list of what is allowed: whatever the source is, only these elements come out, with
 * these attributes, every value escaped, no opening bracket in a text, and every element closed. Nothing of the source is
 * copied as markup, so that how a browser would have read it makes no difference. Nothing loads by itself: an image's address
 * is kept as data, for a reader who asks for it.
 *
 * htmlparser2's tokenizer reads the source. Its parser takes quadratic time for open elements, and so does all that
 * is built on it (25 s for 900 KB); here the open elements are few at any time.
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
  /** Its tags, as they are written: the beginning of one with attributes, one without, and the end. */
  open: string;
  bare: string;
  close: string;
  /** The elements that end where this one begins right inside of them. */
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
    // What stands in these is not shown, or not as text; the tokenizer takes no markup in them.
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

/** What became of an element: whether its end has to be written, and whether it hides what is in it. */
const State = { written: 0, unwritten: 1, hiding: 2 } as const;

class HtmlReader implements TokenizerCallbacks {
  readonly #source: string;
  readonly #text: HtmlText | undefined;
  readonly #contentIds = new Set<string>();
  readonly #attributes = new Attributes();
  readonly #styles = new Styles();
  /** The elements that are open, the innermost last, and what has become of each. */
  readonly #open: Element[] = [];
  readonly #states: number[] = [];
  /** Joined at the end: a string that grows piece by piece costs the garbage collector more than all the rest. */
  #html: string[] = [];
  #length = 0;
  #tooLong = false;
  #hidden = 0;
  /** The element whose content is passed over. */
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
    // The entities of a text are as good here as there.
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

  // No entity is told of, as none is decoded, and nothing of these is shown.
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
    const written = given.size === 0 ? '' : given.asWritten('style');
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
      // What a cell holds does not end what is around its table.
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
    const shown = source ? ` ${source.name}="${escaped(source.value)}"` : '';
    const width = attribute(this.#attributes, 'width', /^\d{1,4}$/);
    const height = attribute(this.#attributes, 'height', /^\d{1,4}$/);
    this.#append(`<img${shown} alt="${escaped(alt)}"${width}${height}>`);
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

/** The attributes that are kept, as they are written. */
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
  return style === undefined || style.kept === '' ? markup : `${markup} style="${style.kept}"`;
}

/** An attribute whose value the pattern allows, which lets nothing through that had to be escaped. */
function attribute(given: Attributes, name: string, pattern: RegExp): string {
  const value = given.get(name);
  return value !== '' && pattern.test(value) ? ` ${name}="${value}"` : '';
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeOf = (char: string): string => escapes[char] ?? '';

function escaped(text: string): string {
  return text.replace(/[&<>"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, escapeOf);
}
