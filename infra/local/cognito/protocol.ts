/** An error for the client: AWS's name and message, as `__type` and `message` of an HTTP 400. */
export class CognitoError extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.name = 'CognitoError';
    this.type = type;
  }
}

/** The JSON object that came with a request, not yet checked. */
export type Input = Record<string, unknown>;

export interface Attribute {
  Name: string;
  Value: string;
}

export const invalidParameter = (message: string): CognitoError =>
  new CognitoError('InvalidParameterException', message);

export const notAuthorized = (message: string): CognitoError =>
  new CognitoError('NotAuthorizedException', message);

/** AWS names the members of a request in camel case when it complains about them. */
function complaint(name: string, rule: string): CognitoError {
  const member = name.charAt(0).toLowerCase() + name.slice(1);
  return invalidParameter(
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must ${rule}`,
  );
}

export function optionalText(input: Input, name: string): string | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw complaint(name, 'be a string');
  // AWS caps every member; one bound that no real value reaches keeps the state small here.
  if (value.length > 20_000) throw complaint(name, 'have length less than or equal to 20000');
  return value;
}

export function text(input: Input, name: string): string {
  const value = optionalText(input, name);
  if (value === undefined) throw complaint(name, 'not be null');
  if (value === '') throw complaint(name, 'have length greater than or equal to 1');
  return value;
}

export function flag(input: Input, name: string): boolean {
  const value = input[name] ?? false;
  if (typeof value !== 'boolean') throw complaint(name, 'be a boolean');
  return value;
}

/** A map of strings such as AuthParameters; a copy without prototype, as its keys come from outside. */
export function textMap(input: Input, name: string): Record<string, string> {
  const value = input[name] ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) throw complaint(name, 'be a map');
  const map: Record<string, string> = Object.create(null);
  for (const key of Object.keys(value)) {
    const item = optionalText(value as Input, key);
    if (item !== undefined) map[key] = item;
  }
  return map;
}

export function attributeList(input: Input, name: string): Attribute[] {
  const value = input[name] ?? [];
  if (!Array.isArray(value)) throw complaint(name, 'be a list');
  return value.map((item: unknown) => {
    if (typeof item !== 'object' || item === null) throw complaint(name, 'hold attributes only');
    return { Name: text(item as Input, 'Name'), Value: optionalText(item as Input, 'Value') ?? '' };
  });
}

/** Cuts one page out of a list; the token that leads to the next page is opaque, as AWS's is. */
export function page<T>(
  items: T[],
  limit: unknown,
  token: string | undefined,
): { items: T[]; next?: string } {
  const size = limit ?? 60;
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 0 || size > 60) {
    throw complaint('limit', 'have value between 0 and 60');
  }
  const start = token === undefined ? 0 : Number(Buffer.from(token, 'base64url').toString());
  if (!Number.isSafeInteger(start) || start < 0) throw invalidParameter('Invalid pagination token.');
  const end = start + (size === 0 ? 60 : size);
  const next = end < items.length ? { next: Buffer.from(String(end)).toString('base64url') } : {};
  return { items: items.slice(start, end), ...next };
}
