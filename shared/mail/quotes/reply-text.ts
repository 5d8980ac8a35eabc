import {
  attributionCertainty,
  completes,
  endsSentence,
  Header,
  headerIn,
  headersIn,
  isFooter,
  isSeparator,
  countLowerCaseWords,
  mayBeFooter,
  mayEndAttribution,
} from './reply-phrases.ts';
import {
  blankBefore,
  Kind,
  kindAt,
  type Lines,
  linesOfSide,
  longestCompared,
  normalizeNewlines,
  read,
  readLines,
  textAt,
} from './reply-lines.ts';

/**
 * Separates what a person wrote from what their mail program added around it. The first pass classifies each line, the
 * second decides which lines to fold. In doubt a line stays in the body: an extra quote is a nuisance, a
 * missing sentence is a ticket answered wrongly. Nothing is lost, as `quoted` holds the folded lines in order.
 *
 * Time is linear in the text, with a small factor: a line is inspected up to `longestCompared` characters, an attribution
 * spans at most `mostWrapped` lines, and after `mostLines` lines, or once `effort` is used up, the rest of the text
 * counts as written.
 */
export function splitReply(text: string): { body: string; quoted: string } {
  return splitLines(classifiedLines(text));
}

export function classifiedLines(text: string): Lines {
  const lines = readLines(text);
  classify(lines);
  return lines;
}

/** What is folded of these lines, by their kinds, and what is not. */
export function splitLines(lines: Lines): { body: string; quoted: string } {
  const folded = fold(lines);
  const body = folded ? linesOfSide(lines, folded, 0) : lines.text;
  const quoted = folded ? linesOfSide(lines, folded, 1) : '';
  return { body: normalizeNewlines(lines, body.trim()), quoted: normalizeNewlines(lines, quoted.trimEnd()) };
}

const longestAttribution = 400;
const mostWrapped = 4;
const mostHeaders = 16;
const longestSignature = 60;
const longestUnmarkedSignature = 6;

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
      if (!pastedSource) at = classifyLine(lines, at, line, header);
    }
  }
}

/** Classifies the line and the lines above or below that belong to it. Returns the last line classified. */
function classifyLine(lines: Lines, at: number, line: string, header: number): number {
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
 * A line that starts with `>` is a quote, with two exceptions: `>From here`, which is how mbox files store a line that
 * begins with "From ", and ">>> Jane Doe <jane@example.com> 1/2/2017 10:00 AM >>>", GroupWise's attribution.
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

/** "JD> text" and "| text" are quotes of old programs, but also prompts: they count only next to similar lines. */
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
  if (length > longestCompared || !ruleCodes.has(lines.text.charCodeAt(from))) return Kind.written;
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
 * The attribution that ends in this line. It may begin some lines above. Of several possible beginnings, one with a
 * typical opening word wins, else the nearest.
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

/** Holds 1 for each line to fold. Null if nothing would be left. */
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
      // The lines that follow have no quote marks: they are the old mail if the new text is above. Quotes further
      // down mean that this program does mark them, so lines without a mark were written by the sender.
      if (written && unmarked && (certain || lastQuote < end)) end = lines.count;
      folded.fill(1, at, end);
    }
    at = end;
  }
  return foldOuterQuotes(lines, folded);
}

const isMark = (lines: Lines, at: number): boolean =>
  kindAt(lines, at) === Kind.attribution || kindAt(lines, at) === Kind.separator;

/** Folds the quotes below the last written line, and those above the first one if it answers them as a whole. */
function foldOuterQuotes(lines: Lines, folded: Uint8Array): Uint8Array | null {
  const { count } = lines;
  const isBody = (at: number) => folded[at] === 0 && kindAt(lines, at) === Kind.written;
  let last = count - 1;
  while (last >= 0 && !isBody(last)) last--;
  if (last < 0) return null;
  folded.fill(1, last + 1, count);
  let first = 0;
  let announced = false;
  for (; !isBody(first); first++) announced ||= isMark(lines, first);
  const quotedBetween = lines.kind.subarray(first, last + 1).includes(Kind.quote);
  if (announced && !quotedBetween) folded.fill(1, 0, first);
  return folded;
}

/** Where the signature below a line of dashes ends; the next line if it is not a signature. */
export function signatureEnd(lines: Lines, at: number): number {
  const standard = kindAt(lines, at) === Kind.signature;
  const limit = at + 1 + (standard ? longestSignature : longestUnmarkedSignature);
  const continues = (spot: number): boolean => {
    const kind = kindAt(lines, spot);
    const within = kind === Kind.written || kind === Kind.footer || (standard && kind === Kind.rule);
    return spot < lines.count && within && !isPostscript(lines, spot);
  };
  let end = at + 1;
  while (end <= limit && continues(end)) end++;
  return end <= limit && end > at + 1 && isSignature(lines, at, end) ? end : at + 1;
}

/**
 * Programs write "-- ". People write other dashes too, between two thoughts or in pasted text, so the lines below
 * those must look like a signature.
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
  if (countLowerCaseWords(opening) >= 4 || opening.startsWith('--')) return false;
  if (standard) return !/\p{L}{2}[.!]$/u.test(opening) || opening.split(' ').length < 4;
  return (
    mark === '_' || isBusinessCard(Array.from({ length: end - first }, (_, at) => textAt(lines, first + at)))
  );
}

function isPostscript(lines: Lines, at: number): boolean {
  const from = read(lines.from, at);
  return 'Pp'.includes(lines.text[from] ?? ' ') && /^p\.? ?s[.: ]/i.test(lines.text.slice(from, from + 5));
}

/** A capitalised name followed only by short lines, one of them an address or a phone number. */
function isBusinessCard(card: string[]): boolean {
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
