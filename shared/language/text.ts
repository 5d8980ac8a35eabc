import type { Language } from './languages.ts';
import { IntlMessageFormat } from 'intl-messageformat';
import { type Key, messages } from './messages.ts';

/** What a text's placeholders stand for; a function words what stands between its tags: `<link>…</link>`. */
export type Values = Record<string, string | number | Date | ((words: string[]) => string)>;

const parsed = new Map<string, IntlMessageFormat>();

/**
 * A text in a language: mails, pages, documents and refusals alike.
 * The values are inserted as they are: who writes HTML escapes.
 * @throws Error where a placeholder has no value
 */
export function text(language: Language, key: Key, values: Values = {}): string {
  const id = `${language}:${key}`;
  const message = parsed.get(id) ?? new IntlMessageFormat(messages[language][key], language);
  parsed.set(id, message);
  const tags = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'function' ? (words: unknown[]) => value(words.map(String)) : value,
  ]);
  return [message.format<string>(Object.fromEntries(tags))].flat().join('');
}
