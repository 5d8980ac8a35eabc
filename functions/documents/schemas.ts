import * as z from 'zod';
import { line } from '../../shared/http/schemas.ts';
import { secret } from '../../shared/http/fields/secrets.ts';
import { documentKinds, documentStatuses, documentType, largestDocument } from './document.ts';

export const document = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(documentKinds),
  fileName: z.string(),
  size: z.int(),
  createdAt: z.string(),
  visibleToMainAccount: z.boolean(),
  /** For staff alone. */
  status: z.enum(documentStatuses).optional(),
});

/** `url` is null while there is no PDF; only staff see such a document. */
export const documentWithLink = document.extend({ url: z.string().nullable() });

export const newDocument = z.strictObject({
  name: line(200),
  kind: z.enum(documentKinds),
  fileName: z.string().min(1).max(255),
  contentType: z.literal(documentType, 'must be application/pdf'),
  size: z.int().min(1).max(largestDocument, 'must be 25 MB at most'),
  visibleToMainAccount: z.boolean().default(false),
});

export const announcedDocument = z.object({
  id: z.string(),
  upload: z.object({
    method: z.literal('PUT'),
    url: secret(z.string()),
    headers: secret(z.record(z.string(), z.string())),
  }),
});
