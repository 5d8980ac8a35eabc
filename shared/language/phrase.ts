import type { Language } from './languages.ts';
import { isKey, type Key } from './messages.ts';
import { text } from './text.ts';

/** Words that are said in the language of whoever reads them: a row keeps the phrase, not the words. */
export interface Phrase {
  key: Key;
  values?: Record<string, string | number>;
}

/** The phrases in a language, by name. One whose key this release does not know is left out. */
export function worded(
  language: Language,
  phrases: Record<string, Phrase | Phrase[]>,
): Record<string, string | string[]> {
  const said = ({ key, values }: Phrase) => text(language, key, values);
  const known = Object.entries(phrases).filter(([, phrase]) =>
    [phrase].flat().every(({ key }) => isKey(key)),
  );
  return Object.fromEntries(
    known.map(([name, phrase]) => [name, Array.isArray(phrase) ? phrase.map(said) : said(phrase)]),
  );
}
