import { isSeparator } from './reply-phrases.ts';
import { Kind, kindAt, type Lines, textAt } from './reply-lines.ts';
import { classifiedLines, signatureEnd, splitLines } from './reply-text.ts';

/**
 * Separates what is quoted in a mail that answers nothing. No old mail of ours stands below its text, so that only what is
 * marked as quoted is folded: lines with a mark, with the line that says whose they are, and a whole copied head under a
 * line that announces it. What somebody pasted in stays, and a signature is one at the end alone.
 */
export function splitFirstMail(text: string): { body: string; quoted: string } {
  const lines = classifiedLines(text);
  keepPasted(lines);
  keepUnmarked(lines);
  keepMiddle(lines);
  return splitLines(lines);
}

const replySubject = /^\s*(?:re|aw|antw|sv|vs|odp|rif|res|ynt|回复|答复|返信)\s*(?:\[\d+\]\s*)?[:：]/i;

/** Whether a subject says that its mail is an answer, as mail programs begin them. */
export const isReplySubject = (subject: string): boolean => replySubject.test(subject);

const isDashes = (kind: number): boolean => kind === Kind.rule || kind === Kind.signature;

/** A copied head that nothing announces is a part of the text, and so is an announcement without a head. */
function keepPasted(lines: Lines): void {
  for (let at = 0; at < lines.count; at++) {
    if (kindAt(lines, at) !== Kind.separator) continue;
    let head = at;
    while (kindAt(lines, head) === Kind.separator && isSeparator(textAt(lines, head))) head++;
    let end = head;
    while (kindAt(lines, end) === Kind.separator) end++;
    const isAnnounced = head > at || kindAt(lines, at - 1) === Kind.rule;
    if (!isAnnounced || end === head) lines.kind.fill(Kind.written, at, end);
    at = end - 1;
  }
}

/** "Jane wrote:" is folded with marked lines below it, and with nothing else. */
function keepUnmarked(lines: Lines): void {
  for (let at = lines.count - 1; at >= 0; at--) {
    const [kind, below] = [kindAt(lines, at), kindAt(lines, at + 1)];
    const announces = kind === Kind.attribution || kind === Kind.remark;
    if (announces && below !== Kind.quote && below !== kind) lines.kind[at] = Kind.written;
  }
}

/** Dashes and footers above more of the text are in its middle; between two lines of dashes stands something pasted. */
function keepMiddle(lines: Lines): void {
  // Below a copied head all is the copied mail.
  const head = lines.kind.indexOf(Kind.separator);
  const last = lines.kind.lastIndexOf(Kind.written, (head < 0 ? lines.count : head) - 1);
  const dashes = [...lines.kind.keys()].filter(
    (at) => isDashes(kindAt(lines, at)) && kindAt(lines, at + 1) !== Kind.separator,
  );
  const [only, ...others] = dashes;
  const isSignature = only !== undefined && others.length === 0 && signatureEnd(lines, only) > last;
  if (!isSignature) for (const at of dashes) lines.kind[at] = Kind.written;
  for (let at = 0; at < last; at++) if (kindAt(lines, at) === Kind.footer) lines.kind[at] = Kind.written;
}
