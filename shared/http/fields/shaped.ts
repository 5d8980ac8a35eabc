import type * as z from 'zod';

/**
 * An answer by its schema: fields that it does not declare are dropped. A status or key that a newer release wrote into a row
 * passes as it is: this release does not know it, and that is no failure.
 */
export function shaped(schema: z.ZodType, body: unknown): unknown {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const unknown = parsed.error.issues.flatMap((issue) => {
    const value = issue.code === 'invalid_value' ? at(body, issue.path) : undefined;
    return typeof value === 'string' && issue.code === 'invalid_value'
      ? [{ path: issue.path, value, known: issue.values[0] }]
      : [];
  });
  if (unknown.length < parsed.error.issues.length) throw parsed.error;
  const readable: unknown = structuredClone(body);
  for (const { path, known } of unknown) put(readable, path, known);
  const answer = schema.parse(readable);
  for (const { path, value } of unknown) put(answer, path, value);
  return answer;
}

type Path = readonly PropertyKey[];

function at(value: unknown, path: Path): unknown {
  return path.reduce((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

function put(value: unknown, path: Path, inner: unknown): void {
  const holder = at(value, path.slice(0, -1)) as Record<PropertyKey, unknown>;
  holder[path.at(-1)!] = inner;
}
