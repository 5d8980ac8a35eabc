import { toInstant } from '../../shared/core/clock.ts';
import { newId } from '../../shared/core/ids.ts';
import { type FieldCode, invalid, notFound, Problem } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { commit, type WriteDependencies } from '../../shared/write/commit.ts';
import { isDangerous, judgedBytes, safeFileName } from '../../shared/mail/message/attachment.ts';
import {
  type Attachment,
  type Files,
  type LookedAt,
  objectKeyOf,
  unboundUntil,
} from '../../shared/tickets/attachment.ts';
import { type AttachmentStore, uploadRow } from '../../shared/tickets/attachment-store.ts';
import { isVisibleTo } from '../../shared/tickets/ticket.ts';
import type { TicketStore } from '../../shared/tickets/ticket-store.ts';

export interface AttachmentDependencies extends WriteDependencies {
  attachments: AttachmentStore;
  tickets: TicketStore;
  files: Files;
}

/** Announces a file and returns the upload link; it goes after a day unless a message refers to it. */
export async function announceUpload(
  dependencies: AttachmentDependencies,
  context: RequestContext,
  input: { fileName: string; contentType: string; size: number },
): Promise<Reply> {
  const { accountId, caller, now } = context;
  const id = newId('attachment', now);
  const attachment: Attachment = {
    id,
    accountId,
    uploadedBy: caller.userId,
    ticketId: null,
    fileName: safeFileName(input.fileName, input.contentType),
    contentType: input.contentType,
    size: input.size,
    objectKey: objectKeyOf(id),
    // By name and type alone, until the content is there.
    held: isDangerous(input.fileName, input.contentType, new Uint8Array()),
    private: false,
    createdAt: toInstant(now),
  };
  const { objectKey, contentType, size } = attachment;
  const link = await dependencies.files.uploadLink(objectKey, contentType, size);
  const reply = { body: { id, upload: { method: 'PUT', ...link } } };
  const actions = [uploadRow(attachment)];
  const outbox = [{ kind: 'remove-upload' as const, attachmentId: id }];
  await commit(dependencies, context, { actions, activity: [], outbox, answer: reply });
  return reply;
}

/**
 * A download link for a file of this account, valid for five minutes. A file is there for whoever may read its message,
 * and before there is one for its uploader alone.
 * @throws Problem if there is no such file for the caller, or it is of a dangerous type and the caller is not staff
 */
export async function downloadAttachment(
  dependencies: AttachmentDependencies,
  context: RequestContext,
  attachmentId: string,
): Promise<Reply> {
  const stored = await dependencies.attachments.get(attachmentId);
  if (!stored) throw notFound();
  const isBound = stored.ticketId !== null;
  const attachment = isBound
    ? await boundFor(dependencies, context, stored)
    : await unboundFor(dependencies, context, stored);
  if (!attachment) throw notFound();
  const { objectKey, fileName, versionId, held } = attachment;
  if (held && context.authority.kind !== 'staff') {
    throw new Problem('staff-only', `“${fileName}” is of a dangerous type and is kept back for staff.`);
  }
  const url = await dependencies.files.downloadLink(
    objectKey,
    fileName,
    'application/octet-stream',
    versionId,
  );
  return { body: { url } };
}

/** A file of a message, where the caller may read that message. */
async function boundFor(
  { tickets }: AttachmentDependencies,
  { accountId, authority }: RequestContext,
  attachment: Attachment,
): Promise<Attachment | undefined> {
  const ticket = await tickets.locate(attachment.ticketId!);
  if (ticket?.accountId !== accountId || !isVisibleTo(authority, ticket)) return undefined;
  return attachment.private && authority.kind !== 'staff' ? undefined : attachment;
}

/** An upload of the caller's own that is there, as it is now. */
async function unboundFor(
  { files }: AttachmentDependencies,
  context: RequestContext,
  attachment: Attachment,
): Promise<Attachment | undefined> {
  if (attachment.accountId !== context.accountId || !isOwnUpload(attachment, context)) return undefined;
  const found = await files.look(attachment.objectKey, judgedBytes);
  return found?.size === attachment.size ? asLookedAt(attachment, found) : undefined;
}

function isOwnUpload(attachment: Attachment, { caller, now }: RequestContext): boolean {
  const isThere = attachment.removed === undefined && now < unboundUntil(attachment);
  return isThere && attachment.uploadedBy === caller.userId;
}

/** The upload at the version that was looked at, kept back if its content is dangerous too. */
function asLookedAt(attachment: Attachment, { versionId, checksum, head }: LookedAt): Attachment {
  const { fileName, contentType } = attachment;
  const held = attachment.held || isDangerous(fileName, contentType, head);
  return { ...attachment, versionId, checksum, held };
}

/**
 * The caller's uploads that a message refers to, looked at and ready to be bound to its ticket; they may come from any of
 * these accounts.
 * @throws Problem if one is not the caller's, belongs to a message already, or was not uploaded whole
 */
export async function readUploads(
  { attachments, files }: Pick<AttachmentDependencies, 'attachments' | 'files'>,
  context: RequestContext,
  accountIds: readonly string[],
  ids: readonly string[],
): Promise<Attachment[]> {
  const found = await attachments.getMany(ids);
  return Promise.all(
    ids.map(async (_, index) => {
      const attachment = found[index];
      const refuse = (code: FieldCode, message: string) =>
        invalid([{ path: `attachmentIds.${index}`, code, message }]);
      if (!attachment || !accountIds.includes(attachment.accountId) || !isOwnUpload(attachment, context))
        throw refuse('not-found', 'is not an upload of yours in this account');
      if (attachment.ticketId !== null) throw refuse('not-allowed', 'belongs to a message already');
      const stored = await files.look(attachment.objectKey, judgedBytes);
      if (stored?.size !== attachment.size) {
        throw refuse('not-allowed', 'was not uploaded, or not with the size that was announced');
      }
      return asLookedAt(attachment, stored);
    }),
  );
}
