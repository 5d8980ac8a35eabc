import * as z from 'zod';
import {
  email,
  emailPreferences,
  instant,
  personName,
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
  /** For staff: mail to this address bounced permanently, so none is sent any more. */
  emailBounced: z.boolean().optional(),
  createdAt: z.string(),
});

const somePreferences = z.strictObject(emailPreferences.partial().shape);

export const createContact = z.strictObject({
  name: personName,
  email,
  phone: phone.nullable().optional(),
  emailPreferences: somePreferences.optional(),
});

export const changeContact = z.strictObject(createContact.partial().shape);

export const giveAccess = z.strictObject({
  permissions: permissionList,
  expiresAt: instant.nullable().optional(),
  note: z.string().trim().max(500).nullable().optional(),
  password: z.string().min(1).max(256).optional(),
});

const areas = z.array(z.object({ permission, label: z.string(), href: z.string() }));

export const effectiveAccess = z.object({
  areas,
  /** The areas that the contact's permissions open in linked accounts. */
  linkedAccounts: z.array(z.object({ accountId: z.string(), accountName: z.string(), areas })),
  routes: z.array(z.object({ method: z.string(), path: z.string() })),
  mail: z.array(z.string()),
});
