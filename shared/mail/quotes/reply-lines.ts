/** In characters, of one line. */
export const longestCompared = 500;
/** More are not read apart. */
const mostLines = 10_000;
/** The budget of characters to compare with the phrases. */
const mostEffort = 80_000;

export const Kind = {
  written: 0,
  quote: 1,
  /** "On … wrote:" */
  attribution: 2,
  /** "-----Original Message-----", a block of headers, "reply above this line". */
  separator: 3,
  /** "Jane wrote:" directly above a quote: it is folded with the quote. */
  remark: 4,
  /** A line of dashes, stars or similar. */
  rule: 5,
  /** "-- " */
  signature: 6,
  /** "Sent from my …" */
  footer: 7,
} as const;

/** The lines that are not blank, one typed array per property. */
export interface Lines {
  text: string;
  count: number;
  /** Offsets: the line's start, its first visible character, the end of its last one, and the next line's start. */
  start: Int32Array;
  from: Int32Array;
  to: Int32Array;
  next: Int32Array;
  kind: Uint8Array;
  /** The normalised text of the lines inspected so far, and the budget that is left. */
  normalized: (string | undefined)[];
  effort: number;
}

export const read = (column: Int32Array | Uint8Array, at: number): number => column[at] ?? -1;
export const kindAt = (lines: Lines, at: number): number => read(lines.kind, at);
/** True for the first line too. */
export const blankBefore = (lines: Lines, at: number): boolean =>
  read(lines.next, at - 1) !== read(lines.start, at);

export function readLines(text: string): Lines {
  const capacity = Math.min(Math.floor(text.length / 2) + 1, mostLines);
  const column = () => new Int32Array(capacity);
  const [start, from, to, next] = [column(), column(), column(), column()];
  const kind = new Uint8Array(capacity);
  const visible = /\S/g;
  let count = 0;
  for (let found = visible.exec(text); found && count < capacity; found = visible.exec(text), count++) {
    const first = found.index;
    const newline = text.indexOf('\n', first);
    // The last line that is read includes the rest of the text.
    const end = newline < 0 || count === mostLines - 1 ? text.length : newline;
    start[count] = text.lastIndexOf('\n', first) + 1;
    from[count] = first;
    to[count] = first + text.slice(first, end).trimEnd().length;
    next[count] = Math.min(end + 1, text.length);
    const quoted = (text[first] === '>' || text[first] === '\uff1e') && count < mostLines - 1;
    kind[count] = quoted ? Kind.quote : Kind.written;
    visible.lastIndex = end;
  }
  return { text, count, start, from, to, next, kind, normalized: [], effort: mostEffort };
}

const unusual = /[^\x20-\x7e]| {2}/;

/** The line normalised for comparison: single spaces, composed accents, no direction marks. */
export function textAt(lines: Lines, at: number): string {
  const known = lines.normalized[at];
  if (known !== undefined) return known;
  const from = read(lines.from, at);
  const raw = lines.text.slice(from, Math.min(read(lines.to, at), from + longestCompared));
  lines.effort -= raw.length + 40;
  const plain = unusual.test(raw) ? normalize(raw) : raw;
  lines.normalized[at] = plain;
  return plain;
}

function normalize(line: string): string {
  const marksOfDirection = /[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;
  return line.normalize('NFC').replace(marksOfDirection, '').replace(/\s+/g, ' ').trim();
}

/** The original text of the folded (1) or the other (0) lines. A blank line next to the body belongs to the body. */
export function linesOfSide(lines: Lines, folded: Uint8Array, side: number): string {
  const parts: string[] = [];
  for (let at = 0; at < lines.count;) {
    let end = at + 1;
    while (end < lines.count && folded[end] === folded[at]) end++;
    if (folded[at] === side) {
      const from = side === 1 ? read(lines.start, at) : at === 0 ? 0 : read(lines.next, at - 1);
      const to =
        side === 1 ? read(lines.next, end - 1) : end < lines.count ? read(lines.start, end) : undefined;
      parts.push(lines.text.slice(from, to));
    }
    at = end;
  }
  return parts.join('');
}

/** Normalises line breaks to "\n", unless the text is so long that it was not read to its end. */
export function normalizeNewlines(lines: Lines, text: string): string {
  return lines.count < mostLines && text.includes('\r') ? text.split('\r\n').join('\n') : text;
}
