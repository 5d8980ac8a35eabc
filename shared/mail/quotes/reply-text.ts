import {
  attributionCertainty,
  completes,
  endsSentence,
  Header,
  headerIn,
  headersIn,
  isFooter,
  isSeparator,
  lowWords,
  mayBeFooter,
  mayEndAttribution,
} from './reply-phrases.ts';

/**
 * What somebody has written, without what their mail program put around it. One pass gives each line a kind, a
 * second decides which lines are folded away. Where it is unclear whether a person wrote a line, the line stays:
 * a quote too many is a nuisance, a sentence too few is a ticket answered wrongly. Nothing is thrown away, as
 * `quoted` holds the folded lines in their order.
 *
 * Time is linear in the text, with a small factor: a line is looked at up to `longestLook`, an attribution spans at
 * most `mostWrapped` lines, and where a text has more than `mostLines` or has used up its `effort`, the rest counts
 * as written.
 */
export function splitReply(text: string): { body: string; quoted: string } {
  const lines = readLines(text);
  classify(lines);
  const folded = fold(lines);
  const body = folded ? gather(lines, folded, 0) : text;
  const quoted = folded ? gather(lines, folded, 1) : '';
  return { body: newlines(lines, body.trim()), quoted: newlines(lines, quoted.trimEnd()) };
}

const longestLook = 500;
const longestAttribution = 400;
const mostWrapped = 4;
const mostLines = 10_000;
/** Characters that may be compared with the phrases. */
const mostEffort = 80_000;
const mostHeaders = 16;
const longestSignature = 60;
const longestUnmarkedSignature = 6;

const Kind = {
  written: 0,
  quote: 1,
  /** "On … wrote:" */
  attribution: 2,
  /** "-----Original Message-----", a block of headers, "reply above this line". */
  separator: 3,
  /** "Jane wrote:" right above a quote: it goes where the quote goes. */
  remark: 4,
  /** A line of dashes or the like. */
  rule: 5,
  /** "-- " */
  signature: 6,
  /** "Sent from my …" */
  footer: 7,
} as const;

/** The lines that are not blank, in columns. */
interface Lines {
  text: string;
  count: number;
  /** Where the line begins, its first and the end of its last visible character, and where the next line begins. */
  start: Int32Array;
  from: Int32Array;
  to: Int32Array;
  next: Int32Array;
  kind: Uint8Array;
  /** How the lines are compared, those that have been asked for, and the effort that is left. */
  looks: (string | undefined)[];
  effort: number;
}

const read = (column: Int32Array | Uint8Array, at: number): number => column[at] ?? -1;
const kindAt = (lines: Lines, at: number): number => read(lines.kind, at);
/** True for the first line, too. */
const blankBefore = (lines: Lines, at: number): boolean => read(lines.next, at - 1) !== read(lines.start, at);

function readLines(text: string): Lines {
  const most = Math.min(Math.floor(text.length / 2) + 1, mostLines);
  const column = () => new Int32Array(most);
  const [start, from, to, next] = [column(), column(), column(), column()];
  const kind = new Uint8Array(most);
  const visible = /\S/g;
  let count = 0;
  for (let found = visible.exec(text); found && count < most; found = visible.exec(text), count++) {
    const first = found.index;
    const newline = text.indexOf('\n', first);
    // What lies beyond the last line that is read belongs to it.
    const end = newline < 0 || count === mostLines - 1 ? text.length : newline;
    start[count] = text.lastIndexOf('\n', first) + 1;
    from[count] = first;
    to[count] = first + text.slice(first, end).trimEnd().length;
    next[count] = Math.min(end + 1, text.length);
    const quoted = (text[first] === '>' || text[first] === '\uff1e') && count < mostLines - 1;
    kind[count] = quoted ? Kind.quote : Kind.written;
    visible.lastIndex = end;
  }
  return { text, count, start, from, to, next, kind, looks: [], effort: mostEffort };
}

const unusual = /[^\x20-\x7e]| {2}/;

/** The line as it is compared: one space for any white space, composed accents, no marks of direction. */
function textAt(lines: Lines, at: number): string {
  const known = lines.looks[at];
  if (known !== undefined) return known;
  const from = read(lines.from, at);
  const raw = lines.text.slice(from, Math.min(read(lines.to, at), from + longestLook));
  lines.effort -= raw.length + 40;
  const plain = unusual.test(raw) ? simplified(raw) : raw;
  lines.looks[at] = plain;
  return plain;
}

function simplified(line: string): string {
  const marksOfDirection = /[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;
  return line.normalize('NFC').replace(marksOfDirection, '').replace(/\s+/g, ' ').trim();
}

function classify(lines: Lines): void {
  let pastedSource = false;
  for (let at = 0; at < lines.count; at++) {
    if (blankBefore(lines, at)) pastedSource = false;
    if (kindAt(lines, at) === Kind.quote) {
      lines.kind[at] = angledKind(lines, at);
      continue;
    }
    const rule = ruleKind(lines, at);
    if (rule !== Kind.written) {
      lines.kind[at] = rule;
    } else if (lines.effort > 0) {
      const line = textAt(lines, at);
      const header = headerIn(line);
      pastedSource ||= header === Header.technical;
      if (!pastedSource) at = examine(lines, at, line, header);
    }
  }
}

/** Gives the line its kind, and the lines above or below that belong to it; answers the last line done. */
function examine(lines: Lines, at: number, line: string, header: number): number {
  const mark = (first: number, last: number, kind: number): number => {
    lines.kind.fill(kind, first, last + 1);
    return last;
  };
  if (isPrefixedQuote(lines, at, line)) return mark(at, at, Kind.quote);
  if ('-#*=_'.includes(line[0] ?? ' ')) lines.effort -= 100;
  if (isSeparator(line)) return mark(at, at, Kind.separator);
  const lastHeader = header === 0 || header === Header.other ? -1 : headerBlock(lines, at, line);
  if (lastHeader >= at) return mark(at, lastHeader, Kind.separator);
  const attribution = attributionAt(lines, at, line);
  if (attribution) return mark(attribution.first, at, attribution.kind);
  if (mayBeFooter(line)) {
    lines.effort -= 300;
    const last = at + 1 === lines.count || blankBefore(lines, at + 1) || mayBeFooter(textAt(lines, at + 1));
    const alone = last && (blankBefore(lines, at) || kindAt(lines, at - 1) === Kind.footer);
    if (isFooter(line, alone)) return mark(at, at, Kind.footer);
  }
  return at;
}

/**
 * A line with `>` in front is a quote, but for two: `>From here`, which is how mailboxes store a line that begins with
 * "From ", and ">>> Jane Doe <jane@example.com> 1/2/2017 10:00 AM >>>", GroupWise's attribution.
 */
function angledKind(lines: Lines, at: number): number {
  const [from, to] = [read(lines.from, at), read(lines.to, at)];
  if (lines.text.startsWith('>From ', from)) {
    const alone = kindAt(lines, at - 1) !== Kind.quote && kindAt(lines, at + 1) !== Kind.quote;
    return alone ? Kind.written : Kind.quote;
  }
  const isGroupWise =
    to - from > 20 && lines.text.startsWith('>>> ', from) && lines.text.startsWith(' >>>', to - 4);
  return isGroupWise ? Kind.attribution : Kind.quote;
}

/** "JD> text" and "| text": quotes of old programs, and prompts of many others, so only where all speaks for it. */
function isPrefixedQuote(lines: Lines, at: number, line: string): boolean {
  const before = kindAt(lines, at - 1);
  const below = before === Kind.attribution || before === Kind.remark;
  if (line[0] !== '|' && line.lastIndexOf('>', 15) < 1) return false;
  const prefix = /^(?:\p{Lu}\p{L}{0,14}>|\|)/u.exec(line)?.[0];
  if (prefix === undefined || prefix === 'SQL>') return false;
  const continues = (other: number) => lines.text.startsWith(prefix, read(lines.from, other));
  if (below || (before === Kind.quote && continues(at - 1))) return true;
  return /^\p{Lu}{1,3}>$/u.test(prefix) && at + 1 < lines.count && continues(at + 1);
}

const ruleCodes = new Set(Array.from('-_=+~#*ᐧ—–─━', (char) => char.charCodeAt(0)));

/** A line of nothing but dashes, underscores, stars … */
function ruleKind(lines: Lines, at: number): number {
  const from = read(lines.from, at);
  const length = read(lines.to, at) - from;
  if (length > longestLook || !ruleCodes.has(lines.text.charCodeAt(from))) return Kind.written;
  const line = lines.text.slice(from, from + length);
  if (line === '--' || line === '—' || line === '–') return Kind.signature;
  if (length === 1 && line !== 'ᐧ') return Kind.written;
  for (const char of line) if (char !== ' ' && !ruleCodes.has(char.charCodeAt(0))) return Kind.written;
  return Kind.rule;
}

/** The last line of a block of copied headers that begins here, or -1. */
function headerBlock(lines: Lines, at: number, line: string): number {
  let [kinds, last, wrapped, addressed] = [headersIn(line), at, 0, line.includes('@')];
  for (let spot = at + 1; spot < Math.min(lines.count, at + mostHeaders); spot++) {
    if (kindAt(lines, spot) === Kind.quote) break;
    const below = textAt(lines, spot);
    lines.effort -= 40;
    const kind = headerIn(below);
    if (kind === Header.technical && !blankBefore(lines, spot)) return -1;
    if (kind === 0 && (blankBefore(lines, spot) || ++wrapped > 3)) break;
    if (kind === 0) continue;
    [kinds, last, wrapped, addressed] = [kinds | kind, spot, 0, addressed || below.includes('@')];
  }
  const has = (kind: number) => (kinds & kind) !== 0;
  const main = [Header.from, Header.date, Header.to, Header.subject].filter(has).length;
  const announced = kindAt(lines, at - 1) === Kind.separator || kindAt(lines, at - 1) === Kind.rule;
  const dated = has(Header.date) && has(Header.subject);
  const enough = main >= 3 ? dated || addressed : main === 2 && announced && addressed;
  return has(Header.from) && enough ? last : -1;
}

/**
 * The attribution that ends in this line. It may begin some lines above; of several beginnings the one counts that
 * begins as attributions do, else the nearest.
 */
function attributionAt(lines: Lines, at: number, line: string): { first: number; kind: number } | undefined {
  const aboveQuote = kindAt(lines, at + 1) === Kind.quote;
  const endsParagraph = aboveQuote || at + 1 === lines.count || blankBefore(lines, at + 1);
  if (!mayEndAttribution(line, endsParagraph, aboveQuote)) return undefined;
  let nearest: { first: number; kind: number } | undefined;
  let joined = '';
  for (let first = at; at - first < mostWrapped && lines.effort > 0; first--) {
    const part = textAt(lines, first);
    const continues =
      kindAt(lines, first) === Kind.written && !blankBefore(lines, first + 1) && !endsSentence(part);
    if (first < at && !continues) break;
    const settled = nearest?.kind === Kind.attribution && !completes(part, joined);
    joined = first < at ? `${part} ${joined}` : part;
    if (joined.length > longestAttribution) break;
    lines.effort -= 200 + 4 * joined.length;
    const certainty = attributionCertainty(joined);
    if (certainty === 'begins') return { first, kind: Kind.attribution };
    if (certainty === 'sure' && !settled) nearest = { first, kind: Kind.attribution };
    if (certainty === 'above-quote' && aboveQuote) nearest ??= { first, kind: Kind.remark };
  }
  return nearest;
}

/** Which lines go: 1 in each place that is folded. Null where nothing would be left. */
function fold(lines: Lines): Uint8Array | null {
  const folded = new Uint8Array(lines.count);
  const lastQuote = lines.kind.lastIndexOf(Kind.quote, lines.count - 1);
  let written = false;
  let at = 0;
  while (at < lines.count) {
    const kind = kindAt(lines, at);
    let end = at + 1;
    if (kind === Kind.written) written = true;
    if (kind === Kind.footer) folded[at] = 1;
    if (kind === Kind.rule || kind === Kind.signature) {
      end = signatureEnd(lines, at);
      if (end > at + 1) folded.fill(1, at, end);
    }
    if (kind === Kind.attribution || kind === Kind.separator) {
      let certain = kind === Kind.separator;
      for (; isMark(lines, end) || (kindAt(lines, end) === Kind.rule && end < lines.count); end++) {
        certain ||= kindAt(lines, end) === Kind.separator;
      }
      const unmarked = kindAt(lines, end) !== Kind.quote && kindAt(lines, end) !== Kind.remark;
      // What follows bears no marks of a quote: it is the old mail if the new text stands above. Quotes further
      // down mean that this program does mark them, so that what has no mark was written.
      if (written && unmarked && (certain || lastQuote < end)) end = lines.count;
      folded.fill(1, at, end);
    }
    at = end;
  }
  return tidy(lines, folded);
}

const isMark = (lines: Lines, at: number): boolean =>
  kindAt(lines, at) === Kind.attribution || kindAt(lines, at) === Kind.separator;

/** Folds the quotes below the last written line, and those above the first where it answers them as a whole. */
function tidy(lines: Lines, folded: Uint8Array): Uint8Array | null {
  const { count } = lines;
  const stays = (at: number) => folded[at] === 0 && kindAt(lines, at) === Kind.written;
  let last = count - 1;
  while (last >= 0 && !stays(last)) last--;
  if (last < 0) return null;
  folded.fill(1, last + 1, count);
  let first = 0;
  let announced = false;
  for (; !stays(first); first++) announced ||= isMark(lines, first);
  const quotedBetween = lines.kind.subarray(first, last + 1).includes(Kind.quote);
  if (announced && !quotedBetween) folded.fill(1, 0, first);
  return folded;
}

/** Where the signature below a line of dashes ends; the next line where it is none. */
function signatureEnd(lines: Lines, at: number): number {
  const standard = kindAt(lines, at) === Kind.signature;
  const most = at + 1 + (standard ? longestSignature : longestUnmarkedSignature);
  const goesOn = (spot: number): boolean => {
    const kind = kindAt(lines, spot);
    const within = kind === Kind.written || kind === Kind.footer || (standard && kind === Kind.rule);
    return spot < lines.count && within && !isPostscript(lines, spot);
  };
  let end = at + 1;
  while (end <= most && goesOn(end)) end++;
  return end <= most && end > at + 1 && isSignature(lines, at, end) ? end : at + 1;
}

/**
 * "-- " is what a program writes. Other dashes people write too, between two thoughts or in what they paste, so that
 * what stands below has to look like a signature.
 */
function isSignature(lines: Lines, rule: number, end: number): boolean {
  const first = rule + 1;
  const standard = kindAt(lines, rule) === Kind.signature;
  const mark = lines.text[read(lines.from, rule)];
  if (standard && mark === '-' && lines.text[read(lines.to, rule)] === ' ') return true;
  if (kindAt(lines, first) === Kind.footer) return true;
  const inComment = lines.text.startsWith('--', read(lines.from, rule - 1)) && !blankBefore(lines, rule);
  if (inComment || lines.effort <= 0 || (!standard && !blankBefore(lines, rule))) return false;
  for (let at = first; at < end; at++) if (lines.text[read(lines.to, at) - 1] === '?') return false;
  const opening = textAt(lines, first);
  if (lowWords(opening) >= 4 || opening.startsWith('--')) return false;
  if (standard) return !/\p{L}{2}[.!]$/u.test(opening) || opening.split(' ').length < 4;
  return mark === '_' || isCard(Array.from({ length: end - first }, (_, at) => textAt(lines, first + at)));
}

function isPostscript(lines: Lines, at: number): boolean {
  const from = read(lines.from, at);
  return 'Pp'.includes(lines.text[from] ?? ' ') && /^p\.? ?s[.: ]/i.test(lines.text.slice(from, from + 5));
}

/** A name in capitals, and below it nothing but short lines, one of them an address or a number. */
function isCard(card: string[]): boolean {
  const names = (card[0] ?? '').split(' ');
  const isName =
    names.length > 1 && names.length < 6 && names.every((name) => /^\p{Lu}[\p{L}.'’-]*$/u.test(name));
  const short = card.every((line) => line.length <= 60 && !/\p{L}{3}[.!]$/u.test(line));
  return (
    isName &&
    short &&
    (card.length === 1 || card.some((line) => /@|www\.|https?:|\d[\d ()/.-]{6}/.test(line)))
  );
}

/** The lines of one side as they stood. A blank line belongs to the body where the body is next to it. */
function gather(lines: Lines, folded: Uint8Array, side: number): string {
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

/** Ends lines in one way, unless the text is so long that it was not read to its end. */
function newlines(lines: Lines, text: string): string {
  return lines.count < mostLines && text.includes('\r') ? text.split('\r\n').join('\n') : text;
}
