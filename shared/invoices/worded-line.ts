import type { Account } from '../accounts/people.ts';
import { firstSpoken } from '../language/choose.ts';
import type { Phrase } from '../language/phrase.ts';
import { text } from '../language/text.ts';
import type { NewLine } from './invoice.ts';

/** A line in words of ours, which an invoice says in the language of whoever it is given to. */
export type WordedLine = Omit<NewLine, 'description'> & { words: Phrase };

export function wordedLine({ words, ...line }: WordedLine, { language }: Pick<Account, 'language'>): NewLine {
  return { ...line, description: said(words, { language }) };
}

/** Words of ours in an account's language. */
export function said({ key, values }: Phrase, { language }: Pick<Account, 'language'>): string {
  return text(firstSpoken(language), key, values);
}
