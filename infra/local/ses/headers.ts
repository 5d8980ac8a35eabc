import { isUtf8 } from 'node:buffer';

/** One header field of a raw message, as offsets into it, so that nothing is copied before a value is read. */
export interface HeaderField {
  /** In lower case; empty for a line that is no header field. */
  name: string;
  start: number;
  /** Where the text after the colon begins. */
  valueStart: number;
  end: number;
}

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const LONGEST_NAME = 200;

/** Whether the line that begins there is the empty one between header and body. */
function isBlank(raw: Buffer, start: number): boolean {
  return raw[start] === LF || (raw[start] === CR && raw[start + 1] === LF);
}

/** The offset of the colon after a field's name, or -1. Names are short, so only few bytes are read. */
function findColon(raw: Buffer, start: number, end: number): number {
  const last = Math.min(end, start + LONGEST_NAME);
  for (let at = start; at < last; at += 1) {
    if (raw[at] === COLON) return at;
  }
  return -1;
}

/**
 * Walks the header fields from the top to the blank line that ends them (or to the end of a message that has
 * none). Lines may end in CRLF or bare LF. The time is linear in the size, whatever the message holds.
 */
export function* headerFields(raw: Buffer): Generator<HeaderField> {
  const endOfLine = (from: number): number => {
    const feed = raw.indexOf(LF, from);
    return feed === -1 ? raw.length : feed + 1;
  };
  let start = 0;
  while (start < raw.length && !isBlank(raw, start)) {
    const firstEnd = endOfLine(start);
    let end = firstEnd;
    while (end < raw.length && (raw[end] === SPACE || raw[end] === TAB)) end = endOfLine(end);
    const colon = findColon(raw, start, firstEnd);
    const name = colon === -1 ? '' : raw.toString('latin1', start, colon).trim().toLowerCase();
    yield { name, start, valueStart: colon + 1, end };
    start = end;
  }
}

/** Bytes as text: UTF-8 where they are UTF-8, one character per byte where they aren't. */
export function decoded(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('latin1');
}

/** A field's value on one line; no more than `limit` bytes of it are read. */
export function valueOf(raw: Buffer, field: HeaderField, limit: number): string {
  let end = Math.min(field.end, field.valueStart + limit);
  if (end < field.end) {
    // The cut must not split a UTF-8 character, which has up to three bytes after its first.
    for (let step = 0; step < 3 && ((raw[end] ?? 0) & 0xc0) === 0x80; step += 1) end -= 1;
  }
  return decoded(raw.subarray(field.valueStart, end))
    .replaceAll(/\r?\n[ \t]*/g, ' ')
    .trim();
}

/** A field's name as the sender spelled it. */
export function spelledName(raw: Buffer, field: HeaderField): string {
  return raw.toString('latin1', field.start, field.valueStart - 1).trim();
}

/** The message without those header fields; the same buffer when it has none of them. */
export function withoutFields(raw: Buffer, unwanted: (field: HeaderField) => boolean): Buffer {
  const kept: Buffer[] = [];
  let from = 0;
  for (const field of headerFields(raw)) {
    if (!unwanted(field)) continue;
    if (field.start > from) kept.push(raw.subarray(from, field.start));
    from = field.end;
  }
  if (from === 0) return raw;
  kept.push(raw.subarray(from));
  return Buffer.concat(kept);
}
