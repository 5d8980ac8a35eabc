import * as z from 'zod';
import { personName } from '../../shared/http/fields/person-name.ts';
import {
  email,
  emailBounced,
  emailPreferences,
  instant,
  languageTag,
  permission,
  permissionList,
} from '../../shared/http/schemas.ts';

const phone = z
  .string()
  .trim()
  .regex(/^[+0-9 ().-]{3,30}$/, 'must be a telephone number');

export const contact = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  phone: z.string().nullable(),
  /** BCP 47; left out where it is not known. */
  language: z.string().optional(),
  emailPreferences,
  subAccount: z
    .object({
      status: z.enum(['invited', 'active', 'expired', 'inactive']),
      permissions: z.array(permission),
      expiresAt: z.string().nullable(),
      note: z.string().nullable(),
      lastSignInAt: z.string().nullable(),
    })
    .nullable(),
  /** While the access waits to be accepted: when its invitation was mailed last, and when it may be mailed again. */
  invitation: z.object({ sentAt: z.string().nullable(), nextAt: z.string().nullable() }).optional(),
  /** Mail of this account to this address came back for good, so none is sent any more. Staff see other accounts' too. */
  emailBounced: emailBounced.optional(),
  createdAt: z.string(),
});

const somePreferences = z.strictObject(emailPreferences.partial().shape);

/** Left out: kept. */
export const giveAccess = z.strictObject({
  permissions: permissionList,
  expiresAt: instant.nullable().optional(),
  note: z.string().trim().max(500).nullable().optional(),
  password: z.string().min(1).max(256).optional(),
});

const person = {
  name: personName,
  email,
  phone: phone.nullable().optional(),
  language: languageTag.nullable().optional(),
  emailPreferences: somePreferences.optional(),
};

/** Null: deactivated. */
const subAccount = giveAccess.nullable().optional();

export const createContact = z.strictObject({ ...person, subAccount });

/** What is left out is kept. */
export const changeContact = z.strictObject({
  ...person,
  name: personName.optional(),
  email: email.optional(),
});

export const saveContact = z.strictObject({ ...changeContact.shape, subAccount });

/** `contactId` is the contact that would be changed; without it the contact would be new. */
export const previewContact = z.strictObject({
  ...saveContact.shape,
  contactId: z.string().max(64).optional(),
});

const areas = z.array(z.object({ permission, label: z.string(), href: z.string() }));

export const effectiveAccess = z.object({
  areas,
  /** The areas that the contact's permissions open in linked accounts. */
  linkedAccounts: z.array(z.object({ accountId: z.string(), accountName: z.string(), areas })),
  routes: z.array(z.object({ method: z.string(), path: z.string() })),
  mail: z.array(z.string()),
});

export const contactPreview = z.object({
  ...effectiveAccess.shape,
  /** What the caller may give this contact, of all permissions. */
  grantable: z.array(
    z.object({
      permission,
      allowed: z.boolean(),
      because: z.enum(['not-held', 'own-access', 'outlives']).optional(),
    }),
  ),
});
