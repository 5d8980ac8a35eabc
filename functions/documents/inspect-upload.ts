import { newVersion } from '../../shared/core/ids.ts';
import { commit } from '../../shared/write/commit.ts';
import type { DocumentDependencies } from './announce-document.ts';
import { pdfSignatureBytes, type Document, objectKeyOf, statusFrom } from './document.ts';
import { documentRow } from './document-store.ts';

/**
 * Inspects the upload of a pending document and saves its status once. Any reader triggers it, but the activity log
 * names the person who announced the document.
 * @throws StaleRead if another reader saved the status meanwhile
 */
export async function inspectUpload(
  dependencies: DocumentDependencies,
  document: Document,
  now: Date,
): Promise<Document> {
  if (document.status !== 'pending') return document;
  const stored = await dependencies.files.look(objectKeyOf(document.id), pdfSignatureBytes);
  const status = statusFrom(document, stored, now);
  if (status === 'pending') return document;
  const lookedAt =
    status === 'ready' && stored ? { versionId: stored.versionId, checksum: stored.checksum } : {};
  const after = { ...document, ...lookedAt, status, version: newVersion() };
  const context = { actor: document.addedBy, grantedBy: null, now, idempotent: null };
  await commit(dependencies, context, {
    actions: [documentRow(after, document.version)],
    // Clients read the activity log, so rejected uploads are not logged.
    activity: status === 'ready' ? [addedActivity(after)] : [],
    outbox: [],
  });
  return after;
}

function addedActivity({ accountId, id, name, kind, fileName, size, visibleToMainAccount }: Document) {
  const after = { kind, fileName, size, visibleToMainAccount };
  return {
    accountId,
    action: 'document.added',
    subject: { kind: 'document', id, name },
    before: null,
    after,
  };
}
