import { toInstant } from '../../shared/core/clock.ts';
import { newId } from '../../shared/core/ids.ts';
import { invalid, notFound, Problem } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { commit, type WriteDependencies } from '../../shared/write/commit.ts';
import { isDangerous, safeFileName } from '../../shared/mail/message/attachment.ts';
import { type Attachment, type Files, objectKeyOf } from '../../shared/tickets/attachment.ts';
import { type AttachmentStore, uploadRow } from '../../shared/tickets/attachment-store.ts';
import { isVisibleTo } from '../../shared/tickets/ticket.ts';
import type { TicketStore } from '../../shared/tickets/ticket-store.ts';

export interface AttachmentDependencies extends WriteDependencies {
  attachments: AttachmentStore;
  tickets: TicketStore;
  files: Files;
}

/** Announces a file and returns the upload link; the file is unbound until a message refers to it. */
export async function announceUpload(
  dependencies: AttachmentDependencies,
  context: RequestContext,
  input: { fileName: string; contentType: string; size: number },
): Promise<Reply> {
  const { accountId, now } = context;
  const id = newId('attachment', now);
  const attachment: Attachment = {
    id,
    accountId,
    ticketId: null,
    fileName: safeFileName(input.fileName, input.contentType),
    contentType: input.contentType,
    size: input.size,
    objectKey: objectKeyOf(id),
    // Judged by name and type, as the content is unknown before the upload.
    held: isDangerous(input.fileName, input.contentType, new Uint8Array()),
    private: false,
    createdAt: toInstant(now),
  };
  const { objectKey, contentType, size } = attachment;
  const link = await dependencies.files.uploadLink(objectKey, contentType, size);
  const reply = { body: { id, upload: { method: 'PUT', ...link } } };
  const actions = [uploadRow(attachment, now)];
  await commit(dependencies, context, { actions, activity: [], outbox: [], answer: reply });
  return reply;
}

/**
 * A download link for a file of this account's tickets, valid for five minutes.
 * @throws Problem if there is no such file for the caller, or it is of a dangerous type and the caller is not staff
 */
export async function downloadAttachment(
  { attachments, tickets, files }: AttachmentDependencies,
  { accountId, authority }: RequestContext,
  attachmentId: string,
): Promise<Reply> {
  const attachment = await attachments.get(attachmentId);
  if (!attachment) throw notFound();
  const ticket = attachment.ticketId === null ? undefined : await tickets.locate(attachment.ticketId);
  const filedIn = attachment.ticketId === null ? attachment : ticket;
  if (filedIn?.accountId !== accountId || (attachment.private && authority.kind !== 'staff'))
    throw notFound();
  // An unbound file may later belong to a hidden ticket.
  const isVisible = ticket ? isVisibleTo(authority, ticket) : authority.kind !== 'main-account';
  if (!isVisible) throw notFound();
  if (attachment.held && authority.kind !== 'staff') {
    throw new Problem(
      'staff-only',
      `“${attachment.fileName}” is of a dangerous type and is kept back for staff.`,
    );
  }
  return { body: { url: await files.downloadLink(attachment.objectKey, attachment.fileName) } };
}

/**
 * The uploads that a message refers to, ready to be bound to its ticket; they may come from any of these accounts.
 * @throws Problem if one is of another account, belongs to a message already, or was not uploaded whole
 */
export async function readUploads(
  { attachments, files }: Pick<AttachmentDependencies, 'attachments' | 'files'>,
  accountIds: readonly string[],
  ids: readonly string[],
): Promise<Attachment[]> {
  const found = await attachments.getMany(ids);
  return Promise.all(
    ids.map(async (_, index) => {
      const attachment = found[index];
      const refuse = (message: string) => invalid([{ path: `attachmentIds.${index}`, message }]);
      if (!attachment || !accountIds.includes(attachment.accountId))
        throw refuse('is not an upload of this account');
      if (attachment.ticketId !== null) throw refuse('belongs to a message already');
      if ((await files.size(attachment.objectKey)) !== attachment.size) {
        throw refuse('was not uploaded, or not with the size that was announced');
      }
      return attachment;
    }),
  );
}
