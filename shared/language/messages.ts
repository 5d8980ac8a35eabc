import deDocuments from '../../languages/de/documents.json' with { type: 'json' };
import deMails from '../../languages/de/mails.json' with { type: 'json' };
import dePages from '../../languages/de/pages.json' with { type: 'json' };
import deWords from '../../languages/de/words.json' with { type: 'json' };
import enDocuments from '../../languages/en/documents.json' with { type: 'json' };
import enMails from '../../languages/en/mails.json' with { type: 'json' };
import enPages from '../../languages/en/pages.json' with { type: 'json' };
import enWords from '../../languages/en/words.json' with { type: 'json' };

import type { Language } from './languages.ts';

const en = { ...enDocuments, ...enMails, ...enPages, ...enWords };

/** The name of a text. English has all of them. */
export type Key = keyof typeof en;

const de: Record<Key, string> = { ...deDocuments, ...deMails, ...dePages, ...deWords };

/** Every text of every language in ICU message syntax. A new language is a folder, its tag, and a line here. */
export const messages: Record<Language, Record<Key, string>> = { en, de };

export const isKey = (name: string): name is Key => Object.hasOwn(en, name);
