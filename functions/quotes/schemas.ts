import * as z from 'zod';
import { amounts, newLines } from '../../shared/invoices/schemas.ts';
import { day, line } from '../../shared/http/schemas.ts';

export const quote = z.object({
  id: z.string(),
  subject: z.string(),
  status: z.enum(['open', 'accepted', 'declined', 'expired']),
  validUntil: day,
  ...amounts,
  invoiceId: z.string().nullable(),
  createdAt: z.string(),
});

export const newQuote = z.strictObject({ subject: line(200), lines: newLines, validUntil: day });
