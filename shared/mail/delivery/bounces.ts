import type { Action, Table } from '../../table/table.ts';
import { addressPartition, normalAddress } from '../../accounts/keys.ts';
import { stripped } from '../../table/page.ts';

/** An address that gets no more mail: it bounced permanently, or its owner complained. */
export interface BouncedAddress {
  at: string;
  reason: string;
}

/** A sent message, recorded to distinguish a genuine bounce from a forged one. */
export interface SentMessage {
  messageId: string;
  destinations: string[];
  accountId: string | null;
}

const bouncedKey = (email: string) => ({ pk: addressPartition(email), sk: 'BOUNCED' });
const sentKey = (messageId: string) => ({ pk: `MESSAGE-ID#${messageId}`, sk: 'SENT' });

export function bounceStore(table: Table) {
  return {
    /** The addresses among these that bounced, in lower case. */
    async bounced(emails: readonly string[]): Promise<Set<string>> {
      if (emails.length === 0) return new Set();
      const found = await table.getMany(emails.map(bouncedKey));
      return new Set(emails.filter((_, index) => found[index]).map(normalAddress));
    },
    /** The first of these messages that we sent to this address; only the first 20 ids are looked up. */
    async sentTo(messageIds: readonly string[], address: string): Promise<SentMessage | undefined> {
      const found = await table.getMany(messageIds.slice(0, 20).map(sentKey));
      const sent = found.map((item) => stripped<SentMessage>(item));
      return sent.find((message) =>
        message?.destinations.map(normalAddress).includes(normalAddress(address)),
      );
    },
  };
}

export type BounceStore = ReturnType<typeof bounceStore>;

export function bouncedRow(email: string, bounced: BouncedAddress): Action {
  return { put: { ...bounced, ...bouncedKey(email) } };
}

export function sentRow(message: SentMessage, expiresAt: number): Action {
  return { put: { ...message, expiresAt, ...sentKey(message.messageId) } };
}
