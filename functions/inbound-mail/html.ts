import { Tokenizer, type TokenizerCallbacks } from 'htmlparser2';
import { HtmlText } from './html-text.ts';

/** What is left of an HTML body: markup that is safe to show, the same as plain text, and the images it refers to. */
export interface ReadHtml {
  /** Null where it is longer than a ticket holds. */
  html: string | null;
  text: string;
  contentIds: ReadonlySet<string>;
}

const longestHtml = 100_000;
const longestSource = 2_000_000;
const deepest = 100;
const longestAttribute = 4_000;
const longestUrl = 2_048;

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

const inline = new Set(
  'a abbr b big cite code del dfn em font i ins kbd mark q s samp small span strike strong sub sup time tt u var'.split(
    ' ',
  ),
);
const block = new Set(
  (
    'address article aside blockquote caption center dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header ' +
    'li main nav ol p pre section table tbody td tfoot th thead tr ul'
  ).split(' '),
);
const empty = new Set(['br', 'hr', 'img', 'wbr']);
/** What stands in these is not shown, or not as text; the tokenizer takes no markup in them. */
const raw = new Set('iframe noembed noframes plaintext script style textarea title xmp'.split(' '));
/** Elements that one of this name ends where it stands right inside of them. */
const ends = new Map<string, readonly string[]>([
  ['li', ['p', 'li']],
  ['dt', ['p', 'dt', 'dd']],
  ['dd', ['p', 'dt', 'dd']],
  ['td', ['p', 'td', 'th']],
  ['th', ['p', 'td', 'th']],
  ['tr', ['p', 'td', 'th', 'tr']],
  ['tbody', ['p', 'td', 'th', 'tr', 'thead', 'tbody']],
  ['tfoot', ['p', 'td', 'th', 'tr', 'thead', 'tbody']],
]);
const tableParts = new Set('table tbody td tfoot th thead tr'.split(' '));
const wantedAttributes = new Set(
  'align alt bgcolor class color colspan dir height hidden href rowspan src start style title width'.split(
    ' ',
  ),
);

interface Open {
  name: string;
  /** Whether its tag was written, and its end has to be. */
  written: boolean;
  hides: boolean;
}

class HtmlReader implements TokenizerCallbacks {
  readonly #source: string;
  readonly #text = new HtmlText();
  readonly #contentIds = new Set<string>();
  readonly #open: Open[] = [];
  #html = '';
  #tooLong = false;
  #hidden = 0;
  /** The element whose content is passed over. */
  #skipped = '';
  #tag = '';
  #attributes = new Map<string, string>();
  #attribute = '';
  stop = () => {};

  constructor(source: string) {
    this.#source = source;
  }

  done(cut: boolean): ReadHtml {
    this.#closeDownTo(0);
    const html = this.#tooLong || cut ? null : this.#html;
    return { html, text: this.#text.done(), contentIds: this.#contentIds };
  }

  ontext(start: number, end: number): void {
    if (this.#skipped === '' && this.#hidden === 0) this.#write(this.#source.slice(start, end));
  }

  ontextentity(codepoint: number): void {
    if (this.#skipped === '' && this.#hidden === 0) this.#write(String.fromCodePoint(codepoint));
  }

  onopentagname(start: number, end: number): void {
    this.#tag = end - start > 20 ? '' : this.#source.slice(start, end).toLowerCase();
    this.#attributes.clear();
  }

  onattribname(start: number, end: number): void {
    const name = end - start > 20 ? '' : this.#source.slice(start, end).toLowerCase();
    this.#attribute = wantedAttributes.has(name) && !this.#attributes.has(name) ? name : '';
    if (this.#attribute !== '') this.#attributes.set(name, '');
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
    this.#begin(this.#tag);
  }

  onselfclosingtag(): void {
    this.#begin(this.#tag);
  }

  onclosetag(start: number, end: number): void {
    const name = end - start > 20 ? '' : this.#source.slice(start, end).trim().toLowerCase();
    if (this.#skipped !== '') {
      if (name === this.#skipped) this.#skipped = '';
    } else if (name === 'br') this.#begin('br');
    else this.#end(name);
  }

  oncdata(): void {}
  oncomment(): void {}
  ondeclaration(): void {}
  onend(): void {}
  onprocessinginstruction(): void {}

  #extend(part: string): void {
    const before = this.#attributes.get(this.#attribute) ?? '';
    if (before.length <= longestAttribute) this.#attributes.set(this.#attribute, before + part);
  }

  #begin(name: string): void {
    if (this.#skipped !== '') return;
    if (raw.has(name)) this.#skipped = name;
    else if (empty.has(name)) this.#writeEmpty(name);
    else if (inline.has(name) || block.has(name)) this.#beginElement(name);
  }

  #beginElement(name: string): void {
    const ended = ends.get(name) ?? (block.has(name) ? ['p'] : name === 'a' ? ['a'] : []);
    while (ended.includes(this.#open.at(-1)?.name ?? '')) this.#closeDownTo(this.#open.length - 1);
    if (this.#open.length >= deepest) return;
    const hides =
      this.#attributes.has('hidden') || /display\s*:\s*none/i.test(this.#attributes.get('style') ?? '');
    if (hides) this.#hidden++;
    const written = this.#hidden === 0;
    this.#open.push({ name, written, hides });
    if (!written) return;
    const attributes = attributesOf(name, this.#attributes);
    this.#append(`<${name}${attributes.map(([key, value]) => ` ${key}="${escaped(value)}"`).join('')}>`);
    this.#text.begin(name, this.#attributes, attributes);
    this.#stopWhenFull();
  }

  #end(name: string): void {
    const isTablePart = tableParts.has(name);
    for (let at = this.#open.length - 1; at >= 0; at--) {
      const open = this.#open[at]!.name;
      if (open === name) {
        this.#closeDownTo(at);
        return;
      }
      // What a cell holds does not end what is around its table.
      if (!isTablePart && tableParts.has(open)) return;
    }
  }

  #closeDownTo(length: number): void {
    while (this.#open.length > length) {
      const { name, written, hides } = this.#open.pop()!;
      if (hides) this.#hidden--;
      if (!written) continue;
      this.#append(`</${name}>`);
      this.#text.end(name);
    }
  }

  #writeEmpty(name: string): void {
    if (this.#hidden > 0) return;
    if (name === 'img') {
      const attributes = imageAttributes(this.#attributes);
      const cid = attributes.find(([key]) => key === 'data-cid')?.[1];
      if (cid !== undefined && this.#contentIds.size < 1000) this.#contentIds.add(cid);
      if (attributes.length === 0) return;
      this.#append(`<img${attributes.map(([key, value]) => ` ${key}="${escaped(value)}"`).join('')}>`);
    } else {
      this.#append(`<${name}>`);
    }
    this.#text.begin(name, this.#attributes, []);
    this.#stopWhenFull();
  }

  #write(text: string): void {
    this.#append(escaped(text));
    this.#text.add(text);
    this.#stopWhenFull();
  }

  #append(markup: string): void {
    if (this.#tooLong) return;
    this.#html += markup;
    if (this.#html.length > longestHtml) {
      this.#tooLong = true;
      this.#html = '';
    }
  }

  #stopWhenFull(): void {
    if (this.#tooLong && this.#text.full) this.stop();
  }
}

function escaped(text: string): string {
  if (!/[&<>"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text)) return text;
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

type Attributes = [name: string, value: string][];

function attributesOf(name: string, given: ReadonlyMap<string, string>): Attributes {
  const attributes: Attributes = [];
  const take = (key: string, pattern: RegExp) => {
    const value = given.get(key);
    if (value !== undefined && pattern.test(value)) attributes.push([key, value]);
  };
  take('dir', /^(?:ltr|rtl|auto)$/i);
  if (name === 'a') attributes.push(...linkAttributes(given.get('href')));
  if (name === 'font') take('color', colour);
  if (name === 'ol') take('start', /^\d{1,5}$/);
  if (name === 'td' || name === 'th') {
    take('colspan', /^\d{1,2}$/);
    take('rowspan', /^\d{1,2}$/);
  }
  if (tableParts.has(name)) take('bgcolor', colour);
  if (block.has(name)) take('align', /^(?:left|right|center|justify)$/i);
  const style = harmlessStyle(given.get('style') ?? '');
  if (style !== '') attributes.push(['style', style]);
  return attributes;
}

function linkAttributes(href: string | undefined): Attributes {
  const target = linkTarget(href ?? '');
  if (target === null) return [];
  return [
    ['href', target],
    ['rel', 'noopener noreferrer nofollow'],
    ['target', '_blank'],
  ];
}

/** Browsers pass over these wherever they stand in an address. */
const unseen = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** An address that a person may follow; null for any other. */
function linkTarget(href: string): string | null {
  const given = href.replace(unseen, '').trim();
  const url = /^www\./i.test(given) ? `http://${given}` : given.startsWith('//') ? `https:${given}` : given;
  if (url.length > longestUrl) return null;
  return /^(?:https?:\/\/|ftp:\/\/|mailto:|tel:)[^\s]/i.test(url) ? url : null;
}

function imageAttributes(given: ReadonlyMap<string, string>): Attributes {
  const attributes: Attributes = [];
  const source = (given.get('src') ?? '').replace(unseen, '').trim();
  const cid = /^cid:([^\s"'<>]{1,300})$/i.exec(source)?.[1];
  const remote = cid === undefined ? linkTarget(source) : null;
  if (cid !== undefined) attributes.push(['data-cid', unescapedCid(cid)]);
  else if (remote !== null && /^https?:/i.test(remote)) attributes.push(['data-remote-src', remote]);
  const alt = given.get('alt')?.trim().slice(0, 300) ?? '';
  if (alt !== '') attributes.push(['alt', alt]);
  if (attributes.length === 0) return attributes;
  for (const key of ['width', 'height']) {
    const value = given.get(key) ?? '';
    if (/^\d{1,4}$/.test(value)) attributes.push([key, value]);
  }
  return attributes;
}

function unescapedCid(cid: string): string {
  try {
    return decodeURIComponent(cid);
  } catch {
    return cid;
  }
}

const colour = /^(?:#[0-9a-f]{3,8}|[a-z]{3,25}|rgba?\([\d ,.%]{3,40}\))$/i;
const harmless = new Map<string, RegExp>([
  ['color', colour],
  ['background-color', colour],
  ['background', colour],
  ['font-weight', /^(?:bold|bolder|lighter|normal|[1-9]00)$/i],
  ['font-style', /^(?:italic|oblique|normal)$/i],
  ['text-decoration', /^(?:underline|line-through|none)$/i],
  ['text-align', /^(?:left|right|center|justify|start|end)$/i],
  ['white-space', /^(?:normal|nowrap|pre|pre-wrap|pre-line)$/i],
]);

/** Declarations that colour and stress text and cannot move it, size it or load anything. */
function harmlessStyle(style: string): string {
  if (style === '') return '';
  const kept: string[] = [];
  for (const declaration of style.slice(0, 2_000).split(';')) {
    const colon = declaration.indexOf(':');
    const property = declaration.slice(0, colon).trim().toLowerCase();
    const pattern = colon > 0 ? harmless.get(property) : undefined;
    if (!pattern) continue;
    const value = declaration
      .slice(colon + 1)
      .replace(/!\s*important/i, '')
      .trim();
    if (pattern.test(value)) kept.push(`${property}:${value}`);
  }
  return kept.join(';');
}
