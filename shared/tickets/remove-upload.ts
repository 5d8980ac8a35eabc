import type { Action } from '../table/table.ts';
import { commit, portalContext, type WriteDependencies } from '../write/commit.ts';
import { type Files, unboundUntil } from './attachment.ts';
import { attachmentStore, goneUploadRow, removedUploadRow } from './attachment-store.ts';

export interface RemovalDependencies extends WriteDependencies {
  files: Pick<Files, 'remove'>;
}

/**
 * Removes an upload that no message referred to for a day; says until when it waits. The row decides before the file goes:
 * it takes a message or the removal, whichever comes first, so that no message ever misses its file.
 */
export async function removeUpload(
  dependencies: RemovalDependencies,
  attachmentId: string,
  now: Date,
): Promise<{ kind: 'wait'; until: Date } | { kind: 'done'; rows: Action[] }> {
  const attachment = await attachmentStore(dependencies.table).get(attachmentId);
  if (!attachment || attachment.ticketId !== null) return { kind: 'done', rows: [] };
  const until = unboundUntil(attachment);
  if (now < until) return { kind: 'wait', until };
  const actions = [removedUploadRow(attachmentId)];
  await commit(dependencies, portalContext(now), { actions, activity: [], outbox: [] });
  await dependencies.files.remove(attachment.objectKey);
  return { kind: 'done', rows: [goneUploadRow(attachmentId)] };
}
