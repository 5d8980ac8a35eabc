/** Line breaks and other controls, which would end a header of a mail or a line of a log. */
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u;
/**
 * What turns the direction of writing or has no width: it lets a text show as another. Joiners stay, as languages and
 * emoji need them.
 */
const deceptive = /[\u061c\u200b\u200e\u200f\u2060-\u206f\u202a-\u202e\ufeff\ufff9-\ufffb]/u;
/** In a name nothing invisible has a place, but for the selector that makes a sign an emoji. */
const invisible = /[\p{Cc}\p{Cf}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2028\u2029\u3164\uffa0]/u;
/** A mail program could make a link of it: not of `Dr.Newton`, but of `evil.shop`. */
const linkable = /:\/\/|[.\u3002]\p{Ll}{2,}|\bwww[.\u3002]|\d+\.\d+\.\d+\.\d+/u;
/** People without a name are called by their mail address, which leads to a mailbox alone. */
const mailAddress = /^[^\s@/\\]+@[^\s@/\\]+$/;

const everyControl = new RegExp(`${controls.source}+`, 'gu');
const everyDeceptive = new RegExp(deceptive.source, 'gu');
const everyInvisible = new RegExp(invisible.source, 'gu');

/** Why a text is no plain line, such as the subject of a mail; null if it is one. */
export function faultOfLine(text: string): string | null {
  if (controls.test(text)) return 'must be one line without control characters';
  if (deceptive.test(text))
    return 'must not have invisible characters, or such that turn the direction of writing';
  return null;
}

/** Why a text is no name; null if it is one. A name appears in the portal's own mails: it must not deceive or lead anywhere. */
export function faultOfName(name: string): string | null {
  if (invisible.test(name)) return 'must be one line without control, invisible or bidirectional characters';
  return leadsSomewhere(name) && !mailAddress.test(name) ? 'must not be a web address' : null;
}

function leadsSomewhere(text: string): boolean {
  return linkable.test(text.normalize('NFKC'));
}

/** A text that came by mail as a plain line: what may not be in one is left out. */
export function plainLine(text: string, longest: number): string {
  const plain = text
    .slice(0, 4 * longest)
    .replace(everyControl, ' ')
    .replace(everyDeceptive, '');
  return shortened(plain, longest);
}

/** A name that came by mail as a name: what may not be in one is left out, and nothing may be left. */
export function plainName(text: string, longest: number): string {
  const plain = text
    .slice(0, 4 * longest)
    .replace(everyControl, ' ')
    .replace(everyInvisible, '')
    .trim();
  if (faultOfName(plain) === null) return shortened(plain, longest);
  const words = plain.split(/\s+/).filter((word) => !leadsSomewhere(word));
  return shortened(words.join(' '), longest);
}

function shortened(text: string, longest: number): string {
  return text.trim().slice(0, longest).trimEnd().toWellFormed();
}
