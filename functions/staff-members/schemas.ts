import * as z from 'zod';
import { staffRoleKeys } from '../../shared/access/staff.ts';
import { personName } from '../../shared/http/fields/person-name.ts';
import { email, line } from '../../shared/http/schemas.ts';

const role = z.enum(staffRoleKeys);

const roles = z
  .array(role)
  .min(1)
  .max(staffRoleKeys.length)
  .refine((keys) => new Set(keys).size === keys.length, 'must name each role once');

export const member = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  roles: z.array(role),
  /** One who is invited may do nothing yet. */
  status: z.enum(['active', 'invited']),
  secondFactor: z.boolean(),
  lastSignInAt: z.string().nullable(),
});

export const addMember = z.strictObject({ name: personName, email, roles });

export const changeMember = z.strictObject({ roles });

export const resetSecondFactor = z.strictObject({ reason: line(500) });
