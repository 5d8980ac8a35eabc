import { createHash } from 'node:crypto';
import { convert } from 'html-to-text';
import PostalMime from 'postal-mime';
import { normalAddress } from '../../shared/people/keys.ts';
import type { Headers } from './machine.ts';

/** A message as the decisions and the ticket need it. */
export interface InboundMessage {
  /** A usable From address in lower case; null where there is none, or several. */
  from: string | null;
  fromName: string;
  subject: string;
  /** With angle brackets; null where there is none that could be one. */
  messageId: string | null;
  /** In-Reply-To, then References from the newest: where the thread is looked for, in this order. */
  answers: string[];
  headers: Headers;
  text: string;
  cc: string[];
  to: string[];
  html: string | null;
  attachments: { fileName: string; contentType: string; content: Uint8Array; inline: boolean; dangerous: boolean }[];
  attachmentsLeftOut: number;
  bounce: {
    originalMessageIds: string[];
    recipients: { address: string; permanent: boolean; status: string }[];
  } | null;
  /** The same for the same message however often it comes: of its Message-ID and its body. */
  fingerprint: string;
}

const longestText = 60_000;
const headerBytesAtMost = 2 * 1024 * 1024;

/** Parses a raw message. Throws on what is no message at all. */
export async function readMessage(raw: Uint8Array): Promise<InboundMessage> {
  const email = await PostalMime.parse(raw, {
    maxHeadersSize: headerBytesAtMost,
    maxNestingDepth: 100,
  });
  const headers = new Map<string, string[]>();
  for (const { key, value } of email.headers) headers.set(key, [...(headers.get(key) ?? []), value]);
  const sender = email.from && 'address' in email.from ? email.from : undefined;
  const single = (headers.get('from')?.length ?? 0) === 1;
  const address = sender?.address ? normalAddress(sender.address) : '';
  const messageId = messageIds(email.messageId ?? '')[0] ?? null;
  return {
    from: single && /^[^\s@<>]+@[^\s@<>]+$/.test(address) ? address : null,
    fromName: oneLine(sender?.name ?? '', 120),
    subject: oneLine(email.subject ?? '', 200),
    messageId,
    answers: [...messageIds(email.inReplyTo ?? ''), ...messageIds(email.references ?? '').toReversed()],
    headers,
    text: (email.text ?? textOf(email.html ?? '')).slice(0, longestText),
    cc: (email.cc ?? []).flatMap((entry) => ('address' in entry && entry.address ? [entry.address] : [])),
    to: (email.to ?? []).flatMap((entry) => ('address' in entry && entry.address ? [entry.address] : [])),
    html: null,
    attachments: [],
    attachmentsLeftOut: 0,
    bounce: null,
    fingerprint: fingerprintOf(raw, messageId),
  };
}

function textOf(html: string): string {
  return convert(html.slice(0, 1_000_000), {
    wordwrap: false,
    limits: { maxInputLength: 1_000_000, maxDepth: 50, maxChildNodes: 5000 },
    selectors: [{ selector: 'img', format: 'skip' }],
  });
}

/** The body is what follows the first empty line; the headers differ by the way a copy took. */
function fingerprintOf(raw: Uint8Array, messageId: string | null): string {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const blank = [bytes.indexOf('\r\n\r\n'), bytes.indexOf('\n\n')].filter((at) => at >= 0);
  const body = bytes.subarray(blank.length > 0 ? Math.min(...blank) : 0);
  // Without an id of its own a message is told from others by all of it.
  const identity = messageId ?? bytes;
  return createHash('sha256').update(identity).update('\n').update(body).digest('base64url');
}

function messageIds(header: string): string[] {
  return [...header.slice(0, 20_000).matchAll(/<[^<>\s]{1,900}>/g)].map(([id]) => id);
}

/** One line that reads as it is stored: no control characters and nothing that turns the writing direction. */
function oneLine(text: string, longest: number): string {
  return text
    .replace(/[\u0000-\u001f\u007f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/gu, ' ')
    .trim()
    .slice(0, longest);
}
