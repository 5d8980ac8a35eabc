import type { Action, Table } from '../table/table.ts';
import { stripped } from '../table/page.ts';

/** A message in a ticket's conversation; its Message-ID has angle brackets. */
export interface ThreadedMessage {
  ticketId: string;
  messageId: string;
  /** RFC 3339; orders the conversation. */
  at: string;
}

/** How many earlier messages a mail refers to: enough for every client, and it bounds the header. */
const mostReferences = 20;

const threadPartition = (ticketId: string) => `THREAD#${ticketId}`;
const messageIdKey = (messageId: string) => ({ pk: `MESSAGE-ID#${messageId}`, sk: 'THREAD' });

/** Maps mails to tickets: outgoing mail gets its References from here, and replies find their ticket. */
export function threadStore(table: Table) {
  return {
    /** The newest Message-IDs of a conversation, oldest first. */
    async references(ticketId: string): Promise<string[]> {
      const { items } = await table.query({
        pk: threadPartition(ticketId),
        limit: mostReferences,
        descending: true,
      });
      return items.map((item) => String(item['messageId'])).toReversed();
    },
    /** The first of these messages that belongs to a ticket; only the first 50 ids are looked up. */
    async find(messageIds: readonly string[]): Promise<ThreadedMessage | undefined> {
      if (messageIds.length === 0) return undefined;
      const found = await table.getMany(messageIds.slice(0, 50).map(messageIdKey));
      return stripped(found.find((item) => item !== undefined));
    },
  };
}

export type ThreadStore = ReturnType<typeof threadStore>;

export function threadRows(message: ThreadedMessage): Action[] {
  const { ticketId, at, messageId } = message;
  return [
    { put: { ...message, pk: threadPartition(ticketId), sk: `${at}#${messageId}` } },
    { put: { ...message, ...messageIdKey(messageId) } },
  ];
}
