import type * as z from 'zod';
import { toInstant } from '../../shared/core/clock.ts';
import { newId, newVersion } from '../../shared/core/ids.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { commit, type WriteDependencies } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { safeFileName } from '../../shared/mail/message/attachment.ts';
import { type Document, type DocumentFiles, documentType, objectKeyOf } from './document.ts';
import { documentRow, type DocumentStore } from './document-store.ts';
import type { newDocument } from './schemas.ts';

export interface DocumentDependencies extends WriteDependencies {
  documents: DocumentStore;
  files: DocumentFiles;
}

/** Announces a document and answers the link to which its PDF is uploaded. */
export async function announceDocument(
  dependencies: DocumentDependencies,
  context: RequestContext,
  input: z.output<typeof newDocument>,
): Promise<Reply> {
  const { accountId, actor, now } = context;
  const { name, kind, size, visibleToMainAccount } = input;
  const document: Document = {
    id: newId('document', now),
    accountId,
    name,
    kind,
    fileName: pdfName(input.fileName),
    size,
    visibleToMainAccount,
    status: 'pending',
    addedBy: actor,
    version: newVersion(),
    createdAt: toInstant(now),
  };
  const { id } = document;
  const link = await dependencies.files.uploadLink(objectKeyOf(id), documentType, size);
  const location = `/v1/accounts/${accountId}/documents/${id}`;
  const reply = { body: { id, upload: { method: 'PUT', ...link } }, location };
  // The activity is logged once the document is uploaded.
  const actions = [documentRow(document, null)];
  await commit(dependencies, context, { actions, activity: [], outbox: [], answer: reply });
  return reply;
}

/** A safe file name that ends in `.pdf`. */
function pdfName(fileName: string): string {
  const safe = safeFileName(fileName, documentType);
  return /\.pdf$/i.test(safe) ? safe : safeFileName(`${safe}.pdf`, documentType);
}
