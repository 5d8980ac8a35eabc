import * as z from 'zod';
import { type FieldCode, fieldCodes, type FieldError, invalid } from '../../core/problem.ts';

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;
type UnionIssue = Extract<Issue, { code: 'invalid_union' }>;

/** The most faults that an answer names. */
const mostErrors = 20;
const nothing = z.strictObject({});
const anyShape = 'has none of the possible shapes';

/**
 * The value as its schema reads it; a request without a schema takes no fields.
 * @throws Problem `invalid-request` naming each invalid field
 */
export function validate(schema: z.ZodType | undefined, value: unknown): unknown {
  const result = (schema ?? nothing).safeParse(value, { error: messageOf, reportInput: true });
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap((issue) => fieldErrors(issue, []));
  throw invalid(firstOfEach(errors).slice(0, mostErrors));
}

/** A value of the wrong type fails other checks too, which say nothing more. */
function firstOfEach(errors: readonly FieldError[]): FieldError[] {
  const paths = new Set<string>();
  return errors.filter(({ path }) => !paths.has(path) && paths.add(path));
}

function fieldErrors(issue: Issue, above: readonly PropertyKey[]): FieldError[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...path, key].join('.'),
      code: 'unknown-field',
      message: 'is not a field of this request',
    }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) return unionErrors(issue, path);
  const code = codeOf(issue);
  // What is wrong with the name of a field in a map, such as a currency, is said by the rule for its names.
  const { message: fault } = issue.code === 'invalid_key' ? (issue.issues[0] ?? issue) : issue;
  const message = code === 'required' ? 'is required' : fault;
  return [{ path: path.join('.'), code, message }];
}

/** The faults within the branch that the value was meant for; where it fits none, what it may be. */
function unionErrors(issue: UnionIssue, path: readonly PropertyKey[]): FieldError[] {
  const ranked = issue.errors.toSorted(
    (a, b) => Number(isOfAnotherKind(a)) - Number(isOfAnotherKind(b)) || a.length - b.length,
  );
  const [closest = []] = ranked;
  if (!isOfAnotherKind(closest)) return closest.flatMap((inner) => fieldErrors(inner, path));
  const missing = issue.input === undefined;
  const kinds = issue.errors.flatMap((branch) => branch.slice(0, 1).map(({ message }) => message));
  const [first = anyShape, ...others] = [...new Set(kinds)];
  const allowed = [first, ...others.map((other) => other.replace(/^must be /, ''))].join(' or ');
  const own = issue.message === anyShape ? allowed : issue.message;
  return [
    {
      path: path.join('.'),
      code: missing ? 'required' : 'wrong-type',
      message: missing ? 'is required' : own,
    },
  ];
}

function isOfAnotherKind(issues: readonly Issue[]): boolean {
  return issues.some(
    ({ code, path }) => path.length === 0 && (code === 'invalid_type' || code === 'invalid_value'),
  );
}

function codeOf(issue: Issue): FieldCode {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'required' : 'wrong-type';
    case 'invalid_value':
      return issue.input === undefined ? 'required' : 'not-allowed';
    case 'invalid_union':
      return tagOf(issue) === undefined ? 'required' : 'not-allowed';
    case 'too_small':
      return isSize(issue.origin) ? 'too-short' : 'out-of-range';
    case 'too_big':
      return isSize(issue.origin) ? 'too-long' : 'out-of-range';
    case 'not_multiple_of':
      return 'out-of-range';
    case 'invalid_format':
    case 'invalid_key':
      return 'wrong-format';
    case 'custom':
      return ownCode(issue) ?? (typeof issue.input === 'string' ? 'wrong-format' : 'not-allowed');
    case 'invalid_element':
    case 'unrecognized_keys':
      return 'not-allowed';
  }
}

/** The value by which one branch of a union is chosen. */
function tagOf(issue: UnionIssue): unknown {
  const { discriminator, input } = issue as { discriminator?: string; input?: unknown };
  return (input as Record<string, unknown> | undefined)?.[discriminator ?? ''];
}

const isSize = (origin: string): boolean => ['string', 'array', 'set', 'map'].includes(origin);

/** The code that a schema's own check gives. */
function ownCode({ params }: Extract<Issue, { code: 'custom' }>): FieldCode | undefined {
  const code: unknown = params?.['code'];
  return fieldCodes.find((known) => known === code);
}

const kinds: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

const formats: Record<string, string> = {
  email: 'an e-mail address',
  date: 'a day such as 2026-02-28',
  datetime: 'a time such as 2026-02-28T12:00:00Z',
  url: 'a web address',
};

/** What is allowed, in plain words; a schema's own message goes before it. */
function messageOf(issue: RawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${kinds[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'too_small':
      return least(issue.origin, issue.minimum, issue.inclusive !== false);
    case 'too_big':
      return most(issue.origin, issue.maximum, issue.inclusive !== false);
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return `must be ${formats[issue.format] ?? 'in the documented format'}`;
    case 'invalid_key':
      return 'is no name that may stand here';
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue['options']) ? oneOf(issue['options']) : anyShape;
    case 'invalid_element':
    case 'unrecognized_keys':
    case 'custom':
      return 'is not allowed';
  }
}

function oneOf(values: readonly unknown[]): string {
  const texts = values.map((value) => (value === '' ? 'empty' : String(value)));
  return texts.length === 1 ? `must be ${texts[0]}` : `must be one of: ${texts.join(', ')}`;
}

const units: Record<string, string> = { string: 'characters', array: 'entries' };

function least(origin: string, minimum: number | bigint, inclusive: boolean): string {
  if (!isSize(origin)) return `must be ${inclusive ? 'at least' : 'more than'} ${minimum}`;
  return minimum === 1 ? 'must not be empty' : `must have at least ${minimum} ${units[origin] ?? 'entries'}`;
}

function most(origin: string, maximum: number | bigint, inclusive: boolean): string {
  if (!isSize(origin)) return `must be ${inclusive ? 'at most' : 'less than'} ${maximum}`;
  return `must have at most ${maximum} ${units[origin] ?? 'entries'}`;
}
