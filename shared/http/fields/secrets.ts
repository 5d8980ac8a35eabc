import * as z from 'zod';

const secrets = z.registry<Record<string, never>>();

/** What only the first answer to a POST has, such as a presigned link: it is not stored, and null in a repeat. */
export function secret<T extends z.ZodType>(schema: T): z.ZodNullable<T> {
  const marked = schema.nullable().describe('Null in the answer to a repeated request');
  secrets.add(marked, {});
  return marked;
}

/** A value of this schema with null for each secret. */
export function withoutSecrets(schema: z.core.$ZodType, value: unknown): unknown {
  if (secrets.has(schema)) return null;
  if (Array.isArray(value) && schema instanceof z.ZodArray) {
    return value.map((item) => withoutSecrets(schema.element, item));
  }
  if (typeof value !== 'object' || value === null) return value;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) {
    return withoutSecrets(schema.unwrap(), value);
  }
  if (schema instanceof z.ZodUnion) {
    const branch = schema.options.find((option) => z.safeParse(option, value).success);
    return branch ? withoutSecrets(branch, value) : value;
  }
  if (!(schema instanceof z.ZodObject)) return value;
  const shape = schema.shape as Record<string, z.core.$ZodType>;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => {
      const field = shape[name];
      return [name, field ? withoutSecrets(field, part) : part];
    }),
  );
}
