import * as z from 'zod';
import { actor, permission, permissionList, text } from '../../shared/http/schemas.ts';

export const accessRequest = z.object({
  id: z.string(),
  status: z.enum(['open', 'approved', 'rejected']),
  permissions: z.array(permission),
  message: z.string(),
  requestedBy: actor,
  decidedBy: actor.nullable(),
  createdAt: z.string(),
  decidedAt: z.string().nullable(),
});

export const askForAccess = z.strictObject({
  permissions: permissionList.min(1),
  message: text(2000).or(z.literal('')).default(''),
});
