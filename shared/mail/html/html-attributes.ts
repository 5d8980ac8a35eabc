import { decodeHTMLAttribute } from 'entities/decode';

const longestUrl = 2_048;
const longestStyle = 2_000;
const mostAttributes = 20;
const mostStyles = 200;

const allowedNames = new Map(
  'align alt bgcolor class color colspan dir height hidden href rowspan src start style width'
    .split(' ')
    .map((name) => [name, name]),
);

/** The attributes of one tag that may affect the output. One instance is reused for all tags, as there are many. */
export class Attributes {
  readonly #names: string[] = Array(mostAttributes).fill('');
  readonly #values: string[] = Array(mostAttributes).fill('');
  size = 0;

  clear(): void {
    this.size = 0;
  }

  /** The first attribute of a name wins. */
  set(given: string, value: string): void {
    const name = allowedNames.get(given) ?? allowedNames.get(given.toLowerCase());
    if (name === undefined || this.has(name) || this.size === mostAttributes) return;
    this.#names[this.size] = name;
    this.#values[this.size] = value;
    this.size++;
  }

  has(name: string): boolean {
    return this.#place(name) >= 0;
  }

  /** Entities are decoded; empty if the attribute is absent. */
  get(name: string): string {
    const value = this.raw(name);
    return value !== '' && value.includes('&') ? decoded(value) : value;
  }

  /** Entities are not decoded; empty if the attribute is absent. */
  raw(name: string): string {
    const place = this.#place(name);
    return place < 0 ? '' : this.#values[place]!;
  }

  #place(name: string): number {
    for (let at = 0; at < this.size; at++) if (this.#names[at] === name) return at;
    return -1;
  }
}

/** `&amp;` is nearly the only entity in URLs, so it has a fast path. */
function decoded(value: string): string {
  return /&(?!amp;)/.test(value) ? decodeHTMLAttribute(value) : value.replaceAll('&amp;', '&');
}

/** Invisible characters, which browsers ignore anywhere in a URL. */
const invisible = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A URL that is safe to follow (http, https, mailto or tel); null for any other. */
export function linkTarget(href: string): string | null {
  if (href === '' || href[0] === '#') return null;
  if (href.length <= longestUrl && /^(?:https?:\/\/|mailto:)[\u0021-\u007e]+$/i.test(href)) return href;
  const given = href.replace(invisible, '').trim();
  const url = /^www\./i.test(given) ? `http://${given}` : given.startsWith('//') ? `https:${given}` : given;
  if (url.length > longestUrl) return null;
  return /^(?:https?:\/\/|mailto:|tel:)[^\s]/i.test(url) ? url : null;
}

/** The source of an image: a part of the message, or a remote host, which must not be contacted unasked. */
export function imageSource(
  src: string,
): { name: 'data-cid' | 'data-remote-src'; value: string } | undefined {
  const cid = /^\s*cid:([^\s"'<>]{1,300})\s*$/i.exec(src)?.[1];
  if (cid !== undefined) return { name: 'data-cid', value: unescaped(cid) };
  const remote = linkTarget(src);
  return remote !== null && /^https?:/i.test(remote) ? { name: 'data-remote-src', value: remote } : undefined;
}

function unescaped(cid: string): string {
  try {
    return decodeURIComponent(cid);
  } catch {
    return cid;
  }
}

export const colour = /^(?:#[0-9a-f]{3,8}|[a-z]{3,25}|rgba?\([\d ,.%]{3,40}\))$/i;

const allowedDeclarations = new Map<string, RegExp>([
  ['color', colour],
  ['background-color', colour],
  ['background', colour],
  ['font-weight', /^(?:bold|bolder|lighter|normal|[1-9]00)$/i],
  ['font-style', /^(?:italic|oblique|normal)$/i],
  ['text-decoration', /^(?:underline|line-through|none)$/i],
  ['text-align', /^(?:left|right|center|justify|start|end)$/i],
  ['white-space', /^(?:normal|nowrap|pre|pre-wrap|pre-line)$/i],
]);

const declaration =
  /(?:^|;)\s*(color|background(?:-color)?|font-weight|font-style|text-decoration|text-align|white-space)\s*:\s*([^;!"&<>]{1,60})(?=[;!]|$)/gi;

/** A sanitised style attribute. */
export interface Style {
  /** Declarations that colour or emphasise text; they cannot move it, resize it or load anything. Needs no escaping. */
  css: string;
  /** The style hides its element. */
  hides: boolean;
}

/** A cache of one message's styles, as mail programs repeat a few of them throughout. */
export class Styles {
  readonly #known = new Map<string, Style>();

  /** `written` is the raw attribute value. */
  of(written: string): Style {
    const known = this.#known.get(written);
    if (known !== undefined) return known;
    const style = readStyle(decodeHTMLAttribute(written.slice(0, longestStyle)));
    if (this.#known.size < mostStyles) this.#known.set(written, style);
    return style;
  }
}

function readStyle(style: string): Style {
  let css = '';
  for (const [, name = '', given = ''] of style.matchAll(declaration)) {
    const property = name.toLowerCase();
    const value = given.trim();
    if (allowedDeclarations.get(property)?.test(value)) css += `${css === '' ? '' : ';'}${property}:${value}`;
  }
  return { css, hides: /display\s*:\s*none/i.test(style) };
}
