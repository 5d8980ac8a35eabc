import { expect, test } from 'vitest';
import { acceptedTags, firstSpoken, spoken } from '../../../shared/language/choose.ts';

test.each([
  ['de', 'de'],
  ['de-AT', 'de'],
  ['DE-ch', 'de'],
  ['en-GB', 'en'],
  ['fr', undefined],
  ['', undefined],
  ['dex', undefined],
  ['__proto__', undefined],
  [undefined, undefined],
  [null, undefined],
])('%s is spoken as %s', (tag, language) => expect(spoken(tag)).toBe(language));

test('the first that is spoken is taken, and English where none is', () => {
  expect(firstSpoken(undefined, 'fr', 'de-AT', 'en')).toBe('de');
  expect(firstSpoken('fr', null)).toBe('en');
});

test.each([
  ['de-AT,de;q=0.9,en;q=0.8', ['de-AT', 'de', 'en']],
  ['en;q=0.1, de ; q=0.7', ['de', 'en']],
  ['de;q=0, en', ['en']],
  ['de;q=x, en', ['en']],
  ['', []],
  [undefined, []],
  [`${'x,'.repeat(100_000)}de`, Array.from({ length: 250 }, () => 'x')],
])('a browser that says %.40s would like %.40s', (header, tags) =>
  expect(acceptedTags(header)).toEqual(tags),
);
