import * as z from 'zod';
import { linkKinds } from '../../shared/access/link.ts';
import { permissionKeys } from '../../shared/access/permissions.ts';
import { staffRoleKeys } from '../../shared/access/staff.ts';
import { personName } from '../../shared/http/fields/person-name.ts';
import {
  addressFields,
  currency,
  email,
  emailBounced,
  emailPreferences,
  languageTag,
  line,
  listQuery,
  user,
} from '../../shared/http/schemas.ts';
import { accountStatuses, billingModes, taxIdStates } from '../../shared/accounts/people.ts';

const permissionKey = z.enum(permissionKeys as [string, ...string[]]);

export const me = z.object({
  user,
  /** False for everybody but the provider's people. */
  staff: z.union([z.literal(false), z.object({ roles: z.array(z.enum(staffRoleKeys)) })]),
  memberships: z.array(
    z.object({
      accountId: z.string(),
      accountName: z.string(),
      role: z.enum(['owner', 'sub-account', 'main-account']),
      /** One that is invited opens nothing until it is accepted. */
      status: z.enum(['active', 'invited']),
      permissions: z.array(permissionKey),
      expiresAt: z.string().nullable(),
    }),
  ),
  /** The person's own mail switches in each account of theirs; an owner's are those of the account. */
  mail: z.array(z.object({ accountId: z.string(), emailPreferences })),
});

export const permissionCatalogue = z.object({
  permissions: z.array(z.object({ key: permissionKey, label: z.string() })),
  sets: z.array(z.object({ key: z.string(), label: z.string(), permissions: z.array(permissionKey) })),
});

/** Everybody with access to the account sees the required fields; only those who may change it see the others. */
export const accountCard = z.object({
  id: z.string(),
  name: z.string(),
  address: z.object(addressFields),
  taxId: z.string().nullable().optional(),
  /** What was found of the tax id, and when; null where there is none. */
  taxIdCheck: z
    .object({ state: z.enum(taxIdStates), at: z.string().nullable() })
    .nullable()
    .optional(),
  currency: z.string().optional(),
  /** Of documents and mail, BCP 47. */
  language: z.string().optional(),
  emailPreferences: emailPreferences.optional(),
  autoPayFromCredit: z.boolean().optional(),
  /** Mail of this account to its owner came back for good, so none is sent any more; told to those who see contacts. */
  emailBounced: emailBounced.optional(),
});

export const changeProfile = z.strictObject({
  name: line(120).optional(),
  address: z.strictObject(addressFields).optional(),
  taxId: line(40).nullable().optional(),
  language: languageTag.optional(),
  currency: currency.optional(),
  emailPreferences: z.strictObject(emailPreferences.partial().shape).optional(),
  autoPayFromCredit: z.boolean().optional(),
});

export const createAccount = z.strictObject({
  name: line(120),
  address: z.strictObject(addressFields).optional(),
  taxId: line(40).nullable().optional(),
  /** The provider's where it is left out. */
  currency: currency.optional(),
  status: z.enum(accountStatuses).default('new'),
  billingMode: z.enum(billingModes).default('recurring'),
  owner: z.strictObject({ name: personName, email, password: z.string().min(1).max(256).optional() }),
});

export const searchAccounts = z.strictObject({ ...listQuery, q: line(120).optional() });

export const staffAccount = z.object({
  id: z.string(),
  name: z.string(),
  address: z.object(addressFields),
  taxId: z.string().nullable(),
  currency: z.string(),
  owner: z.object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    /** Mail to the owner's address came back for good, so none is sent any more. */
    emailBounced: emailBounced.optional(),
  }),
  status: z.enum(accountStatuses),
  billingMode: z.enum(billingModes),
  /** The main account and the kind of the link; null if the account is not linked. */
  mainAccountId: z.string().nullable(),
  linkKind: z.enum(linkKinds).nullable(),
  /** The number of accounts linked to this one. */
  linkedAccounts: z.int(),
  createdAt: z.string(),
});

/** One account as staff look it up. */
export const staffAccountDetails = staffAccount.extend({
  owner: staffAccount.shape.owner.extend({
    /** Whether the owner's address was proven by something that was mailed to it. */
    proven: z.boolean(),
  }),
  /** Who becomes the owner, and when at the earliest; null where nobody is to. */
  nextOwner: z
    .object({
      id: z.string(),
      name: z.string(),
      email: z.string(),
      reason: z.string(),
      effectiveAt: z.string(),
      accepted: z.boolean(),
    })
    .nullable(),
  mainAccount: z.object({ id: z.string(), name: z.string(), kind: z.enum(linkKinds) }).nullable(),
});

/** Omitted fields keep their values. */
export const changeStaffAccount = z
  .strictObject({ status: z.enum(accountStatuses).optional(), billingMode: z.enum(billingModes).optional() })
  .refine((change) => Object.keys(change).length > 0, 'must change something');

export const changeOwner = z.strictObject({ email, name: personName, reason: line(300) });

export const closeAccount = z.strictObject({ reason: line(300).optional() });
