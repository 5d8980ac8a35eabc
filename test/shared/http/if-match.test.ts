import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Problem } from '../../../shared/core/problem.ts';
import { requireMatch } from '../../../shared/http/request.ts';

function matches(ifMatch: string | null, version: string): boolean {
  try {
    requireMatch({ ifMatch }, version);
    return true;
  } catch (error) {
    expect((error as Problem).kind).toBe('stale-version');
    return false;
  }
}

const version = fc.stringMatching(/^[A-Za-z0-9]{12}$/);
const tag = (text: string, weak: boolean) => `${weak ? 'W/' : ''}"${text}"`;

describe('If-Match', () => {
  test.each([
    ['nothing', null],
    ['any version', '*'],
    ['the version', '"abc"'],
    ['the version as a weak one', 'W/"abc"'],
    ['the version without its quotes', 'abc'],
    ['the version among others', '"x", "abc", "y"'],
    ['the version among weak ones, without blanks', 'W/"x",W/"abc"'],
    ['the version with blanks around it', '  "abc"  '],
  ])('that names %s lets the request through', (_, header) => {
    expect(matches(header, 'abc')).toBe(true);
  });

  test.each([
    ['another version', '"abd"'],
    ['the version in other letters', '"ABC"'],
    ['a part of the version', '"ab"'],
    ['the version and more', '"abcd"'],
    ['several others', '"x", W/"y"'],
    ['an empty one', '""'],
    ['nothing at all', ''],
    ['a star among quotes', '"*"'],
  ])('that names %s is refused', (_, header) => {
    expect(matches(header, 'abc')).toBe(false);
  });

  test('matches where one of its versions does, and only then', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(version, fc.boolean()), { minLength: 1 }),
        version,
        fc.boolean(),
        (tags, own, has) => {
          const listed = has ? [...tags, [own, false] as const] : tags.filter(([text]) => text !== own);
          fc.pre(listed.length > 0);
          const header = listed.map(([text, weak]) => tag(text, weak)).join(', ');
          expect(matches(header, own)).toBe(has);
        },
      ),
    );
  });
});
