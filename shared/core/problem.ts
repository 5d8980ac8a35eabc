/** Every kind of problem: the last segment of the problem's type, its HTTP status and its title. */
export const problemKinds = {
  'invalid-request': { status: 400, title: 'The request is not valid' },
  unauthorized: { status: 401, title: 'Please sign in' },
  'permission-required': { status: 403, title: "You don't have access to this" },
  'delegation-limit': { status: 403, title: "You can't give or take what you don't hold" },
  'second-factor-required': { status: 403, title: 'This needs your second factor' },
  'staff-only': { status: 403, title: 'This is for the provider’s staff' },
  'role-required': { status: 403, title: 'Your roles do not include this' },
  'not-found': { status: 404, title: 'Not found' },
  conflict: { status: 409, title: "This can't be done now" },
  'access-changed': { status: 409, title: 'Your access has changed' },
  'login-exists': { status: 409, title: 'This person already has a login' },
  'email-taken': { status: 409, title: 'This address is already in use' },
  'summary-changed': { status: 409, title: 'The invoices have changed' },
  'price-changed': { status: 409, title: 'Prices have changed' },
  'recorded-before': { status: 409, title: 'This money was recorded before' },
  'payment-in-progress': { status: 409, title: 'A payment is under way' },
  'already-decided': { status: 409, title: 'This was already decided' },
  'idempotency-in-progress': { status: 409, title: 'The first request with this key is still running' },
  'stale-version': { status: 412, title: 'It has changed since you read it' },
  'too-large': { status: 413, title: 'Too large' },
  'idempotency-mismatch': { status: 422, title: 'This key was used for another request' },
  'given-back': { status: 409, title: 'Not so much is left to be given back' },
  'too-many-strangers': { status: 429, title: 'Too many new addresses for today' },
  'invitation-limit': { status: 429, title: 'This invitation was sent already' },
  'too-many-codes': { status: 429, title: 'Too many codes for today' },
  'too-busy': { status: 503, title: 'Too busy, please try again' },
  'try-again': { status: 503, title: 'Please try again in a moment' },
  'internal-error': { status: 500, title: 'Something went wrong' },
} as const;

export type ProblemKind = keyof typeof problemKinds;

/** What is wrong with a field, for programs: clients choose their own words by it. */
export const fieldCodes = [
  'required',
  'unknown-field',
  'wrong-type',
  'wrong-format',
  'too-short',
  'too-long',
  'out-of-range',
  'not-allowed',
  'not-found',
  'duplicate',
] as const;

export type FieldCode = (typeof fieldCodes)[number];

export interface FieldError {
  /** The innermost path of the field in the request: `renewals.0.years`. */
  path: string;
  code: FieldCode;
  /** Says what is allowed. */
  message: string;
}

/**
 * An expected failure, with a text for the user. `serve` turns it into an RFC 9457 answer.
 * `extensions` become members of the problem and must not contain data of another account.
 * `headers` go out with it, their names in lower case.
 */
export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly extensions: Record<string, unknown>;
  readonly headers: Record<string, string>;

  constructor(
    kind: ProblemKind,
    detail: string,
    extensions: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ) {
    super(detail);
    this.name = 'Problem';
    this.kind = kind;
    this.extensions = extensions;
    this.headers = headers;
  }
}

/** The header of a problem that passes by itself: a whole number of seconds, at least one. */
export function retryAfter(seconds: number): Record<string, string> {
  return { 'retry-after': String(Math.max(1, Math.ceil(seconds))) };
}

/** The answer is the same for what does not exist and for what belongs to another account. */
export function notFound(): Problem {
  return new Problem('not-found', 'There is nothing here, or you have no part in it.');
}

export function invalid(errors: FieldError[]): Problem {
  return new Problem('invalid-request', errors[0]?.message ?? 'The request is not valid.', { errors });
}

export function conflict(detail: string): Problem {
  return new Problem('conflict', detail);
}
