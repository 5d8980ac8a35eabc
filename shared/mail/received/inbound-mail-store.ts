import { type Action, absent, equals, type Table } from '../../table/table.ts';
import { toInstant } from '../../core/clock.ts';
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
  /** The question that it waits for. */
  questionId?: string;
  /** What its sender answered to the question by mail, which decides nothing. */
  answers?: { receivedAt: string; firstLines: string }[];
  /** What a replay needs. */
  received: Received;
  version: string;
}

const recordKey = (fingerprint: string) => ({ pk: `MAIL-IN#${fingerprint}`, sk: 'MAIL' });
/** Of all copies of a message by one sender, the one that acts. */
const copyKey = (words: string, from: string) => ({ pk: `MAIL-IN#${words}`, sk: `ACTS#${from}` });
const answersKey = (address: string) => ({ pk: `ANSWERS#${address}`, sk: 'COUNT' });
const duePartition = 'MAIL-IN-DUE';

export function inboundMailStore(table: Table) {
  return {
    async find(fingerprint: string): Promise<InboundRecord | undefined> {
      return stripped(await table.get(recordKey(fingerprint)));
    },
    /** The copy of a message that is in a ticket: of the same words (Message-ID and body) by the same sender. */
    async copyInTicket(words: string, from: string): Promise<Pick<InboundRecord, 'ticketId'> | undefined> {
      return stripped(await table.get(copyKey(words, from)));
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
    /** Those that are to be discarded by now. */
    async due(now: Date, page: PageRequest): Promise<StoredPage<InboundRecord>> {
      const to = `${toInstant(now)}~`;
      return strippedPage(await table.query({ index: 'gsi3', pk: duePartition, to, ...page }));
    },
    async answers(address: string): Promise<AnswerCount | undefined> {
      return stripped(await table.get(answersKey(address)));
    },
  };
}

export type InboundMailStore = ReturnType<typeof inboundMailStore>;

const strangersDays = 30;

/** Until then a message waits whose sender nobody knows and nothing shows. */
export function discardAt(now: Date): Date {
  return new Date(now.getTime() + strangersDays * 24 * 60 * 60 * 1000);
}

/**
 * Fails if another run has recorded the message since `before` was read, so that a repeated message has one effect. Where
 * it waits for staff alone, it is discarded at that time.
 */
export function recordRow(
  record: InboundRecord,
  before: InboundRecord | null,
  discardedAt: Date | null,
): Action {
  const due = discardedAt ? { gsi3pk: duePartition, gsi3sk: `${toInstant(discardedAt)}#${record.id}` } : {};
  return {
    put: {
      ...record,
      ...recordKey(record.fingerprint),
      gsi1pk: 'MAIL-IN',
      gsi1sk: record.id,
      gsi2pk: `MAIL-IN#${record.outcome}`,
      gsi2sk: record.id,
      ...due,
    },
    when: before ? equals({ version: before.version }) : absent,
  };
}

/** Fails if another copy of the message acts already. */
export function copyRow(words: string, from: string, ticketId: string): Action {
  return { put: { ticketId, ...copyKey(words, from) }, when: absent };
}

/** Fails if another answer was counted in between. */
export function answerCountRow(address: string, count: AnswerCount, before: AnswerCount | undefined): Action {
  return {
    put: { ...count, ...answersKey(address) },
    when: before ? equals({ version: before.version }) : absent,
  };
}
