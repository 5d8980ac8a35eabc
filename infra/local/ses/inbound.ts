import { addressParser, decodeWords } from 'postal-mime';
import { headerFields, spelledName, valueOf, withoutFields } from './headers.ts';
import { type Client, receiverBlock } from './receiver-block.ts';
import {
  allPass,
  applyVerdicts,
  type Check,
  VERDICTS_HEADER,
  type Verdicts,
  type VerdictStatus,
} from './verdicts.ts';

interface Verdict {
  status: VerdictStatus;
}

/** What SES publishes to SNS when a receipt rule with an S3 action has stored a message. */
export interface SesNotification {
  notificationType: 'Received';
  mail: {
    timestamp: string;
    source: string;
    messageId: string;
    destination: string[];
    headersTruncated: boolean;
    headers: { name: string; value: string }[];
    commonHeaders: {
      returnPath: string;
      from?: string[];
      date?: string;
      to?: string[];
      cc?: string[];
      messageId?: string;
      subject?: string;
    };
  };
  receipt: {
    timestamp: string;
    processingTimeMillis: number;
    recipients: string[];
    spamVerdict: Verdict;
    virusVerdict: Verdict;
    spfVerdict: Verdict;
    dkimVerdict: Verdict;
    dmarcVerdict: Verdict;
    /** Only there when DMARC failed. */
    dmarcPolicy?: 'none' | 'quarantine' | 'reject';
    action: {
      type: 'S3';
      topicArn: string;
      bucketName: string;
      objectKeyPrefix: string;
      objectKey: string;
    };
  };
}

export interface InboundMail {
  raw: Buffer;
  envelope: { from: string; to: string[] };
  client: Client;
  bucket: string;
  key: string;
  topicArn: string;
  /** SES's own id of the message, which also ends the object's key. */
  messageId: string;
  now: Date;
}

/** SES truncates the headers beyond this size and sets `headersTruncated`. */
const HEADERS_KEPT = 10 * 1024;
/** The time in the examples of SES's documentation; SES promises none. */
const PROCESSING_MS = 222;

/** The addresses of a header with their names, as SES lists them, or the bare text when it has no address. */
function addresses(value: string): string[] {
  const list = addressParser(value, { flatten: true }).flatMap(({ name, address }) => {
    if (!address) return [];
    if (!name) return [address];
    const plain = /^[\p{L}\p{N} !#$%&'*+\-/=?^_`{|}~]+$/u.test(name);
    return [`${plain ? name : `"${name.replaceAll(/["\\]/g, '\\$&')}"`} <${address}>`];
  });
  return list.length > 0 ? list : [value];
}

interface Headers {
  /** Those within the size that SES keeps, each with the size of all up to its end. */
  headers: { name: string; value: string; upTo: number }[];
  size: number;
  /** The first header of each common name, however late. */
  first: Map<string, string>;
  verdicts: Verdicts;
  /** Whether the message has the header that asks for verdicts, which is removed. */
  asked: boolean;
}

const COMMON: ReadonlySet<string> = new Set(['from', 'to', 'cc', 'subject', 'message-id', 'date']);

/** One walk over the header block. Only what fits into the notification is decoded, however long the block is. */
function readHeaders(raw: Buffer): Headers {
  const read: Headers = { headers: [], size: 0, first: new Map(), verdicts: allPass(), asked: false };
  for (const field of headerFields(raw)) {
    if (field.name === VERDICTS_HEADER) {
      read.asked = true;
      applyVerdicts(read.verdicts, valueOf(raw, field, HEADERS_KEPT));
      continue;
    }
    read.size += field.end - field.start;
    if (field.name === '') continue;
    const common = COMMON.has(field.name) && !read.first.has(field.name);
    if (!common && read.size > HEADERS_KEPT) continue;
    const value = valueOf(raw, field, HEADERS_KEPT);
    if (common) read.first.set(field.name, value);
    if (read.size > HEADERS_KEPT) continue;
    read.headers.push({ name: spelledName(raw, field), value, upTo: read.size });
  }
  return read;
}

/** The domain of the first address of From; null where there is none. */
function domainIn(from: string | undefined): string | null {
  const [first] = from === undefined ? [] : addressParser(from, { flatten: true });
  const domain = first?.address?.split('@').at(-1) ?? '';
  return /^[^\s;()"@]+$/.test(domain) ? domain.toLowerCase() : null;
}

/** The receiver's own headers first, then the sender's, as far as they are kept together. */
function keptTogether(block: Headers, sender: Headers): { name: string; value: string }[] {
  const kept = sender.headers.filter(({ upTo }) => block.size + upTo <= HEADERS_KEPT);
  return [...block.headers, ...kept].map(({ name, value }) => ({ name, value }));
}

function commonHeaders(
  first: Map<string, string>,
  returnPath: string,
): SesNotification['mail']['commonHeaders'] {
  const list = (name: string): string[] | undefined => {
    const value = first.get(name);
    return value ? addresses(value) : undefined;
  };
  const [from, to, cc] = [list('from'), list('to'), list('cc')];
  const [date, messageId, subject] = [first.get('date'), first.get('message-id'), first.get('subject')];
  return {
    returnPath,
    ...(from && { from }),
    ...(date && { date }),
    ...(to && { to }),
    ...(cc && { cc }),
    ...(messageId && { messageId }),
    ...(subject !== undefined && { subject: decodeWords(subject) }),
  };
}

/**
 * What SES delivers for a received message: the object it stores, with its own fields above what was sent, and the
 * notification it publishes. Every verdict is PASS unless the message asks for another one in an X-Local-Verdicts
 * header, which is removed.
 */
export function sesNotification(mail: InboundMail): { raw: Buffer; notification: SesNotification } {
  const { envelope, bucket, key, topicArn, messageId, now } = mail;
  const sender = readHeaders(mail.raw);
  const { verdicts, first } = sender;
  const fromDomain = domainIn(first.get('from'));
  const block = receiverBlock({ envelope, client: mail.client, verdicts, fromDomain, messageId, now });
  const sent = sender.asked ? withoutFields(mail.raw, ({ name }) => name === VERDICTS_HEADER) : mail.raw;
  const above = readHeaders(block);
  const status = (check: Check): Verdict => ({ status: verdicts.statuses[check] });
  const timestamp = now.toISOString();
  const objectKeyPrefix = key.endsWith(messageId)
    ? key.slice(0, -messageId.length)
    : key.slice(0, key.lastIndexOf('/') + 1);
  const notification: SesNotification = {
    notificationType: 'Received',
    mail: {
      timestamp,
      source: envelope.from,
      messageId,
      destination: [...envelope.to],
      headersTruncated: above.size + sender.size > HEADERS_KEPT,
      headers: keptTogether(above, sender),
      commonHeaders: commonHeaders(first, envelope.from),
    },
    receipt: {
      timestamp,
      processingTimeMillis: PROCESSING_MS,
      recipients: [...envelope.to],
      spamVerdict: status('spam'),
      virusVerdict: status('virus'),
      spfVerdict: status('spf'),
      dkimVerdict: status('dkim'),
      dmarcVerdict: status('dmarc'),
      ...(verdicts.statuses.dmarc === 'FAIL' && { dmarcPolicy: 'none' as const }),
      action: { type: 'S3', topicArn, bucketName: bucket, objectKeyPrefix, objectKey: key },
    },
  };
  return { raw: Buffer.concat([block, sent]), notification };
}
