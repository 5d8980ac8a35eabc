import { addressParser, decodeWords } from 'postal-mime';
import { headerFields, spelledName, valueOf, withoutFields } from './headers.ts';

export type VerdictStatus = 'PASS' | 'FAIL' | 'GRAY' | 'PROCESSING_FAILED';

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
  bucket: string;
  key: string;
  topicArn: string;
  /** SES's own id of the message, which also ends the object's key. */
  messageId: string;
  now: Date;
}

/** SES truncates the headers beyond this size and sets `headersTruncated`. */
const HEADERS_KEPT = 10 * 1024;
const VERDICTS_HEADER = 'x-local-verdicts';
const STATUSES: ReadonlySet<string> = new Set(['PASS', 'FAIL', 'GRAY', 'PROCESSING_FAILED']);
/** The time in the examples of SES's documentation; SES promises none. */
const PROCESSING_MS = 222;

const CHECKS = ['spam', 'virus', 'spf', 'dkim', 'dmarc'] as const;
type Check = (typeof CHECKS)[number];

/** Applies `spf=FAIL; dkim=FAIL` to the verdicts and ignores what it does not know. */
function applyVerdicts(verdicts: Record<Check, Verdict>, value: string): void {
  for (const part of value.split(';')) {
    const [name = '', status = ''] = part.split('=', 2).map((side) => side.trim());
    const check = CHECKS.find((one) => one === name.toLowerCase());
    const wanted = status.toUpperCase();
    if (check && STATUSES.has(wanted)) verdicts[check] = { status: wanted as VerdictStatus };
  }
}

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
  headers: { name: string; value: string }[];
  headersTruncated: boolean;
  /** The first header of each common name, even beyond the truncation. */
  first: Map<string, string>;
  verdicts: Record<Check, Verdict>;
  /** Whether the message has the header that asks for verdicts, which is removed. */
  asked: boolean;
}

const COMMON: ReadonlySet<string> = new Set(['from', 'to', 'cc', 'subject', 'message-id', 'date']);

/** One walk over the header block. Only what fits into the notification is decoded, however long the block is. */
function readHeaders(raw: Buffer): Headers {
  const pass = (): Verdict => ({ status: 'PASS' });
  const read: Headers = {
    headers: [],
    headersTruncated: false,
    first: new Map(),
    verdicts: { spam: pass(), virus: pass(), spf: pass(), dkim: pass(), dmarc: pass() },
    asked: false,
  };
  let size = 0;
  for (const field of headerFields(raw)) {
    if (field.name === VERDICTS_HEADER) {
      read.asked = true;
      applyVerdicts(read.verdicts, valueOf(raw, field, HEADERS_KEPT));
      continue;
    }
    size += field.end - field.start;
    if (size > HEADERS_KEPT) read.headersTruncated = true;
    if (field.name === '') continue;
    const common = COMMON.has(field.name) && !read.first.has(field.name);
    if (!common && read.headersTruncated) continue;
    const value = valueOf(raw, field, HEADERS_KEPT);
    if (common) read.first.set(field.name, value);
    if (!read.headersTruncated) read.headers.push({ name: spelledName(raw, field), value });
  }
  return read;
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
 * What SES delivers for a received message: the object it stores and the notification it publishes. Every
 * verdict is PASS unless the message asks for another one in an X-Local-Verdicts header, which is removed.
 */
export function sesNotification(mail: InboundMail): { raw: Buffer; notification: SesNotification } {
  const { envelope, bucket, key, topicArn, messageId, now } = mail;
  const { headers, headersTruncated, first, verdicts, asked } = readHeaders(mail.raw);
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
      headersTruncated,
      headers,
      commonHeaders: commonHeaders(first, envelope.from),
    },
    receipt: {
      timestamp,
      processingTimeMillis: PROCESSING_MS,
      recipients: [...envelope.to],
      spamVerdict: verdicts.spam,
      virusVerdict: verdicts.virus,
      spfVerdict: verdicts.spf,
      dkimVerdict: verdicts.dkim,
      dmarcVerdict: verdicts.dmarc,
      ...(verdicts.dmarc.status === 'FAIL' && { dmarcPolicy: 'none' as const }),
      action: { type: 'S3', topicArn, bucketName: bucket, objectKeyPrefix, objectKey: key },
    },
  };
  const raw = asked ? withoutFields(mail.raw, ({ name }) => name === VERDICTS_HEADER) : mail.raw;
  return { raw, notification };
}
