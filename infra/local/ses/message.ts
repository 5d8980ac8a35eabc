import { randomUUID } from 'node:crypto';
import PostalMime, { addressParser } from 'postal-mime';
import { decoded, headerFields, valueOf, withoutFields } from './headers.ts';

export interface Envelope {
  from: string;
  to: string[];
}

/** A sent message as the mailbox shows it; addresses are bare, ids are in angle brackets. */
export interface Message {
  from: string | null;
  to: string[];
  cc: string[];
  envelope: Envelope;
  subject: string | null;
  messageId: string;
  inReplyTo: string | null;
  text: string | null;
  html: string | null;
  raw: string;
  sentAt: string;
}

/** An error for the client: the code and message of SES's error answer. */
export class SesError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'SesError';
    this.code = code;
  }
}

const invalid = (message: string): SesError => new SesError('InvalidParameterValue', message);

/** SES v1 counts the message as it is sent, attachments encoded. */
export const MAX_RAW_BYTES = 10 * 1024 * 1024;
const MAX_RECIPIENTS = 50;
const LONGEST_ADDRESS_HEADER = 256 * 1024;

/** The headers that SES removes: those addressed to SES, those it sets itself, and Bcc. */
const REPLACED: ReadonlySet<string> = new Set([
  'bcc',
  'date',
  'message-id',
  'return-path',
  'x-ses-configuration-set',
  'x-ses-from-arn',
  'x-ses-message-tags',
  'x-ses-return-path-arn',
  'x-ses-source-arn',
]);
/** Of the headers that SES allows only once, those that a mail program might repeat. */
const ONLY_ONCE: ReadonlySet<string> = new Set([
  'content-transfer-encoding',
  'content-type',
  'date',
  'from',
  'in-reply-to',
  'message-id',
  'mime-version',
  'references',
  'reply-to',
  'sender',
  'subject',
]);

const REGION_CODES: ReadonlyMap<string, string> = new Map([
  ['us-east-1', '0100'],
  ['us-west-2', '0101'],
  ['eu-central-1', '0107'],
  ['us-east-2', '010f'],
]);

/** A message id in SES's form: region and time in hex, a UUID, a counter that is always zero. */
export function sesMessageId(region: string, now: Date): string {
  const time = now.getTime().toString(16).padStart(12, '0').slice(-12);
  return `${REGION_CODES.get(region) ?? '0102'}${time}-${randomUUID()}-000000`;
}

/** The Message-ID header that SES sets in place of the sender's. */
export function messageIdHeader(id: string, region: string): string {
  return `<${id}@${region === 'us-east-1' ? 'email' : region}.amazonses.com>`;
}

/** The message as SES passes it on. The new headers go on top, so that a message of any shape takes them. */
export function stamped(raw: Buffer, messageId: string, now: Date): Buffer {
  const date = now.toUTCString().replace('GMT', '+0000');
  const head = Buffer.from(`Message-ID: ${messageId}\r\nDate: ${date}\r\n`);
  return Buffer.concat([head, withoutFields(raw, ({ name }) => REPLACED.has(name))]);
}

function domainComplaint(domain: string): string | null {
  if (domain === '') return 'Missing domain';
  if (domain.startsWith('.')) return 'Domain starts with dot';
  if (domain.endsWith('.')) return 'Domain ends with dot';
  if (domain.includes('..')) return 'Domain contains dot-dot';
  if (/[\s\p{Cc}]/u.test(domain)) return 'Domain contains control or whitespace';
  if (!/^[a-z0-9.-]{1,253}$/i.test(domain)) return 'Domain contains illegal character';
  return null;
}

function localComplaint(local: string): string | null {
  if (local === '') return 'Missing local name';
  if (/[\s\p{Cc}]/u.test(local)) return 'Local address contains control or whitespace';
  if (!/^[\x21-\x7e]*$/.test(local)) return 'Local address contains non-ASCII character';
  if (local.length > 64) return 'Local address is too long';
  if (local.startsWith('.')) return 'Local address starts with dot';
  if (local.includes('..')) return 'Local address contains dot-dot';
  if (local.endsWith('.')) return 'Local address ends with dot';
  if (/[()<>[\],;:\\"]/.test(local) && !/^"(?:[^"\\]|\\.)*"$/.test(local)) {
    return 'Local address contains illegal character';
  }
  return null;
}

/** The address if it is valid. Throws SES's error otherwise. */
function checked(address: string): string {
  const at = address.lastIndexOf('@');
  if (at === -1) throw invalid("Missing final '@domain'");
  const complaint = localComplaint(address.slice(0, at)) ?? domainComplaint(address.slice(at + 1));
  if (complaint) throw invalid(complaint);
  return address;
}

/** The bare address in `a@b` or `Name <a@b>`; anything else, and more than one, is refused. */
export function bareAddress(value: string): string {
  const [only, ...more] = addressParser(value, { flatten: true });
  if (!only || more.length > 0) throw invalid('Illegal address');
  // Without brackets nothing may stand beside the address, which the parser would ignore.
  return checked(value.includes('<') ? (only.address ?? '') : value.trim());
}

/** The bare addresses of all header fields with one of those names. */
function headerAddresses(raw: Buffer, names: string[]): string[] {
  const found: string[] = [];
  for (const field of headerFields(raw)) {
    if (!names.includes(field.name)) continue;
    const value = valueOf(raw, field, LONGEST_ADDRESS_HEADER);
    for (const { address } of addressParser(value, { flatten: true })) found.push(checked(address ?? ''));
  }
  return found;
}

/** The first message id in In-Reply-To, with its brackets. */
function repliedTo(raw: Buffer): string | null {
  for (const field of headerFields(raw)) {
    if (field.name === 'in-reply-to') return /<[^<>]*>/.exec(valueOf(raw, field, 1000))?.[0] ?? null;
  }
  return null;
}

function checkHeaders(raw: Buffer): void {
  const seen = new Set<string>();
  for (const { name } of headerFields(raw)) {
    if (seen.has(name) && ONLY_ONCE.has(name)) throw invalid(`Duplicate header '${name}'.`);
    seen.add(name);
  }
  if (!seen.has('from')) throw invalid("Missing required header 'From'.");
}

/** The sender and the recipients: from the call, or else from the message. */
export function envelopeOf(raw: Buffer, source: string | undefined, destinations: string[]): Envelope {
  if (raw.length > MAX_RAW_BYTES) {
    throw invalid(`Message length is more than ${MAX_RAW_BYTES} bytes long: '${raw.length}'.`);
  }
  checkHeaders(raw);
  const from = source ? bareAddress(source) : headerAddresses(raw, ['from'])[0];
  if (from === undefined) throw invalid("Missing required header 'From'.");
  const given = destinations.map(bareAddress);
  const to = given.length > 0 ? given : headerAddresses(raw, ['to', 'cc', 'bcc']);
  if (to.length === 0) throw invalid("Missing required header 'To'.");
  if (to.length > MAX_RECIPIENTS) throw invalid(`Recipient count exceeds ${MAX_RECIPIENTS}.`);
  return { from, to };
}

/** Parses a stamped message for the mailbox. */
export async function readMessage(
  raw: Buffer,
  envelope: Envelope,
  messageId: string,
  now: Date,
): Promise<Message> {
  const mail = await PostalMime.parse(raw).catch(() => {
    throw invalid('Message could not be parsed.');
  });
  const bare = (
    list: { address?: string | undefined; group?: { address: string }[] | undefined }[],
  ): string[] =>
    list.flatMap(
      ({ address, group }) => group?.map((member) => member.address) ?? (address ? [address] : []),
    );
  return {
    from: bare(mail.from ? [mail.from] : [])[0] ?? null,
    to: bare(mail.to ?? []),
    cc: bare(mail.cc ?? []),
    envelope,
    subject: mail.subject ?? null,
    messageId,
    inReplyTo: repliedTo(raw),
    text: mail.text ?? null,
    html: mail.html ?? null,
    raw: decoded(raw),
    sentAt: now.toISOString(),
  };
}
