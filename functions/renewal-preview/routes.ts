import * as z from 'zod';
import { route } from '../../shared/http/route.ts';
import { money } from '../../shared/http/schemas.ts';

export const getRenewalsPreview = route({
  method: 'GET',
  path: '/v1/staff/renewals/preview',
  permission: 'staff:billing',
  summary: 'What the renewals job will do in the days to come, and when',
  query: z.strictObject({ days: z.coerce.number().int().min(0).max(365).default(30) }),
  success: 200,
  answer: z.object({
    time: z.string(),
    items: z.array(
      z.object({
        accountId: z.string(),
        kind: z.enum(['invoice', 'reminder', 'overdue', 'auto-pay']),
        subject: z.object({
          type: z.enum(['domain', 'service', 'invoice']),
          id: z.string(),
          name: z.string(),
        }),
        on: z.string(),
        amount: money.optional(),
      }),
    ),
  }),
});

export const renewalPreviewRoutes = [getRenewalsPreview];
