import { Tokenizer, type TokenizerCallbacks } from 'htmlparser2';
import { colour, harmlessStyle, imageSource, linkTarget } from './html-attributes.ts';
import { HtmlText } from './html-text.ts';

/** What is left of an HTML body: markup that is safe to show, the same as plain text, and the images it refers to. */
export interface ReadHtml {
  /** Empty where it is not whole. */
  html: string;
  /** False where it is longer than a ticket holds. */
  isWhole: boolean;
  text: string;
  contentIds: ReadonlySet<string>;
}

const longestHtml = 100_000;
const longestSource = 2_000_000;
const deepest = 100;
const longestAttribute = 4_000;
const longestName = 20;
const mostImages = 1_000;
const mostStyles = 200;

/**
 * Writes an HTML body anew from a list of what is allowed: whatever the source is, only these elements come out, with
 * these attributes, every value and every text escaped, and every element closed. Nothing of the source is copied as
 * markup, so that how a browser would have read it makes no difference. Nothing loads by itself: an image's address
 * is kept as data, for a reader who asks for it.
 *
 * htmlparser2's tokenizer reads the source. Its parser takes quadratic time for open elements, and so does all that
 * is built on it (25 s for 900 KB); here the open elements are few at any time.
 */
export function readHtml(source: string): ReadHtml {
  const given = source.slice(0, longestSource);
  const reader = new HtmlReader(given);
  const tokenizer = new Tokenizer({}, reader);
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

const wantedAttributes = new Set(
  'align alt bgcolor class color colspan dir height hidden href rowspan src start style width'.split(' '),
);

interface Open {
  element: Element;
  /** Whether its tag was written, and its end has to be. */
  written: boolean;
  hides: boolean;
}

class HtmlReader implements TokenizerCallbacks {
  readonly #source: string;
  readonly #text = new HtmlText();
  readonly #contentIds = new Set<string>();
  readonly #open: Open[] = [];
  readonly #styles = new Map<string, string>();
  #attributes = new Map<string, string>();
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

  constructor(source: string) {
    this.#source = source;
  }

  done(cut: boolean): ReadHtml {
    this.#closeDownTo(0);
    const isWhole = !this.#tooLong && !cut;
    return {
      html: isWhole ? this.#html.join('').trim() : '',
      isWhole,
      text: this.#text.done(),
      contentIds: this.#contentIds,
    };
  }

  ontext(start: number, end: number): void {
    if (this.#skipped === '' && this.#hidden === 0) this.#write(this.#source.slice(start, end));
  }

  ontextentity(codepoint: number): void {
    if (this.#skipped === '' && this.#hidden === 0) this.#write(String.fromCodePoint(codepoint));
  }

  onopentagname(start: number, end: number): void {
    this.#element = this.#elementAt(start, end);
    // A new one: a map that is cleared holds on to all that it was.
    if (this.#attributes.size > 0) this.#attributes = new Map();
  }

  onattribname(start: number, end: number): void {
    this.#attribute = '';
    if (this.#element === undefined || end - start > longestName) return;
    const name = this.#source.slice(start, end).toLowerCase();
    if (!wantedAttributes.has(name) || this.#attributes.has(name)) return;
    this.#attribute = name;
    this.#attributes.set(name, '');
  }

  onattribdata(start: number, end: number): void {
    if (this.#attribute !== '')
      this.#extend(this.#source.slice(start, Math.min(end, start + longestAttribute)));
  }

  onattribentity(codepoint: number): void {
    if (this.#attribute !== '') this.#extend(String.fromCodePoint(codepoint));
  }

  onattribend(): void {
    this.#attribute = '';
  }

  onopentagend(): void {
    if (this.#element && this.#skipped === '') this.#begin(this.#element);
  }

  onselfclosingtag(): void {
    this.onopentagend();
  }

  onclosetag(start: number, end: number): void {
    const element = this.#elementAt(start, end);
    if (!element) return;
    if (this.#skipped === '') this.#end(element);
    else if (this.#skipped === element.name) this.#skipped = '';
  }

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

  #extend(part: string): void {
    const before = this.#attributes.get(this.#attribute) ?? '';
    if (before.length <= longestAttribute) this.#attributes.set(this.#attribute, before + part);
  }

  #begin(element: Element): void {
    if (element.kind === 'raw') this.#skipped = element.name;
    else if (element.kind === 'empty') this.#writeEmpty(element.name);
    else this.#beginElement(element);
  }

  #beginElement(element: Element): void {
    const { name } = element;
    while (element.ends.includes(this.#open.at(-1)?.element.name ?? ''))
      this.#closeDownTo(this.#open.length - 1);
    if (this.#open.length >= deepest) return;
    const style = this.#attributes.get('style') ?? '';
    const hides = this.#attributes.has('hidden') || (style !== '' && /display\s*:\s*none/i.test(style));
    if (hides) this.#hidden++;
    const written = this.#hidden === 0;
    this.#open.push({ element, written, hides });
    if (!written) return;
    const target = name === 'a' ? linkTarget(this.#attributes.get('href') ?? '') : null;
    const markup =
      this.#attributes.size === 0 ? '' : markupOf(element, this.#attributes, target, this.#styles);
    this.#append(markup === '' ? element.bare : `${element.open}${markup}>`);
    this.#text.begin(name, this.#attributes, target);
    this.#stopWhenFull();
  }

  #end(element: Element): void {
    if (element.name === 'br') this.#writeEmpty('br');
    for (let at = this.#open.length - 1; at >= 0; at--) {
      const open = this.#open[at]!.element;
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
      const { element, written, hides } = this.#open.pop()!;
      if (hides) this.#hidden--;
      if (!written) continue;
      this.#append(element.close);
      this.#text.end(element.name);
    }
  }

  #writeEmpty(name: string): void {
    if (this.#hidden > 0) return;
    if (name === 'img') {
      this.#image();
      return;
    }
    this.#append(`<${name}>`);
    this.#text.begin(name, this.#attributes, null);
    this.#stopWhenFull();
  }

  #image(): void {
    const source = imageSource(this.#attributes.get('src') ?? '');
    if (source?.name === 'data-cid' && this.#contentIds.size < mostImages) this.#contentIds.add(source.value);
    const alt = (this.#attributes.get('alt') ?? '').slice(0, 300);
    if (!source && alt.trim() === '') return;
    const shown = source ? ` ${source.name}="${escaped(source.value)}"` : '';
    const width = attribute(this.#attributes, 'width', /^\d{1,4}$/);
    const height = attribute(this.#attributes, 'height', /^\d{1,4}$/);
    this.#append(`<img${shown} alt="${escaped(alt)}"${width}${height}>`);
    this.#stopWhenFull();
  }

  #write(text: string): void {
    this.#append(escaped(text));
    this.#text.add(text);
    this.#stopWhenFull();
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
    if (this.#tooLong && this.#text.full) this.stop();
  }
}

/** The attributes that are kept, as they are written. */
function markupOf(
  element: Element,
  given: ReadonlyMap<string, string>,
  target: string | null,
  styles: Map<string, string>,
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
  const style = styleOf(given.get('style') ?? '', styles);
  return style === '' ? markup : `${markup} style="${style}"`;
}

/** Programs repeat a few styles all over a message. */
function styleOf(given: string, styles: Map<string, string>): string {
  if (given === '') return '';
  const known = styles.get(given);
  if (known !== undefined) return known;
  const style = harmlessStyle(given);
  if (styles.size < mostStyles) styles.set(given, style);
  return style;
}

/** An attribute whose value the pattern allows, which lets nothing through that had to be escaped. */
function attribute(given: ReadonlyMap<string, string>, name: string, pattern: RegExp): string {
  const value = given.get(name);
  return value !== undefined && pattern.test(value) ? ` ${name}="${value}"` : '';
}

const unsafe = /[&<>"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;
const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(unsafe, (char) => escapes[char] ?? '');
}
