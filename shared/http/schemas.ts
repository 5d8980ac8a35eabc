import * as z from 'zod';
import { type Permission, permissionKeys } from '../access/permissions.ts';
import { isCurrency, largestAmount, percentagePattern } from '../core/money.ts';
import { faultOfLine } from '../core/plain-text.ts';
import { fieldCodes, type ProblemKind, problemKinds } from '../core/problem.ts';
import { mailKinds } from '../accounts/people.ts';

/** Schemas shared by several capabilities. Lengths are in characters. */

/** A text of these lengths, trimmed, in which a rule finds no fault. */
export const faultless = (max: number, faultOf: (text: string) => string | null) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .superRefine((text, found) => {
      const message = faultOf(text);
      if (message !== null) found.addIssue({ code: 'custom', message });
    });

/** One line of text, trimmed, that is safe in a mail header and shows as what it is. */
export const line = (max: number) => faultless(max, faultOfLine);

/** Text that may have several lines. */
export const text = (max: number) => z.string().trim().min(1).max(max);

/** A mail address without display name, quoting or line breaks. */
export const email = z.email().max(254);

/** BCP 47. */
export const languageTag = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language tag such as en or de')
  .max(35);

/** A postal address; every field is optional. */
export const addressFields = {
  line1: line(120).optional(),
  line2: line(120).optional(),
  city: line(80).optional(),
  region: line(80).optional(),
  postcode: line(20).optional(),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be a country code of two capital letters')
    .optional(),
};

/** RFC 3339 with an offset; use cases convert it to Unix seconds. */
export const instant = z.iso.datetime({ offset: true });

export const permission = z.enum(permissionKeys as [Permission, ...Permission[]]);

/** A list of permissions without repetitions. */
export const permissionList = z
  .array(permission)
  .max(permissionKeys.length)
  .refine((keys) => new Set(keys).size === keys.length, {
    message: 'must not name a permission twice',
    params: { code: 'duplicate' },
  });

/** Mail to an address came back for good. `reason`: type and subtype of the mail service's event, `Permanent/General`. */
export const emailBounced = z.object({ at: z.string(), reason: z.string() });

export const emailPreferences = z.object(
  Object.fromEntries(mailKinds.map((kind) => [kind, z.boolean()])) as Record<
    (typeof mailKinds)[number],
    z.ZodBoolean
  >,
);

export const listQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(25),
  cursor: z.string().max(1000).optional(),
};

/** A list without filters. */
export const plainListQuery = z.strictObject(listQuery);

export const listOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

export const actor = z.object({ kind: z.string(), id: z.string(), name: z.string() });

/** A calendar day of this century or the next. */
export const day = z.iso
  .date('must be a day such as 2026-02-28')
  .refine((text) => text >= '2000-01-01' && text < '2200', {
    message: 'must be a day of this century or the next',
    params: { code: 'out-of-range' },
  });

export const currency = z.string().refine(isCurrency, 'must be a currency of ISO 4217, such as GBP');

/** Money in an answer. */
export const money = z.object({ amount: z.int(), currency: z.string() });

/** Money in a request, between bounds in minor units. */
export const moneyFrom = (least: number, most = largestAmount) =>
  z.strictObject({ amount: z.int().min(least).max(most), currency });

/** A percentage as a decimal string. */
export const percentage = z.string().regex(percentagePattern, 'must be a percentage such as "17.5"');

/** The members of every problem; some kinds have more. */
export const problem = z.looseObject({
  type: z.string(),
  code: z.enum(Object.keys(problemKinds) as ProblemKind[]),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  requestId: z.string(),
  errors: z.array(z.object({ path: z.string(), code: z.enum(fieldCodes), message: z.string() })).optional(),
});

/** A login as its person reads it. */
export const user = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  /** BCP 47. */
  language: z.string(),
  /** IANA; null for the provider's. */
  timeZone: z.string().nullable(),
  /** Whether signing in takes a second factor that the portal knows. */
  secondFactor: z.boolean(),
  /** Whether the address was proven by something that was mailed to it. */
  proven: z.boolean(),
});
