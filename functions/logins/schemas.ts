import * as z from 'zod';
import { isTimeZone } from '../../shared/core/day.ts';
import { email, personName } from '../../shared/http/schemas.ts';

const password = z.string().min(1).max(256);

export const invitation = z.object({
  accountName: z.string(),
  email: z.string(),
  role: z.enum(['owner', 'sub-account', 'staff']),
  /** What it opens in the account; for staff, their roles. */
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
    language: z
      .string()
      .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language tag such as en or de')
      .max(35)
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
});

export const changePassword = z.strictObject({ current: password, new: password });
