import type { Language } from '../language/languages.ts';
import type { Key } from '../language/messages.ts';
import { text } from '../language/text.ts';
import type { Template } from './templates.ts';

/** A mail before it is in a language: both forms of a part are made from the same text. */
export interface Layout {
  subject: Key | { liquid: string };
  parts: Part[];
}

type Part = (words: Words) => { text: string; html: string };

/** The text of a key in some language, its placeholders as Liquid's. */
type Words = (key: Key, tags: Record<'b' | 'link', (words: string[]) => string>) => string;

const plain = { b: (words: string[]) => words.join(''), link: (words: string[]) => words.join('') };

/** A paragraph. Where it leads somewhere, the address follows in the text, and its words between `<link>` lead there. */
export const say =
  (key: Key, address?: string): Part =>
  (words) => ({
    text: `${words(key, plain)}\n${address === undefined ? '' : `{{ ${address} }}\n`}\n`,
    html: `<p>${words(key, {
      b: (inner) => `<b>${inner.join('')}</b>`,
      link: (inner) => `<a href="{{ ${address} }}">${inner.join('')}</a>`,
    })}</p>\n`,
  });

/** The entries of a placeholder that is a list. */
export const list =
  (name: string): Part =>
  () => ({
    text: `{% for entry in ${name} %}  - {{ entry }}\n{% endfor %}\n`,
    html: `<ul>{% for entry in ${name} %}<li>{{ entry }}</li>{% endfor %}</ul>\n`,
  });

/** A paragraph whose placeholder is a list: its entries stand one after the other, or the word for none. */
export const oneLine =
  (key: Key, name: string, none: Key): Part =>
  (words) => {
    const entries = `{% if ${name}.size == 0 %}${words(none, plain)}{% else %}{{ ${name} | join: ', ' }}{% endif %}`;
    const { text, html } = say(key)(words);
    const whole = `{{ ${name} }}`;
    return { text: text.replace(whole, () => entries), html: html.replace(whole, () => entries) };
  };

/** What somebody wrote, with its lines. */
export const quote =
  (name: string): Part =>
  () => ({ text: `{{ ${name} }}\n\n`, html: `{{ ${name} | paragraphs }}\n` });

/** The names of the files that came with it. */
export const attachments: Part = (words) => {
  const attached = words('mail.attached', plain);
  return {
    text: `{% for file in attachments %}${attached}\n{% endfor %}\n`,
    html: `{% for file in attachments %}<p>${attached}</p>\n{% endfor %}`,
  };
};

const nothing: Part = () => ({ text: '', html: '' });

/** A part for where the placeholder has something, and one for where it is empty. */
export const given =
  (name: string, part: Part, otherwise = nothing): Part =>
  (words) => {
    const [there, empty] = [part(words), otherwise(words)];
    const either = (some: string, none: string) =>
      `{% if ${name} != "" %}${some}${none && `{% else %}${none}`}{% endif %}`;
    return { text: either(there.text, empty.text), html: either(there.html, empty.html) };
  };

/** The mail in a language as the template that staff would write. */
export function templateOf(
  { subject, parts }: Layout,
  placeholders: readonly string[],
  language: Language,
): Template {
  const values = Object.fromEntries([...placeholders, 'file'].map((name) => [name, `{{ ${name} }}`]));
  const words: Words = (key, tags) => text(language, key, { ...values, ...tags });
  const made = parts.map((part) => part(words));
  return {
    subject: typeof subject === 'string' ? words(subject, plain) : subject.liquid,
    text: `${made
      .map((part) => part.text)
      .join('')
      .trimEnd()}\n`,
    html: made
      .map((part) => part.html)
      .join('')
      .trimEnd(),
  };
}
