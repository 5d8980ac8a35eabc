import {
  attributionCertainty,
  endsSentence,
  Header,
  headerIn,
  headersIn,
  isFooter,
  isSeparator,
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
  if (!folded) return { body: newlines(text.trim()), quoted: '' };
  return { body: gather(lines, folded, 0).trim(), quoted: gather(lines, folded, 1).trimEnd() };
}

const longestLook = 500;
const longestAttribution = 400;
const mostWrapped = 4;
const mostLines = 20_000;
/** Characters that may be compared with the phrases. */
const mostEffort = 200_000;
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
const blankBefore = (lines: Lines, at: number): boolean => read(lines.next, at - 1) !== read(lines.start, at);

/** White space as `trim` sees it, beyond ASCII. */
const spaces =
  '\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff';
const wideSpaces = new Set(Array.from(spaces, (space) => space.charCodeAt(0)));

function isSpace(code: number): boolean {
  return code < 160 ? code === 32 || (code >= 9 && code <= 13) : wideSpaces.has(code);
}

function readLines(text: string): Lines {
  const most = Math.min(Math.floor(text.length / 2) + 1, mostLines);
  const column = () => new Int32Array(most);
  const [start, from, to, next] = [column(), column(), column(), column()];
  const kind = new Uint8Array(most);
  let [count, begin, first, last] = [0, 0, -1, -1];
  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : 10;
    if (code === 10 || code === 13) {
      if (code === 13 && text.charCodeAt(at + 1) === 10) at++;
      if (first >= 0) {
        const opening = text.charCodeAt(first);
        start[count] = begin;
        from[count] = first;
        to[count] = last + 1;
        next[count] = Math.min(at + 1, text.length);
        kind[count] = opening === 62 || opening === 0xff1e ? Kind.quote : Kind.written;
        if (++count === most) break;
      }
      begin = at + 1;
      first = -1;
    } else if ((code > 32 && code < 160) || !isSpace(code)) {
      if (first < 0) first = at;
      last = at;
    }
  }
  if (count === mostLines) {
    to[count - 1] = next[count - 1] = text.length;
    kind[count - 1] = Kind.written;
  }
  return { text, count, start, from, to, next, kind, looks: [], effort: mostEffort };
}

const plain = /^(?:[\x21-\x7e]| (?! ))*$/;

/** The line as it is compared: one space for any white space, composed accents, no marks of direction. */
function shown(lines: Lines, at: number): string {
  const known = lines.looks[at];
  if (known !== undefined) return known;
  const from = read(lines.from, at);
  const raw = lines.text.slice(from, Math.min(read(lines.to, at), from + longestLook));
  lines.effort -= raw.length + 40;
  const look = plain.test(raw)
    ? raw
    : raw
        .normalize('NFC')
        .replace(/[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g, '')
        .replace(/\s+/g, ' ')
        .trim();
  lines.looks[at] = look;
  return look;
}

function classify(lines: Lines): void {
  let pastedSource = false;
  for (let at = 0; at < lines.count; at++) {
    if (blankBefore(lines, at)) pastedSource = false;
    if (kindAt(lines, at) === Kind.quote) {
      if (isEscapedFrom(lines, at)) lines.kind[at] = Kind.written;
      continue;
    }
    const rule = ruleKind(lines, at);
    if (rule !== Kind.written) {
      lines.kind[at] = rule;
    } else if (lines.effort > 0) {
      const line = shown(lines, at);
      pastedSource ||= headerIn(line) === Header.technical;
      if (!pastedSource) at = examine(lines, at, line);
    }
  }
}

/** Gives the line its kind, and the lines above or below that belong to it; answers the last line done. */
function examine(lines: Lines, at: number, line: string): number {
  const mark = (first: number, last: number, kind: number): number => {
    lines.kind.fill(kind, first, last + 1);
    return last;
  };
  if (isPrefixedQuote(lines, at, line)) return mark(at, at, Kind.quote);
  if (isSeparator(line)) return mark(at, at, Kind.separator);
  const lastHeader = headerBlock(lines, at, line);
  if (lastHeader >= at) return mark(at, lastHeader, Kind.separator);
  const attribution = attributionAt(lines, at, line);
  if (attribution) return mark(attribution.first, at, attribution.kind);
  if (isFooter(line)) return mark(at, at, Kind.footer);
  return at;
}

/** `>From here` is how mailboxes store a line that begins with "From ", and no quote. */
function isEscapedFrom(lines: Lines, at: number): boolean {
  const alone = kindAt(lines, at - 1) !== Kind.quote && kindAt(lines, at + 1) !== Kind.quote;
  return alone && lines.text.startsWith('>From ', read(lines.from, at));
}

/** "JD> text" and "| text": quotes of old programs, and prompts of many others, so only where all speaks for it. */
function isPrefixedQuote(lines: Lines, at: number, line: string): boolean {
  const before = kindAt(lines, at - 1);
  const below = before === Kind.attribution || before === Kind.remark;
  const prefix = /^(?:\p{Lu}\p{L}{0,14}>|\|)/u.exec(line)?.[0];
  if (prefix === undefined || prefix === 'SQL>') return false;
  const continues = (other: number) => lines.text.startsWith(prefix, read(lines.from, other));
  if (below || (before === Kind.quote && continues(at - 1))) return true;
  return /^\p{Lu}{1,3}>$/u.test(prefix) && at + 1 < lines.count && continues(at + 1);
}

/** A line of nothing but dashes, underscores, stars … */
function ruleKind(lines: Lines, at: number): number {
  const [from, to] = [read(lines.from, at), read(lines.to, at)];
  if (to - from > longestLook) return Kind.written;
  for (let spot = from; spot < to; spot++) {
    const char = lines.text[spot] ?? '';
    if (char !== ' ' && !'-_=+~#*ᐧ—–─━'.includes(char)) return Kind.written;
  }
  const length = to - from;
  if (length === 1) {
    const char = lines.text[from] ?? '';
    return char === 'ᐧ' ? Kind.rule : '—–'.includes(char) ? Kind.signature : Kind.written;
  }
  return length === 2 && lines.text.startsWith('--', from) ? Kind.signature : Kind.rule;
}

/** The last line of a block of copied headers that begins here, or -1. */
function headerBlock(lines: Lines, at: number, line: string): number {
  const opening = headerIn(line);
  if (opening === 0 || opening === Header.other) return -1;
  let [kinds, last, wrapped, addressed] = [headersIn(line), at, 0, line.includes('@')];
  for (let spot = at + 1; spot < Math.min(lines.count, at + mostHeaders); spot++) {
    if (kindAt(lines, spot) === Kind.quote) break;
    const below = shown(lines, spot);
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
  const enough = main >= 3 ? has(Header.subject) || addressed : main === 2 && announced && addressed;
  return has(Header.from) && enough ? last : -1;
}

/**
 * The attribution that ends in this line. It may begin some lines above; of several beginnings the one counts that
 * begins as attributions do, else the nearest.
 */
function attributionAt(lines: Lines, at: number, line: string): { first: number; kind: number } | undefined {
  const aboveQuote = kindAt(lines, at + 1) === Kind.quote;
  const endsParagraph = at + 1 === lines.count || blankBefore(lines, at + 1);
  if (!aboveQuote && !mayEndAttribution(line, endsParagraph)) return undefined;
  let nearest: { first: number; kind: number } | undefined;
  let joined = '';
  for (let first = at; at - first < mostWrapped && lines.effort > 0; first--) {
    const part = shown(lines, first);
    const continues =
      kindAt(lines, first) === Kind.written && !blankBefore(lines, first + 1) && !endsSentence(part);
    if (first < at && !continues) break;
    joined = first < at ? `${part} ${joined}` : part;
    if (joined.length > longestAttribution) break;
    lines.effort -= 4 * joined.length;
    const certainty = attributionCertainty(joined);
    if (certainty === 'begins') return { first, kind: Kind.attribution };
    // An address that begins a line has its name on the line above.
    const settled = nearest?.kind === Kind.attribution && !shown(lines, nearest.first).startsWith('<');
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
  const none = at + 1;
  const standard = kindAt(lines, at) === Kind.signature;
  const most = standard ? longestSignature : longestUnmarkedSignature;
  const goesOn = (spot: number): boolean => {
    const kind = kindAt(lines, spot);
    const within = kind === Kind.written || kind === Kind.footer || (standard && kind === Kind.rule);
    return spot < lines.count && within && !isPostscript(lines, spot);
  };
  let end = none;
  while (goesOn(end)) if (end++ - at > most) return none;
  const from = read(lines.from, none);
  if (end === none) return none;
  if (standard) {
    // "--" without the space after it also stands in database dumps and between paragraphs.
    const exact = lines.text[read(lines.to, at)] === ' ' && lines.text[read(lines.from, at)] === '-';
    return exact || (!lines.text.startsWith('--', from) && !asks(lines, none, end)) ? end : none;
  }
  if (asks(lines, none, end) || (at > 0 && !blankBefore(lines, at))) return none;
  if (kindAt(lines, none) === Kind.footer) return end;
  return lines.text[read(lines.from, at)] === '_' || looksLikeCard(lines, none, end) ? end : none;
}

function asks(lines: Lines, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (lines.text[read(lines.to, at) - 1] === '?') return true;
  return false;
}

function isPostscript(lines: Lines, at: number): boolean {
  const opening = lines.text.slice(read(lines.from, at), read(lines.from, at) + 4);
  return (opening[0] === 'P' || opening[0] === 'p') && /^p\.? ?s[.: ]/i.test(opening);
}

/** A name in capitals, and below it nothing but short lines, one of them an address or a number. */
function looksLikeCard(lines: Lines, from: number, to: number): boolean {
  const card: string[] = [];
  for (let at = from; at < to; at++) card.push(shown(lines, at));
  const isName =
    /^(?:\p{Lu}[\p{L}.'’-]*|v[ao]n|de[rn]?|d[aiu]|la|el)(?: (?:\p{Lu}[\p{L}.'’-]*|v[ao]n|de[rn]?|d[aiu]|la|el)){1,4}$/u;
  const reach = /@|www\.|https?:|\+?\d[\d ()/.-]{6}/;
  const short = card.every((line) => line.length <= 60 && !/\p{L}{3}[.!]$/u.test(line));
  return short && isName.test(card[0] ?? '') && (card.length === 1 || card.some((line) => reach.test(line)));
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
  return newlines(parts.join(''));
}

function newlines(text: string): string {
  return text.includes('\r') ? text.split('\r\n').join('\n').split('\r').join('\n') : text;
}
