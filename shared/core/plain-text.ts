/** Line breaks and other controls, which would end a header of a mail or a line of a log. */
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u;
/**
 * What turns the direction of writing or has no width: it lets a text show as another. Joiners stay, as languages and
 * emoji need them.
 */
const deceptive = /[\u061c\u200b\u200e\u200f\u2060-\u206f\u202a-\u202e\ufeff\ufff9-\ufffb]/u;

/** Every run of them. */
export const everyControl = new RegExp(`${controls.source}+`, 'gu');
const everyDeceptive = new RegExp(deceptive.source, 'gu');

/** Why a text is no plain line, such as the subject of a mail; null if it is one. */
export function faultOfLine(text: string): string | null {
  if (controls.test(text)) return 'must be one line without control characters';
  if (deceptive.test(text))
    return 'must not have invisible characters, or such that turn the direction of writing';
  return null;
}

/** A text that came by mail as a plain line: what may not be in one is left out. */
export function plainLine(text: string, longest: number): string {
  const plain = text
    .slice(0, 4 * longest)
    .replace(everyControl, ' ')
    .replace(everyDeceptive, '');
  return shortened(plain, longest);
}

/** A text of this length at most, whole characters alone. */
export function shortened(text: string, longest: number): string {
  return text.trim().slice(0, longest).trimEnd().toWellFormed();
}
