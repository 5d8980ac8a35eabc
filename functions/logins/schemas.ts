import * as z from 'zod';
import { isTimeZone } from '../../shared/core/day.ts';
import { email, emailPreferences, languageTag, personName } from '../../shared/http/schemas.ts';

const password = z.string().min(1).max(256);

export const invitation = z.object({
  accountName: z.string(),
  email: z.string(),
  role: z.enum(['owner', 'sub-account']),
  permissions: z.array(z.object({ key: z.string(), label: z.string() })),
  expiresAt: z.string(),
  /** The login is new or unproven: accepting it takes a password. */
  passwordRequired: z.boolean(),
});

export const acceptInvitation = z.strictObject({
  name: personName.optional(),
  password: password.optional(),
});

export const accepted = z.object({ email: z.string(), signInUrl: z.string() });

export const signInHelp = z.strictObject({ email });

export const changeMe = z
  .strictObject({
    name: personName.optional(),
    language: languageTag.optional(),
    /** One's own mail switches; those that are left out stay. */
    memberships: z
      .array(
        z.strictObject({
          accountId: z.string().max(64),
          emailPreferences: z.strictObject(emailPreferences.partial().shape),
        }),
      )
      .min(1)
      // A transaction has room for so many.
      .max(10)
      .refine(
        (parts) => new Set(parts.map(({ accountId }) => accountId)).size === parts.length,
        'must not name an account twice',
      )
      .optional(),
    timeZone: z.string().max(60).refine(isTimeZone, 'must be a time zone such as Europe/London').optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'must change something');

export const user = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  language: z.string(),
  timeZone: z.string().nullable(),
  proven: z.boolean(),
  /** The mail switches in the accounts that a change named. */
  memberships: z.array(z.object({ accountId: z.string(), emailPreferences })).optional(),
});

export const changePassword = z.strictObject({ current: password, new: password });
