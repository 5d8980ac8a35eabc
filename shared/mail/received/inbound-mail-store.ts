import { type Action, absent, equals, free, type Table } from '../../table/table.ts';
import { toInstant, toSeconds } from '../../core/clock.ts';
import { type PageRequest, type StoredPage, stripped, strippedPage } from '../../table/page.ts';
import type { AnswerCount } from './answer-limit.ts';
import type { Received } from './received.ts';

export const outcomes = ['ticket', 'reply', 'ignored', 'answered', 'quarantined', 'discarded'] as const;
export type Outcome = (typeof outcomes)[number];

/** The record of one received message; the message itself is stored apart. */
export interface InboundRecord {
  id: string;
  fingerprint: string;
  receivedAt: string;
  from: string;
  subject: string;
  outcome: Outcome;
  reason: string;
  trace: string[];
  ticketId?: string;
  /** What a replay needs. */
  received: Received;
  version: string;
}

const recordKey = (fingerprint: string) => ({ pk: `MAIL-IN#${fingerprint}`, sk: 'MAIL' });
const answersKey = (address: string) => ({ pk: `ANSWERS#${address}`, sk: 'COUNT' });
const hourKey = (address: string, now: Date) => ({
  pk: `MAIL-FROM#${address}`,
  sk: toInstant(now).slice(0, 13),
});

export function inboundMailStore(table: Table) {
  return {
    async find(fingerprint: string): Promise<InboundRecord | undefined> {
      return stripped(await table.get(recordKey(fingerprint)));
    },
    async byId(id: string): Promise<InboundRecord | undefined> {
      const { items } = await table.query({ index: 'gsi1', pk: 'MAIL-IN', from: id, to: id, limit: 1 });
      return items[0] && this.find(String(items[0]['fingerprint']));
    },
    /** Newest first; all outcomes if none is given. */
    async list(outcome: Outcome | undefined, page: PageRequest): Promise<StoredPage<InboundRecord>> {
      const where =
        outcome === undefined
          ? { index: 'gsi1' as const, pk: 'MAIL-IN' }
          : { index: 'gsi2' as const, pk: `MAIL-IN#${outcome}` };
      return strippedPage(await table.query({ ...where, descending: true, ...page }));
    },
    async answers(address: string): Promise<AnswerCount | undefined> {
      return stripped(await table.get(answersKey(address)));
    },
    /** How many messages from this address had an effect within the current hour. */
    async inThisHour(address: string, now: Date): Promise<number> {
      return Number((await table.get(hourKey(address, now)))?.['count'] ?? 0);
    },
  };
}

export type InboundMailStore = ReturnType<typeof inboundMailStore>;

/** Fails if another run has recorded the message since `before` was read, so that a repeated message has one effect. */
export function recordRow(record: InboundRecord, before: InboundRecord | null): Action {
  return {
    put: {
      ...record,
      ...recordKey(record.fingerprint),
      gsi1pk: 'MAIL-IN',
      gsi1sk: record.id,
      gsi2pk: `MAIL-IN#${record.outcome}`,
      gsi2sk: record.id,
    },
    when: before ? equals({ version: before.version }) : absent,
  };
}

/** Fails if another answer was counted in between. */
export function answerCountRow(address: string, count: AnswerCount, before: AnswerCount | undefined): Action {
  return {
    put: { ...count, ...answersKey(address) },
    when: before ? equals({ version: before.version }) : absent,
  };
}

/** Counts one more message in the current hour; fails if the limit is reached. */
export function hourlyCountRow(address: string, now: Date, limit: number): Action {
  return {
    update: hourKey(address, now),
    add: { count: 1 },
    set: { expiresAt: toSeconds(now) + 2 * 3600 },
    when: free('count', limit),
  };
}
