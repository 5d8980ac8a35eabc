import { isUtf8 } from 'node:buffer';
import { decodeText } from './mime-charset.ts';

/** One header field; the value is unfolded and holds one character per byte. */
export interface Field {
  /** In lower case. */
  name: string;
  value: string;
}

export interface FieldBlock {
  fields: Field[];
  /** Offsets in bytes: the block's end, where its empty line begins, and the start of the body. */
  end: number;
  bodyStart: number;
  lines: number;
}

/** Limits on what is read from a block; everything beyond them is skipped. */
export interface FieldLimits {
  lines: number;
  fields: number;
  /** Total characters of the values of fields that are not in `wanted`. */
  characters: number;
  /** Fields that are always read, however many others there are, with the most characters of each. */
  wanted: ReadonlyMap<string, number>;
  /** Most values of one wanted field. */
  repeats: number;
  /** False for a part: only its Content- fields matter, and its body begins where the line limit is reached. */
  isMessage: boolean;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const letterC = 0x63;
const longestOther = 8_000;
const longestName = 100;

/** The line that begins at `start`: where its text ends, and where the next line begins. */
export function lineAt(raw: Buffer, start: number): { end: number; next: number } {
  const found = raw.indexOf(lineFeed, start);
  const next = found < 0 ? raw.length : found + 1;
  let end = found < 0 ? raw.length : found;
  while (end > start && raw[end - 1] === carriageReturn) end--;
  return { end, next };
}

/**
 * Reads the header fields from `start` to the first empty line. A line for which `endsBlock` holds also ends the
 * block and is not read. Only space and tab continue a field, and a line without a colon is not a field: any other
 * reading would let a message show one sender to us and another to the server that checked it.
 */
export function readFields(
  raw: Buffer,
  start: number,
  limits: FieldLimits,
  endsBlock: (start: number, end: number) => boolean = () => false,
): FieldBlock {
  const collector = new FieldCollector(limits);
  let at = start;
  let lines = 0;
  for (; at < raw.length && lines < limits.lines; lines++) {
    const { end, next } = lineAt(raw, at);
    if (end === at) return { fields: collector.done(), end: at, bodyStart: next, lines };
    if (endsBlock(at, end)) break;
    const first = raw[at];
    if (first === 0x20 || first === 0x09) collector.continue(raw, at, end);
    else collector.begin(raw, at, end);
    at = next;
  }
  if (lines === limits.lines && limits.isMessage) at = emptyLineFrom(raw, at);
  const blank = lineAt(raw, at);
  return { fields: collector.done(), end: at, bodyStart: blank.end === at ? blank.next : at, lines };
}

/** Collects the fields of a block within the limits. */
class FieldCollector {
  readonly #limits: FieldLimits;
  readonly #fields: Field[] = [];
  readonly #repeats = new Map<string, number>();
  #others = 0;
  #characters: number;
  #open: { name: string; parts: string[]; remaining: number } | undefined;

  constructor(limits: FieldLimits) {
    this.#limits = limits;
    this.#characters = limits.characters;
  }

  begin(raw: Buffer, start: number, end: number): void {
    this.#close();
    if (!this.#limits.isMessage && (raw[start]! | 0x20) !== letterC) return;
    const furthest = Math.min(end, start + longestName);
    let colon = start;
    while (colon < furthest && raw[colon] !== 0x3a) colon++;
    if (colon === furthest) return;
    const name = trimmed(raw.toString('latin1', start, colon)).toLowerCase();
    const remaining = this.#roomFor(name);
    if (name === '' || remaining === 0) return;
    this.#open = { name, parts: [], remaining };
    this.continue(raw, colon + 1, end);
  }

  continue(raw: Buffer, start: number, end: number): void {
    const open = this.#open;
    if (!open || open.remaining === 0) return;
    const taken = Math.min(end - start, open.remaining);
    open.remaining -= taken;
    open.parts.push(raw.toString('latin1', start, start + taken));
  }

  done(): Field[] {
    this.#close();
    return this.#fields;
  }

  #roomFor(name: string): number {
    const wanted = this.#limits.wanted.get(name);
    if (wanted !== undefined) {
      const repeats = (this.#repeats.get(name) ?? 0) + 1;
      this.#repeats.set(name, repeats);
      return repeats > this.#limits.repeats ? 0 : wanted;
    }
    return ++this.#others > this.#limits.fields ? 0 : Math.min(longestOther, this.#characters);
  }

  #close(): void {
    if (!this.#open) return;
    const { name, parts } = this.#open;
    const value = trimmed(parts.join('').replace(/\r+/g, ' '));
    if (!this.#limits.wanted.has(name)) this.#characters = Math.max(0, this.#characters - value.length);
    this.#fields.push({ name, value });
    this.#open = undefined;
  }
}

function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && (text[start] === ' ' || text[start] === '\t')) start++;
  while (end > start && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--;
  return text.slice(start, end);
}

/** Where the next empty line begins, at or after `from`. */
function emptyLineFrom(raw: Buffer, from: number): number {
  const found = [raw.indexOf('\n\r\n', from), raw.indexOf('\n\n', from)].filter((at) => at >= 0);
  return found.length > 0 ? Math.min(...found) + 1 : raw.length;
}

/** A parsed value such as `text/plain; charset="utf-8"`; everything but the parameters' values is in lower case. */
export interface Structured {
  value: string;
  parameters: ReadonlyMap<string, string>;
  /** The charsets of the parameters that declare one (RFC 2231). */
  charsets: ReadonlyMap<string, string>;
}

const longestStructured = 8_000;

export function readStructured(text: string): Structured {
  const given = text.slice(0, longestStructured);
  const semicolon = given.indexOf(';');
  const value = (semicolon < 0 ? given : given.slice(0, semicolon)).replace(/\(.*/s, '').trim().toLowerCase();
  const rest = semicolon < 0 ? '' : given.slice(semicolon + 1);
  const parameters = new Parameters();
  const parameter = /[\s;]*([^=;]{0,100})(?:=\s*("(?:[^"\\]|\\.)*"?|[^;]*))?[^;]*(?:;|$)/gsy;
  for (let found = parameter.exec(rest); found && found[0] !== ''; found = parameter.exec(rest)) {
    const [, name = '', rawValue = ''] = found;
    const key = name.trim().toLowerCase();
    if (key !== '') parameters.add(key, unquoted(rawValue));
  }
  return { value, ...parameters.done() };
}

/** The first parameter of a name wins; `name*0`, `name*1` and so on are joined (RFC 2231). */
class Parameters {
  readonly #plain = new Map<string, string>();
  readonly #sections = new Map<string, { place: number; text: string }[]>();
  readonly #charsets = new Map<string, string>();

  add(key: string, value: string): void {
    const sectioned = /^([^*]+)\*(\d{0,4})(\*?)$/.exec(key);
    if (!sectioned) {
      if (!this.#plain.has(key)) this.#plain.set(key, value);
      return;
    }
    const [, name = '', section = '', star] = sectioned;
    const isEncoded = star === '*' || section === '';
    const place = Number(section);
    const charset = isEncoded && place === 0 ? /^([^']*)'[^']*'/.exec(value) : null;
    if (charset) this.#charsets.set(name, charset[1]?.toLowerCase() || 'utf-8');
    const text = isEncoded ? percentDecoded(charset ? value.slice(charset[0].length) : value) : value;
    const sections = this.#sections.get(name);
    if (sections) sections.push({ place, text });
    else this.#sections.set(name, [{ place, text }]);
  }

  done(): Pick<Structured, 'parameters' | 'charsets'> {
    for (const [name, sections] of this.#sections) {
      sections.sort((a, b) => a.place - b.place);
      this.#plain.set(name, sections.map(({ text }) => text).join(''));
    }
    return { parameters: this.#plain, charsets: this.#charsets };
  }
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

function unquoted(value: string): string {
  if (!value.startsWith('"')) return value.replace(/\s\(.*/s, '').trim();
  const closed = value.length > 1 && value.endsWith('"');
  return value.slice(1, closed ? -1 : undefined).replace(/\\(.)/gs, '$1');
}

/** Decodes the value as UTF-8 if it is valid, else as windows-1252, which old programs write. */
export function asText(value: string): string {
  if (!/[\u0080-\u00ff]/.test(value)) return value;
  const bytes = Buffer.from(value, 'latin1');
  return decodeText(bytes, isUtf8(bytes) ? 'utf-8' : 'windows-1252');
}
