import { type Action, absent, equals, type Table } from '../../shared/aws/table.ts';
import { stripped } from '../../shared/people/people-store.ts';
import type { MailDecision } from './decide-mail.ts';

/** What is kept of every message that came in, beside the message itself. */
export interface InboundRecord {
  id: string;
  fingerprint: string;
  receivedAt: string;
  from: string;
  subject: string;
  outcome: MailDecision['outcome'];
  reason: string;
  trace: string[];
  ticketId?: string;
  /** Where the message lies in the object store. */
  objectKey: string;
}

/** The automatic answers that an address got. */
export interface AnswerCount {
  lastAt: string;
  day: string;
  onDay: number;
  version: string;
}

const recordKey = (fingerprint: string) => ({ pk: `MAIL-IN#${fingerprint}`, sk: 'MAIL' });
const answersKey = (address: string) => ({ pk: `ANSWERS#${address}`, sk: 'COUNT' });

export function inboundMailStore(table: Table) {
  return {
    async find(fingerprint: string): Promise<InboundRecord | undefined> {
      return stripped(await table.get(recordKey(fingerprint)));
    },
    async answers(address: string): Promise<AnswerCount | undefined> {
      return stripped(await table.get(answersKey(address)));
    },
    async record(record: InboundRecord): Promise<void> {
      await table.transact([recordRow(record)]);
    },
  };
}

export type InboundMailStore = ReturnType<typeof inboundMailStore>;

/** Fails where the message was handled already: the same message twice is one message. */
export function recordRow(record: InboundRecord): Action {
  return {
    put: { ...record, ...recordKey(record.fingerprint), gsi1pk: 'MAIL-IN', gsi1sk: record.id },
    when: absent,
  };
}

/** Fails where another answer was counted in between. */
export function answersRow(address: string, count: AnswerCount, before: AnswerCount | undefined): Action {
  return {
    put: { ...count, ...answersKey(address) },
    when: before ? equals({ version: before.version }) : absent,
  };
}
