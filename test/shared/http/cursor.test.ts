import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Problem } from '../../../shared/core/problem.ts';
import { decodeCursor, encodeCursor } from '../../../shared/http/cursor.ts';
import { pageOf } from '../../../shared/http/page.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const position = fc.array(
  text.filter((part) => part !== ''),
  { minLength: 1, maxLength: 3 },
);

function isRefused(scope: string, cursor: string): boolean {
  try {
    decodeCursor(scope, cursor);
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    expect((error as Problem).kind).toBe('invalid-request');
    expect((error as Problem).extensions).toEqual({
      errors: [{ path: 'cursor', code: 'not-allowed', message: expect.any(String) }],
    });
    return true;
  }
}

describe('a cursor', () => {
  test('leads back to the place it was made of', () => {
    fc.assert(
      fc.property(text, position, (scope, place) => {
        expect(decodeCursor(scope, encodeCursor(scope, place))).toEqual(place);
      }),
    );
  });

  test('can stand in an address as it is', () => {
    fc.assert(
      fc.property(text, position, (scope, place) => {
        expect(encodeCursor(scope, place)).toMatch(/^[A-Za-z0-9_-]+$/);
      }),
    );
  });

  test('is refused with one character changed, anywhere', () => {
    fc.assert(
      fc.property(text, position, fc.nat(), fc.nat({ max: 63 }), (scope, place, at, by) => {
        const cursor = encodeCursor(scope, place);
        const index = at % cursor.length;
        const other = alphabet[by]!;
        fc.pre(other !== cursor[index]);
        expect(isRefused(scope, cursor.slice(0, index) + other + cursor.slice(index + 1))).toBe(true);
      }),
    );
  });

  test('is refused where something was cut off or added', () => {
    fc.assert(
      fc.property(position, fc.nat(), text, (place, cut, added) => {
        const cursor = encodeCursor('list', place);
        expect(isRefused('list', cursor.slice(0, cut % cursor.length))).toBe(true);
        fc.pre(added !== '');
        expect(isRefused('list', cursor + added)).toBe(true);
        expect(isRefused('list', added + cursor)).toBe(true);
      }),
    );
  });

  test('of one list is refused by every other', () => {
    fc.assert(
      fc.property(text, text, position, (scope, other, place) => {
        fc.pre(scope !== other);
        expect(isRefused(other, encodeCursor(scope, place))).toBe(true);
      }),
    );
  });

  test('that is anything but one is refused, and nothing breaks', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (cursor) => isRefused('list', cursor)));
    for (const cursor of ['', '=', 'AAAA', `${encodeCursor('list', ['x'])}=`, '../../etc', '%00']) {
      expect(isRefused('list', cursor)).toBe(true);
    }
  });
});

describe('a page', () => {
  const items = Array.from({ length: 7 }, (_, n) => `item ${n}`);
  const read = async ({ limit, after }: { limit: number; after: string[] | undefined }) => {
    const start = after ? Number(after[0]) : 0;
    const next = start + limit;
    return { items: items.slice(start, next), next: next <= items.length ? [String(next)] : null };
  };

  test('says where the next one begins, until there is none', async () => {
    const first = await pageOf({ limit: 4 }, 'list', read);
    expect(first.items).toEqual(items.slice(0, 4));
    const second = await pageOf({ limit: 4, cursor: first.nextCursor! }, 'list', read);
    expect(second).toEqual({ items: items.slice(4), nextCursor: null });
  });

  test('is not read where the cursor is another list’s', async () => {
    const { nextCursor } = await pageOf({ limit: 4 }, 'list', read);
    await expect(
      pageOf({ limit: 4, cursor: nextCursor! }, 'other', () => Promise.reject(new Error('Read'))),
    ).rejects.toThrow(Problem);
  });
});
