import { type Action, absent, all, free, present, type Table } from '../table/table.ts';
import { toSeconds } from '../core/clock.ts';
import { stripped } from '../table/page.ts';
import { type Attachment, unusedForSeconds } from './attachment.ts';

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

/** An announced upload; it expires unless a message refers to it. */
export function uploadRow(attachment: Attachment, now: Date): Action {
  const expiresAt = toSeconds(now) + unusedForSeconds;
  return { put: { ...attachment, ...keyOf(attachment.id), expiresAt }, when: absent };
}

/** Binds an upload to a message; fails if it is bound already. */
export function boundAttachmentRow(attachment: Attachment): Action {
  return {
    update: keyOf(attachment.id),
    set: { ticketId: attachment.ticketId, private: attachment.private, bound: 1 },
    remove: ['expiresAt'],
    when: all(present, free('bound', 1)),
  };
}

/** A mail's attachment, bound to its message from the start. */
export function receivedAttachmentRow(attachment: Attachment): Action {
  return { put: { ...attachment, bound: 1, ...keyOf(attachment.id) }, when: absent };
}
