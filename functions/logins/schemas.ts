import * as z from 'zod';
import { isTimeZone } from '../../shared/core/day.ts';
import { personName } from '../../shared/http/fields/person-name.ts';
import { email, emailPreferences, languageTag, user } from '../../shared/http/schemas.ts';

const password = z.string().min(1).max(256);

export const invitation = z.object({
  accountName: z.string(),
  email: z.string(),
  role: z.enum(['owner', 'sub-account', 'staff']),
  /** What it opens in the account; for staff, their roles. */
  permissions: z.array(z.object({ key: z.string(), label: z.string() })),
  expiresAt: z.string(),
  /** When an owner becomes it, once it is accepted; null for everything else, which begins at once. */
  effectiveAt: z.string().nullable(),
  /** The login is new or unproven: accepting it takes a password. */
  passwordRequired: z.boolean(),
});

/** A change of a login's address, behind the link that stops it. */
export const addressChange = z.object({
  purpose: z.literal('address-change'),
  email: z.string(),
  newEmail: z.string(),
  /** Null until it is confirmed from the new address. */
  effectiveAt: z.string().nullable(),
});

export const stopped = z.object({ email: z.string(), stopped: z.literal(true), signInUrl: z.string() });

export const newAddress = z.strictObject({ email });

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

export const changedMe = user.extend({
  /** The mail switches in the accounts that a change named. */
  memberships: z.array(z.object({ accountId: z.string(), emailPreferences })).optional(),
});

const code = z.string().regex(/^\d{8}$/, 'must be the eight digits that were mailed');

export const mailedCode = z.strictObject({ code });

/** Both are null in the answer to a repeated request. */
export const newSecondFactor = z.object({
  /** For typing into an authenticator, in Base32. */
  secret: z.string().nullable(),
  /** The same as a link, for a QR code. */
  otpauthUri: z.string().nullable(),
});

export const confirmSecondFactor = z.strictObject({
  code,
  /** What the authenticator shows. */
  totp: z.string().regex(/^\d{6}$/, 'must be the six digits that the authenticator shows'),
});

export const changePassword = z.strictObject({ current: password, new: password });
