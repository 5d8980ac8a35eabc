import { type Action, absent, all, equals, free, present, type Table } from '../table/table.ts';
import { stripped } from '../table/page.ts';
import type { Attachment } from './attachment.ts';

const keyOf = (id: string) => ({ pk: `ATTACHMENT#${id}`, sk: 'ATTACHMENT' });

export function attachmentStore(table: Table) {
  return {
    async get(id: string): Promise<Attachment | undefined> {
      return stripped(await table.get(keyOf(id)));
    },
    async getMany(ids: readonly string[]): Promise<(Attachment | undefined)[]> {
      if (ids.length === 0) return [];
      return (await table.getMany(ids.map(keyOf))).map((item) => stripped(item));
    },
  };
}

export type AttachmentStore = ReturnType<typeof attachmentStore>;

/** An announced upload. */
export function uploadRow(attachment: Attachment): Action {
  return { put: { ...attachment, ...keyOf(attachment.id) }, when: absent };
}

/** Binds an upload to a message, as it was looked at; fails if it is bound already, or being removed. */
export function boundAttachmentRow(attachment: Attachment): Action {
  const { ticketId, private: isPrivate, held, versionId, checksum } = attachment;
  return {
    update: keyOf(attachment.id),
    set: { ticketId, private: isPrivate, held, versionId, checksum, bound: 1 },
    // Rows of older releases expired by themselves.
    remove: ['expiresAt'],
    when: all(present, free('bound', 1), free('removed', 1)),
  };
}

/** Decides that an upload goes; fails if it is bound to a message. From here on no message can refer to it. */
export function removedUploadRow(id: string): Action {
  return { update: keyOf(id), set: { removed: 1 }, when: all(present, free('bound', 1)) };
}

/** The end of an upload whose file is gone. */
export function goneUploadRow(id: string): Action {
  return { delete: keyOf(id), when: equals({ removed: 1 }) };
}

/** A mail's attachment, bound to its message from the start. */
export function receivedAttachmentRow(attachment: Attachment): Action {
  return { put: { ...attachment, bound: 1, ...keyOf(attachment.id) }, when: absent };
}
