import type { Headers } from '../../../../shared/mail/message/automatic-mail.ts';
import { type InboundMessage, readMessage } from '../../../../shared/mail/message/read-message.ts';

/** What any mail has, unless a test says otherwise; a header that is null is left out. */
const usual: Record<string, string | null> = {
  From: 'Jane Owner <jane@acme.test>',
  To: 'support@portal.test',
  Subject: 'The server does not answer',
  'Message-ID': '<one@acme.test>',
  Date: 'Mon, 02 Mar 2026 10:00:00 +0000',
  'MIME-Version': '1.0',
};

/** A message of these headers and this body, with the line ends of mail; a character is a byte. */
export function message(headers: Record<string, string | null>, body: string): Buffer {
  const fields = Object.entries({ ...usual, ...headers }).filter(([, value]) => value !== null);
  const head = fields.map(([name, value]) => `${name}: ${value}\n`).join('');
  return Buffer.from(`${head}\n${body}`.replace(/\r?\n/g, '\r\n'), 'latin1');
}

/** A part of a multipart message: its headers, a blank line, its body. */
export function part(headers: Record<string, string>, body: string): string {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`);
  return `${fields.join('')}\n${body}`;
}

export function multipart(
  subtype: string,
  parts: string[],
  headers: Record<string, string | null> = {},
): Buffer {
  return message(
    { 'Content-Type': `multipart/${subtype}; boundary="frontier"`, ...headers },
    bodyOf(parts, 'frontier'),
  );
}

/** A multipart within another. */
export function nested(subtype: string, parts: string[], boundary: string): string {
  return part({ 'Content-Type': `multipart/${subtype}; boundary=${boundary}` }, bodyOf(parts, boundary));
}

function bodyOf(parts: string[], boundary: string): string {
  return `${parts.map((each) => `--${boundary}\n${each}\n`).join('')}--${boundary}--\n`;
}

export const text = (body: string): string => part({ 'Content-Type': 'text/plain; charset=utf-8' }, body);
export const html = (body: string): string => part({ 'Content-Type': 'text/html; charset=utf-8' }, body);

/** A file as mail programs attach it. */
export function file(
  disposition: string,
  content: Uint8Array | string,
  headers: Record<string, string> = {},
): string {
  const lines = Buffer.from(content)
    .toString('base64')
    .replace(/(.{76})/g, '$1\n');
  return part(
    {
      'Content-Type': 'application/octet-stream',
      'Content-Transfer-Encoding': 'base64',
      'Content-Disposition': disposition,
      ...headers,
    },
    lines,
  );
}

export const read = (raw: Uint8Array | string): Promise<InboundMessage> =>
  readMessage(typeof raw === 'string' ? Buffer.from(raw, 'latin1') : raw);

/** Headers as `readMessage` has them. */
export function headersOf(headers: Record<string, string>): Headers {
  return new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]]));
}

/** A delivery status notification after RFC 3464, about one recipient. */
export function bounce({
  recipient = 'gone@client.test',
  action = 'failed',
  status = '5.1.1',
  originalId = '<sent@portal.test>',
  returned = 'message/rfc822',
  headers = {},
}: {
  recipient?: string;
  action?: string;
  status?: string;
  originalId?: string;
  returned?: string;
  headers?: Record<string, string | null>;
} = {}): Buffer {
  const report =
    `Reporting-MTA: dns; mx.client.test\nArrival-Date: Mon, 02 Mar 2026 09:59:00 +0000\n\n` +
    `Original-Recipient: rfc822;${recipient}\nFinal-Recipient: rfc822;${recipient}\nAction: ${action}\n` +
    `Status: ${status}\nDiagnostic-Code: smtp; 550 ${status} no such user here\n`;
  const original = `From: support@portal.test\nTo: ${recipient}\nMessage-ID: ${originalId}\nSubject: Hello\n\nHello\n`;
  return multipart(
    'report',
    [
      text('I could not deliver your message.\n'),
      part({ 'Content-Type': 'message/delivery-status' }, report),
      part({ 'Content-Type': returned }, original),
    ],
    {
      From: 'Mail Delivery System <MAILER-DAEMON@mx.client.test>',
      Subject: 'Undelivered Mail Returned to Sender',
      'Message-ID': '<dsn@mx.client.test>',
      'Content-Type': 'multipart/report; report-type=delivery-status; boundary="frontier"',
      'Auto-Submitted': 'auto-replied',
      ...headers,
    },
  );
}
