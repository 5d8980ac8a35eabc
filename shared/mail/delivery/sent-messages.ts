import type { MailKind } from '../../accounts/people.ts';
import { stripped } from '../../table/page.ts';
import { type Action, absent, type Table } from '../../table/table.ts';

/** Our own record of a sent message: what the mail service says of it later is judged by this alone. */
export interface SentMessage {
  /** As in its header, with angle brackets. */
  messageId: string;
  /** Its id among the mails to each of these. Missing in older rows. */
  id?: string;
  destinations: string[];
  accountId: string | null;
  /** The kind that its readers can switch off; null for mail that always goes out. Missing in older rows. */
  kind?: MailKind | null;
  /** The ticket that it is about, and whether it is a reply in it. */
  ticket?: { id: string; isReply: boolean } | null;
}

const partition = (messageId: string) => `MESSAGE-ID#${messageId}`;
const sentKey = (messageId: string) => ({ pk: partition(messageId), sk: 'SENT' });
const heardKey = (messageId: string, eventId: string) => ({
  pk: partition(messageId),
  sk: `HEARD#${eventId}`,
});

export function sentMessageStore(table: Table) {
  return {
    /** Undefined where no such message went out, or too long ago. */
    async find(messageId: string): Promise<SentMessage | undefined> {
      return stripped<SentMessage>(await table.get(sentKey(messageId)));
    },
    /** Whether this event about the message was acted on already. */
    async isHeard(messageId: string, eventId: string): Promise<boolean> {
      return (await table.get(heardKey(messageId, eventId))) !== undefined;
    },
  };
}

export type SentMessageStore = ReturnType<typeof sentMessageStore>;

export function sentRow(message: SentMessage, expiresAt: number): Action {
  return { put: { ...message, expiresAt, ...sentKey(message.messageId) } };
}

/** Fails if the same event was acted on already. */
export function heardRow(messageId: string, eventId: string, expiresAt: number): Action {
  return { put: { expiresAt, ...heardKey(messageId, eventId) }, when: absent };
}
