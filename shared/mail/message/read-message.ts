import { createHash } from 'node:crypto';
import { decodeWords } from 'postal-mime';
import { plainName } from '../../core/plain-name.ts';
import { plainLine } from '../../core/plain-text.ts';
import { addressesIn, senderIn } from './mime-addresses.ts';
import { type Attachment, isDangerous, safeFileName } from './attachment.ts';
import { type Bounce, readBounce } from './bounce.ts';
import type { Headers } from './automatic-mail.ts';
import { bodyOf } from './mime-body.ts';
import { decodeText } from './mime-charset.ts';
import { asText, type Field, type Structured } from './mime-fields.ts';
import { type Leaf, type Outline, outlineOf } from './mime-outline.ts';
import { leavesOf, readBody } from './mime-text.ts';
import { sendersFields } from '../received/receiver-header.ts';

/** A parsed message, as decisions and tickets need it. */
export interface InboundMessage {
  /** The From address in lower case; null if there is no usable one, or several. */
  from: string | null;
  fromName: string;
  subject: string;
  /** With angle brackets; null if there is no valid one. */
  messageId: string | null;
  /** When its sender says that it was written; null where no date can be read. */
  sentAt: Date | null;
  /** In-Reply-To, then References from the newest: the order in which the thread is searched. */
  answers: string[];
  headers: Headers;
  /** The header fields in their order, from the top: the receiver's own stand above the sender's. */
  fields: readonly Field[];
  text: string;
  /** Safe to display; null if the message has none, or more than a ticket holds. */
  html: string | null;
  /** The first 50, in order. */
  attachments: Attachment[];
  attachmentsLeftOut: number;
  /** A mail server's report of undelivered messages; null if this is not one. */
  bounce: Bounce | null;
  /** Bare addresses. */
  to: string[];
  cc: string[];
  /** A hash of Message-ID and body: the same for every copy of the message. */
  fingerprint: string;
}

/** The input contains nothing that can be handled as a message. */
export class UnreadableMessage extends Error {
  override readonly name = 'UnreadableMessage';
}

export const longestText = 60_000;
const mostAnswers = 100;
/** In bytes: above the receiver's own limit, with room for what it adds. */
const largestMessage = 64 * 1024 * 1024;

/**
 * Reads a raw message in linear time, and a malformed one as far as possible.
 *
 * The parts are found and decoded here because parsers of whole messages inspect every line: postal-mime, the
 * fastest, takes 0.3 s for an attachment of 5 MB, and seconds for text in short lines. It reads names and addresses.
 * @throws UnreadableMessage if there is no header, or the message is larger than 64 MB
 */
export async function readMessage(raw: Uint8Array): Promise<InboundMessage> {
  if (raw.length > largestMessage) throw new UnreadableMessage('larger than any message that is received');
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const outline = outlineOf(bytes);
  if (sendersFields(outline.fields).length === 0) throw new UnreadableMessage('no header');
  const leaves = leavesOf(outline.root);
  const body = readBody(bytes, leaves.groups);
  const text = body.text.slice(0, longestText);
  const attachments = leaves.attachments.map((leaf) => attachmentOf(bytes, leaf, body.contentIds));
  const head = headOf(outline.fields);
  const bounce = readBounce({
    headers: head.headers,
    from: head.from,
    text,
    parts: attachments.map(({ contentType, content }) => ({ type: contentType, content })),
  });
  return {
    ...head,
    fields: outline.fields,
    text,
    html: body.html,
    attachments,
    attachmentsLeftOut: outline.leftOut,
    bounce,
    fingerprint: fingerprintOf(bytes, outline, head.messageId),
  };
}

function headOf(fields: readonly Field[]) {
  const headers = new Map<string, string[]>();
  for (const { name, value } of fields) {
    const values = headers.get(name);
    if (values) values.push(asText(value));
    else headers.set(name, [asText(value)]);
  }
  const first = (name: string) => headers.get(name)?.[0] ?? '';
  if (headers.has('subject')) headers.set('subject', [decodeWords(first('subject'))]);
  const sender = senderIn(headers.get('from') ?? []);
  const answers = [...messageIds(first('in-reply-to')), ...messageIds(first('references')).toReversed()];
  return {
    from: sender.address,
    fromName: plainName(sender.name, 120),
    subject: plainLine(first('subject'), 200),
    messageId: messageIds(first('message-id'))[0] ?? null,
    sentAt: dateOf(first('date')),
    answers: [...new Set(answers)].slice(0, mostAnswers),
    headers,
    to: addressesIn(headers.get('to') ?? []),
    cc: addressesIn(headers.get('cc') ?? []),
  };
}

/** RFC 5322's date; comments such as the zone's name are left out. */
function dateOf(value: string): Date | null {
  const date = new Date(value.replace(/\([^()]*\)/g, ' ').trim());
  return value === '' || Number.isNaN(date.getTime()) ? null : date;
}

function attachmentOf(raw: Buffer, leaf: Leaf, displayedIds: ReadonlySet<string>): Attachment {
  const { type, disposition, contentId } = leaf;
  const contentType = type.value;
  const content = bodyOf(raw, leaf);
  const name = parameterText(disposition, 'filename') ?? parameterText(type, 'name');
  return {
    fileName: safeFileName(name, contentType),
    contentType,
    content,
    contentId: contentId === '' ? null : contentId,
    inline: disposition.value === 'inline' || displayedIds.has(contentId),
    dangerous: isDangerous(name, contentType, content),
  };
}

function parameterText({ parameters, charsets }: Structured, name: string): string | null {
  const value = parameters.get(name);
  if (value === undefined || value === '') return null;
  const charset = charsets.get(name);
  return charset === undefined
    ? decodeWords(asText(value))
    : decodeText(Buffer.from(value, 'latin1'), charset);
}

/** Other headers than the Message-ID are left out, as they differ with the route of each copy. */
function fingerprintOf(raw: Buffer, { fields, headerEnd }: Outline, messageId: string | null): string {
  // A message without a Message-ID is identified by all that its sender wrote.
  const hash = createHash('sha256').update(messageId ?? JSON.stringify(sendersFields(fields)));
  return hash.update('\n').update(raw.subarray(headerEnd)).digest('base64url');
}

function messageIds(header: string): string[] {
  const given = header.slice(0, 20_000);
  const ids = [...given.matchAll(/<[^<>\s]{1,900}>/g)].map(([id]) => id);
  const bare = ids.length === 0 ? /^[^\s<>]{1,450}@[^\s<>]{1,450}$/.exec(given.trim())?.[0] : undefined;
  return bare === undefined ? ids : [`<${bare}>`];
}
