import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { everyRoute } from '../../../../functions/routes.ts';
import { fieldCodes, type FieldError, type Problem } from '../../../../shared/core/problem.ts';
import { routeKey } from '../../../../shared/http/route.ts';
import { day, email, instant, moneyFrom, permissionList } from '../../../../shared/http/schemas.ts';
import { validate } from '../../../../shared/http/fields/validate.ts';

function errorsOf(schema: z.ZodType | undefined, value: unknown): FieldError[] {
  try {
    validate(schema, value);
    return [];
  } catch (error) {
    expect((error as Problem).kind).toBe('invalid-request');
    return (error as Problem).extensions['errors'] as FieldError[];
  }
}

const line = z.strictObject({ years: z.int().min(1).max(10), note: z.string().min(2).max(3).optional() });
const shape = z.strictObject({ a: z.unknown() });

describe('what is wrong with a field', () => {
  test.each<[z.ZodType, unknown, string, string]>([
    [z.string(), undefined, 'required', 'is required'],
    [email, undefined, 'required', 'is required'],
    [z.enum(['x', 'y']), undefined, 'required', 'is required'],
    [z.union([z.string(), z.number()]), undefined, 'required', 'is required'],
    [z.string(), 5, 'wrong-type', 'must be text'],
    [z.string(), null, 'wrong-type', 'must be text'],
    [z.int(), '5', 'wrong-type', 'must be a number'],
    [z.int(), 1.5, 'wrong-type', 'must be a whole number'],
    [z.boolean(), 'yes', 'wrong-type', 'must be true or false'],
    [z.array(z.string()), 'abc', 'wrong-type', 'must be a list'],
    [z.array(z.string()).max(2), 'abc', 'wrong-type', 'must be a list'],
    [shape, [], 'wrong-type', 'must be an object'],
    [z.coerce.number(), 'five', 'wrong-type', 'must be a number'],
    [z.int().min(1), 0, 'out-of-range', 'must be at least 1'],
    [z.int().max(10), 11, 'out-of-range', 'must be at most 10'],
    [moneyFrom(0).shape.amount, -1, 'out-of-range', 'must be at least 0'],
    [z.string().min(1), '', 'too-short', 'must not be empty'],
    [z.string().min(3), 'ab', 'too-short', 'must have at least 3 characters'],
    [z.string().max(3), 'abcd', 'too-long', 'must have at most 3 characters'],
    [z.array(z.int()).max(2), [1, 2, 3], 'too-long', 'must have at most 2 entries'],
    [z.enum(['x', 'y']), 'z', 'not-allowed', 'must be one of: x, y'],
    [z.literal('x'), 'z', 'not-allowed', 'must be x'],
    [email, 'nobody', 'wrong-format', 'must be an e-mail address'],
    [day, '2026-02-30', 'wrong-format', 'must be a day such as 2026-02-28'],
    [day, '1999-01-01', 'out-of-range', 'must be a day of this century or the next'],
    [instant, 'noon', 'wrong-format', 'must be a time such as 2026-02-28T12:00:00Z'],
    [permissionList, ['tickets', 'tickets'], 'duplicate', 'must not name a permission twice'],
    [z.union([z.string(), shape]), 5, 'wrong-type', 'must be text or an object'],
  ])('is said by a code and in words: case %#', (schema, value, code, message) => {
    const body = z.strictObject({ field: schema });
    const given = value === undefined ? {} : { field: value };
    expect(errorsOf(body, given)).toEqual([{ path: 'field', code, message }]);
  });
});

describe('the path of a fault', () => {
  test('is the innermost', () => {
    const body = z.strictObject({ renewals: z.array(line) });
    expect(errorsOf(body, { renewals: [{ years: 11 }, { years: 1, note: 'long', other: 1 }] })).toEqual([
      { path: 'renewals.0.years', code: 'out-of-range', message: 'must be at most 10' },
      { path: 'renewals.1.note', code: 'too-long', message: 'must have at most 3 characters' },
      { path: 'renewals.1.other', code: 'unknown-field', message: 'is not a field of this request' },
    ]);
  });

  test('is within the shape that a value was meant to have', () => {
    const wide = z.strictObject({ kind: z.literal('wide'), width: z.int() });
    const body = z.strictObject({ of: z.union([z.string().max(2), line, z.array(line), wide]) });
    const errors = (of: unknown) => errorsOf(body, { of }).map(({ path, code }) => [path, code]);
    expect(errors('abc')).toEqual([['of', 'too-long']]);
    expect(errors({ years: 0 })).toEqual([['of.years', 'out-of-range']]);
    expect(errors([{ years: 1 }, { years: 0 }])).toEqual([['of.1.years', 'out-of-range']]);
    expect(errors(true)).toEqual([['of', 'wrong-type']]);
  });

  test('is that of the field by which a shape is chosen', () => {
    const one = z.strictObject({ kind: z.literal('one'), a: z.int() });
    const two = z.strictObject({ kind: z.literal('two'), b: z.int() });
    const body = z.strictObject({ of: z.discriminatedUnion('kind', [one, two]) });
    expect(errorsOf(body, { of: { kind: 'three' } })).toEqual([
      { path: 'of.kind', code: 'not-allowed', message: 'must be one of: one, two' },
    ]);
    expect(errorsOf(body, { of: {} })).toEqual([
      { path: 'of.kind', code: 'required', message: 'is required' },
    ]);
    expect(errorsOf(body, { of: { kind: 'two', b: 'x' } })).toMatchObject([{ path: 'of.b' }]);
  });

  test('names each field of a request that takes none', () => {
    expect(errorsOf(undefined, { a: 1, b: 2 }).map(({ path, code }) => [path, code])).toEqual([
      ['a', 'unknown-field'],
      ['b', 'unknown-field'],
    ]);
    expect(errorsOf(undefined, {})).toEqual([]);
  });
});

const scalars = [undefined, null, true, 5, -1, 1.5, 1e20, '', 'x', 'x y', 'x'.repeat(100_000)];
/** Values of every type, and of sizes that nothing takes. */
const odd: unknown[] = [...scalars, [], [1], ['x'], [{}], {}];
const taking = everyRoute.filter((route) => route.body ?? route.query);

test.each(taking.map((route) => ({ name: routeKey(route), route })))(
  '$name says what it allows in plain words, whatever it is sent',
  ({ route }) => {
    for (const schema of [route.body, route.query]) {
      if (!schema) continue;
      const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
      const values = Object.keys(properties).flatMap((field) => odd.map((each) => ({ [field]: each })));
      for (const { path, code, message } of [...values, ...odd].flatMap((value) => errorsOf(schema, value))) {
        expect(fieldCodes).toContain(code);
        expect(message, path).not.toMatch(
          /invalid|expected|received|too (big|small)|unrecognized|pattern|NaN|undefined|documented/i,
        );
      }
    }
  },
);
