import { languages } from '../../../shared/language/languages.ts';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, test } from 'vitest';
import { fieldNames, profileFields } from '../../../functions/accounts/profile-fields.ts';
import { staffRoleKeys, staffRoles } from '../../../shared/access/staff.ts';
import { permissions } from '../../../shared/access/permissions.ts';
import { type Key, messages } from '../../../shared/language/messages.ts';
import { text } from '../../../shared/language/text.ts';
import { root, sourcesIn } from '../../structure/sources.ts';

type Element = ReturnType<IntlMessageFormat['getAst']>[number];

/** The names in a message: of its placeholders, and of its tags in `<>`. */
function namesIn(elements: readonly Element[]): string[] {
  return elements.flatMap((element) => {
    const inner = [
      ...('children' in element ? namesIn(element.children) : []),
      ...('options' in element ? Object.values(element.options).flatMap(({ value }) => namesIn(value)) : []),
    ];
    const isTag = 'children' in element;
    // Words are an element of type 0.
    const type: number = element.type;
    const isValue = type !== 0 && 'value' in element && typeof element.value === 'string';
    return [...(isTag ? [`<${element.value}>`] : isValue ? [element.value] : []), ...inner];
  });
}

const namesOf = (message: string) =>
  [...new Set(namesIn(new IntlMessageFormat(message).getAst()))].toSorted();

const english = Object.entries(messages.en);
const others = languages.filter((language) => language !== 'en');

describe('the languages', () => {
  test('are the folders of languages/', () => {
    expect(readdirSync(join(root, 'languages')).toSorted()).toEqual(languages.toSorted());
  });

  test.each(others)('%s has every text, and no other', (language) => {
    expect(Object.keys(messages[language]).toSorted()).toEqual(Object.keys(messages.en).toSorted());
  });

  test.each(others)('%s has the placeholders that English has', (language) => {
    const found = Object.entries(messages[language]).map(([key, message]) => [key, namesOf(message)]);
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(english.map(([key, message]) => [key, namesOf(message)])),
    );
  });

  test('have no text that no code says', () => {
    const code = ['shared', 'functions', 'infra'].flatMap(sourcesIn);
    const said = code.map((source) => source.text).join('\n');
    const isSaid = (key: string) => {
      const family = key.slice(0, key.lastIndexOf('.') + 1);
      return said.includes(`'${key}'`) || said.includes(`\`${family}\${`);
    };
    expect(english.map(([key]) => key).filter((key) => !isSaid(key))).toEqual([]);
  });

  test('name permissions in English as the catalogue does', () => {
    for (const { key, label } of permissions) expect(text('en', `permission.${key}`)).toBe(label);
  });

  test('name roles of staff and fields of the profile in English as the code does', () => {
    for (const key of staffRoleKeys) expect(text('en', `role.${key}`)).toBe(staffRoles[key].label);
    for (const field of profileFields) expect(text('en', `profile.${field}`)).toBe(fieldNames[field]);
  });
});

describe('a text', () => {
  test('is in the language that was asked for, with its values', () => {
    const values = { email: 'nora@newco.test', accountName: 'Newco' };
    expect(text('en', 'page.invitation.offer', values)).toBe('nora@newco.test is invited to Newco, with:');
    expect(text('de', 'page.invitation.offer', values)).toBe(
      'nora@newco.test ist zu Newco eingeladen, mit diesen Rechten:',
    );
  });

  test('takes what people wrote as it is, tags and braces too', () => {
    const email = '{name} <b>x</b> <link>\' "';
    expect(text('en', 'page.accepted.signIn', { email })).toBe(`You can sign in with ${email} now.`);
  });

  test('leaves no placeholder unsaid', () => {
    expect(() => text('en', 'page.accepted.signIn')).toThrow('email');
  });

  test('passes what stands between its tags to whoever knows what they mean', () => {
    const link = (words: string[]) => `[${words.join('')}]`;
    expect(text('de', 'mail.accessGiven.accept' satisfies Key, { link })).toBe(
      '[Zugriff annehmen], innerhalb von 7 Tagen.',
    );
  });
});
