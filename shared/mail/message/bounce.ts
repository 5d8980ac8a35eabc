import { normalAddress } from '../../accounts/keys.ts';
import { asText, type Field, type FieldLimits, lineAt, readFields } from './mime-fields.ts';

/** A mail server's report of a message that it could not deliver. */
export interface Bounce {
  /** The Message-IDs of the returned messages, with angle brackets. */
  originalMessageIds: string[];
  recipients: BouncedRecipient[];
}

export interface BouncedRecipient {
  /** As the message was addressed, in lower case. */
  address: string;
  /** A permanent failure rather than a temporary one. */
  permanent: boolean;
  /** Such as `5.1.1` (RFC 3463); empty if the report names none. */
  status: string;
}

/** The parts of a message that a bounce is read from. */
export interface BounceSource {
  headers: ReadonlyMap<string, readonly string[]>;
  from: string | null;
  text: string;
  parts: readonly { type: string; content: Uint8Array }[];
}

const mostRecipients = 100;
const mostIds = 20;
const longestReport = 256 * 1024;
const longestText = 20_000;

const deliveryReports = new Set(['message/delivery-status', 'message/global-delivery-status']);
const returnedTypes = new Set([
  'message/rfc822',
  'message/global',
  'text/rfc822-headers',
  'message/rfc822-headers',
  'message/global-headers',
  'message/partial',
]);

/**
 * Reads a delivery status notification (RFC 3464), or its common substitute: a text from a mail daemon that names
 * addresses and quotes the message. Null for anything else, including a bounce that a person forwards.
 */
export function readBounce(source: BounceSource): Bounce | null {
  const reports = source.parts.filter((part) => deliveryReports.has(part.type));
  const type = source.headers.get('content-type')?.[0] ?? '';
  const isReport =
    /^multipart\/report\b/i.test(type) &&
    (reports.length > 0 || /report-type\s*=\s*"?delivery-status/i.test(type));
  const isDaemon = isFromDaemon(source);
  const isUnaddressed = source.headers.get('return-path')?.[0]?.trim() === '<>';
  if (!isReport && !isDaemon && !isUnaddressed) return null;
  const originalMessageIds = returnedIds(source);
  const reported = reports.flatMap((part) => reportedRecipients(part.content));
  const recipients = reports.length > 0 ? reported : namedRecipients(source);
  const isInformative = originalMessageIds.length > 0 || (isDaemon && recipients.length > 0);
  if (!isReport && !isInformative) return null;
  return { originalMessageIds, recipients: uniqueRecipients(recipients) };
}

const daemons = /^(?:mailer[-_.]?daemon|mail[-_.]?daemon|postmaster|mail-?delivery|mdaemon)[@+._-]/i;

function isFromDaemon({ headers, from }: BounceSource): boolean {
  const sender = headers.get('from')?.[0] ?? '';
  return (
    headers.has('x-failed-recipients') ||
    daemons.test(from ?? '') ||
    /mailer[-_.]?daemon|postmaster@|mail delivery (?:sub)?system/i.test(sender)
  );
}

const reportLimits: FieldLimits = {
  lines: 200,
  fields: 50,
  characters: 32_000,
  wanted: new Map(),
  repeats: 0,
  isMessage: true,
};

/** The recipients with a failed or delayed delivery, from all groups of fields in the report. */
function reportedRecipients(content: Uint8Array): BouncedRecipient[] {
  const raw = Buffer.from(content.buffer, content.byteOffset, Math.min(content.length, longestReport));
  const recipients: BouncedRecipient[] = [];
  let at = 0;
  for (let groups = 0; at < raw.length && groups < 2_000 && recipients.length < mostRecipients; groups++) {
    while (at < raw.length && lineAt(raw, at).end === at) at = lineAt(raw, at).next;
    const block = readFields(raw, at, reportLimits);
    const recipient = recipientOf(block.fields);
    if (recipient) recipients.push(recipient);
    at = Math.max(block.bodyStart, at + 1);
  }
  return recipients;
}

function recipientOf(fields: readonly Field[]): BouncedRecipient | undefined {
  const value = (name: string) => asText(fields.find((field) => field.name === name)?.value ?? '');
  const address =
    typedAddress(value('original-recipient')) ??
    typedAddress(value('x-actual-recipient')) ??
    typedAddress(value('final-recipient'));
  if (address === undefined) return undefined;
  const action = /^[a-z]+/i.exec(value('action'))?.[0].toLowerCase() ?? '';
  if (action === 'delivered' || action === 'relayed' || action === 'expanded') return undefined;
  const status = statusIn(value('status')) ?? statusIn(value('diagnostic-code')) ?? '';
  const permanent =
    action !== 'delayed' && (status.startsWith('5') || (status === '' && action === 'failed'));
  return { address, permanent, status };
}

/** Reads `rfc822; jane@example.com`; angle brackets and the type are optional. */
function typedAddress(value: string): string | undefined {
  const plain = value.slice(value.indexOf(';') + 1).replace(/\+([0-9A-F]{2})/g, (all, hex: string) => {
    const char = String.fromCharCode(parseInt(hex, 16));
    return '+='.includes(char) ? char : all;
  });
  return addressIn(plain);
}

const addressPattern = /[^\s<>()[\]",;:\\@]{1,64}@[^\s<>()[\]",;:\\@]{1,255}/;

function addressIn(text: string): string | undefined {
  const found = addressPattern.exec(text.slice(0, 1_000))?.[0].replace(/\.+$/, '');
  return found === undefined ? undefined : normalAddress(found);
}

/** An enhanced status code, or the class of an SMTP reply code. */
function statusIn(text: string): string | undefined {
  const enhanced = /(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.]*\d)/.exec(text)?.[0];
  if (enhanced !== undefined) return enhanced;
  const reply = /(?<![\d.:-])[45][0-5]\d(?=[ -]|$)/m.exec(text)?.[0];
  return reply === undefined ? undefined : `${reply[0]}.0.0`;
}

function uniqueRecipients(recipients: readonly BouncedRecipient[]): BouncedRecipient[] {
  const byAddress = new Map<string, BouncedRecipient>();
  for (const recipient of recipients) {
    if (!byAddress.has(recipient.address)) byAddress.set(recipient.address, recipient);
  }
  return [...byAddress.values()].slice(0, mostRecipients);
}

/** The Message-IDs of the returned messages: from their own parts, the report, or the end of the text. */
function returnedIds({ parts, text }: BounceSource): string[] {
  const ids: string[] = [];
  for (const { type, content } of parts) {
    if (returnedTypes.has(type)) ids.push(...idsIn(headOf(content)));
    if (deliveryReports.has(type)) ids.push(...idsIn(reportOf(content)));
  }
  if (ids.length === 0) ids.push(...idsIn(text));
  return [...new Set(ids)].slice(0, mostIds);
}

function idsIn(text: string): string[] {
  const pattern = /^[> \t|]{0,20}(?:X-Original-)?Message-ID:\s{0,100}(<[^<>\s]{1,900}>)/gim;
  return [...text.matchAll(pattern)].slice(0, mostIds).map(([, id = '']) => id);
}

/** The header of a returned message; its body is ignored, as it may contain other messages. */
function headOf(content: Uint8Array): string {
  const head = latin1(content).replace(/^\s+/, '');
  const blank = /\r?\n\r?\n/.exec(head)?.index;
  return head.slice(0, blank);
}

const reportOf = (content: Uint8Array): string => latin1(content);

function latin1(content: Uint8Array): string {
  return Buffer.from(content.buffer, content.byteOffset, Math.min(content.length, longestReport)).toString(
    'latin1',
  );
}

/** The addresses that a daemon's text reports on, each with its status. */
function namedRecipients({ headers, from, text }: BounceSource): BouncedRecipient[] {
  const reportText = beforeReturned(text.slice(0, longestText));
  const isOther = (address: string) => address !== from && !daemons.test(address);
  const failed = (headers.get('x-failed-recipients') ?? []).flatMap((value) => value.split(','));
  const lines = [...reportText.matchAll(/^.{0,200}@.{0,300}$/gm)].slice(0, 200).map(([line]) => line);
  const candidates = [failed.map(addressIn), lines.map(addressAtStart), lines.map(addressIn)].map((found) =>
    found.filter((address) => address !== undefined).filter(isOther),
  );
  const named = [...new Set(candidates.find((addresses) => addresses.length > 0))].slice(0, mostRecipients);
  const lower = reportText.toLowerCase();
  const positions = new Map(named.map((address) => [address, lower.indexOf(address)]));
  return named.map((address) => {
    const at = positions.get(address) ?? -1;
    // The status of an address follows it, before the next address.
    const next = Math.min(...[...positions.values()].filter((place) => place > at), at + 1_000);
    const status = statusIn(at < 0 ? reportText : reportText.slice(at, next)) ?? statusIn(reportText) ?? '';
    return { address, permanent: status.startsWith('5'), status };
  });
}

/** Reads "<jane@example.com>: host said …", "550 <jane@example.com>... User unknown", or the address alone. */
function addressAtStart(line: string): string | undefined {
  const found =
    /^[\s>*-]{0,20}(?:(?:To|Recipient|Rcpt to|User|Address|Original-Recipient|Final-Recipient)\s?:\s?)?(?:[45]\d\d[ -](?:[45]\.\d+\.\d+ )?)?(?:rfc822;\s?)?[<("']?([^\s<>()[\]",;:\\@]{1,64}@[^\s<>()[\]",;:\\@]{1,255})[>)"']?(?=\s*(?:$|[:,;(]|\.\.\.|\s-\s))/i.exec(
      line,
    )?.[1];
  return found === undefined ? undefined : addressIn(found);
}

/** The text above the returned message. */
function beforeReturned(text: string): string {
  const mark =
    /^(?:-{2,}.{0,40}(?:below this line|this is a copy|returned message|original message|message (?:header|text|follows)).*|Received: from .*|Return-Path: .*)$/im.exec(
      text,
    );
  return mark ? text.slice(0, mark.index) : text;
}
