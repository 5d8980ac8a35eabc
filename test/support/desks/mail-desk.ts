import { createRequire } from 'node:module';
import { createConnection } from 'node:net';
import { expect } from 'vitest';
import {
  type Account,
  allOf,
  openAccount as openAccountHere,
  staffEmail,
  unique,
} from '../../local/people.ts';
import type { Answered, Mailed, PortalClient } from '../local/portal-client.ts';

/** What an independent parser makes of a mail that went out. */
export interface ParsedMail {
  headers: Map<string, unknown>;
  headerLines: { key: string; line: string }[];
  subject?: string;
  from?: Addresses;
  to?: Addresses | Addresses[];
  cc?: Addresses | Addresses[];
  replyTo?: Addresses;
  messageId?: string;
  inReplyTo?: string;
  references?: string | string[];
  date?: Date;
  text?: string;
  html?: string | false;
}

interface Addresses {
  value: { name: string; address: string }[];
}

const { simpleParser } = createRequire(import.meta.url)('mailparser') as {
  simpleParser: (raw: string) => Promise<ParsedMail>;
};

export const parseMail = (mail: Mailed): Promise<ParsedMail> => simpleParser(mail.raw);

/** The addresses of one or several header fields. */
export const addressesOf = (field: Addresses | Addresses[] | undefined): string[] =>
  [field ?? []].flat().flatMap((one) => one.value.map(({ address }) => address));

/** The lines of a message as they go over the wire. */
export const crlf = (...lines: string[]): string => lines.join('\r\n');

/** A mail as any client writes it: its head, an empty line, its text. */
export const written = (head: Record<string, string>, text: string): string =>
  crlf(...Object.entries(head).map(([name, value]) => `${name}: ${value}`), '', text);

/** What the receiver is to think of a mail; only the local one reads it. */
export const verdicts = (given: string): Record<string, string> => ({ 'X-Local-Verdicts': given });

/** Speaks SMTP by hand, for what a library does not let one send. Fails where the receiver refuses anything. */
export async function sendRaw(
  client: PortalClient,
  message: string | Buffer,
  { from = '', to = [client.portal.supportAddress] }: { from?: string; to?: string[] } = {},
): Promise<void> {
  const { host, port } = client.portal.smtp;
  const socket = createConnection({ host, port });
  const bytes = Buffer.from(message).toString('latin1');
  const body = `${bytes.replace(/^\./gm, '..')}\r\n.`;
  const recipients = to.map((address) => `RCPT TO:<${address}>`);
  const steps = ['EHLO test', `MAIL FROM:<${from}>`, ...recipients, 'DATA', body, 'QUIT'];
  let seen = '';
  for await (const chunk of socket) {
    seen += String(chunk);
    if (!/^\d{3} .*\r\n$/m.test(seen)) continue;
    expect(seen).toMatch(/^[23]/);
    seen = '';
    const next = steps.shift();
    if (next === undefined) break;
    socket.write(`${next}\r\n`, 'latin1');
  }
  socket.destroy();
}

/** A report that a mail could not be delivered, as a mail server writes it. */
export function bounceOf(
  recipient: string,
  {
    quoting,
    action = 'failed',
    status = '5.1.1',
    quotedType = 'text/rfc822-headers',
    subject = unique('Undelivered Mail Returned to Sender'),
    to = 'support@portal.test',
  }: {
    quoting?: string;
    action?: string;
    status?: string;
    quotedType?: string;
    subject?: string;
    to?: string;
  },
): { subject: string; message: string } {
  const quoted = [
    '--frontier',
    `Content-Type: ${quotedType}`,
    '',
    'From: Annex <support@portal.test>',
    `To: ${recipient}`,
    `Message-ID: ${quoting}`,
    'Subject: What was sent',
    '',
  ];
  const message = crlf(
    'From: Mail Delivery System <MAILER-DAEMON@mx.people.test>',
    `To: ${to}`,
    `Subject: ${subject}`,
    `Message-ID: <${unique('dsn')}@mx.people.test>`,
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="frontier"',
    '',
    '--frontier',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    `Your message to ${recipient} could not be delivered.`,
    '',
    '--frontier',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.people.test',
    'Arrival-Date: Mon, 2 Nov 2026 10:00:00 +0000',
    '',
    `Final-Recipient: rfc822; ${recipient}`,
    `Original-Recipient: rfc822;${recipient}`,
    `Action: ${action}`,
    `Status: ${status}`,
    `Diagnostic-Code: smtp; 550 ${status} no such user`,
    '',
    ...(quoting === undefined ? [] : quoted),
    '--frontier--',
    '',
  );
  return { subject, message };
}

/** What the tests about mail ask of a portal, over and over. */
export class MailDesk {
  readonly client: PortalClient;

  constructor(client: PortalClient) {
    this.client = client;
  }

  staff(): Promise<string> {
    return this.client.token(staffEmail);
  }

  openAccount(name?: string): Promise<Account> {
    return openAccountHere(this.client, name);
  }

  /** The tickets of an account, as its owner lists them. */
  ticketsOf(account: Account, query = ''): Promise<any[]> {
    return allOf(this.client, account.owner.token, `${account.path}/tickets${query}`);
  }

  async readTicket(account: Account, id: string): Promise<any> {
    const answer = await this.client.call(account.owner.token, 'GET', `${account.path}/tickets/${id}`);
    expect(answer.status).toBe(200);
    return answer.body;
  }

  /** The ticket with this subject, once there is one. */
  ticketNamed(account: Account, subject: string): Promise<any> {
    return this.client.until(async () => {
      const found = (await this.ticketsOf(account)).find((ticket) => ticket.subject === subject);
      return found && this.readTicket(account, found.id);
    });
  }

  /** The message of a ticket that holds this text, once it is there. */
  messageIn(account: Account, id: string, text: string): Promise<any> {
    return this.client.until(async () =>
      (await this.readTicket(account, id)).messages.find((message: any) => message.body.includes(text)),
    );
  }

  async mailsTo(address: string): Promise<Mailed[]> {
    return (await this.client.mails()).filter((mail) => mail.envelope.to.includes(address));
  }

  /** Opens a ticket in the portal, and gives it with its first mail. */
  async openTicket(account: Account, more: object = {}, token = account.owner.token): Promise<Opened> {
    const subject = unique('Ticket');
    const body = { subject, message: unique('It is broken'), ...more };
    const answer = await this.client.call(token, 'POST', `${account.path}/tickets`, body);
    expect(answer.status).toBe(201);
    const [mail] = await this.client.mailsWith(`[Ticket ID: ${answer.body.number}]`);
    return { ticket: answer.body, mail: mail!, replyTo: replyAddress(mail!) };
  }

  /** Staff reply in a ticket; gives the text, by which its mail is found. */
  async staffReply(account: Account, ticketId: string, more: object = {}): Promise<string> {
    const message = unique('From staff');
    const answer = await this.replyAs(await this.staff(), account, ticketId, { message, ...more });
    expect(answer.status).toBe(201);
    return message;
  }

  replyAs(token: string, account: Account, ticketId: string, body: object): Promise<Answered> {
    return this.client.call(token, 'POST', `${account.path}/tickets/${ticketId}/replies`, body);
  }

  /** What staff read of the mails that came in with this in their subject. */
  async records(subject: string, query = ''): Promise<any[]> {
    const all = await allOf(this.client, await this.staff(), `/v1/staff/mail-in${query}`);
    return all.filter((record) => record.subject.includes(subject));
  }

  /** The record of the mail that came in with this in its subject, once there is one. */
  record(subject: string): Promise<any> {
    let looks = 0;
    return this.client.until(async () => {
      // It is among the newest, as a rule: going through all mail that ever came in takes long.
      const found = ++looks % 3 === 0 ? await this.records(subject) : await this.#newestRecords(subject);
      return found.at(0);
    });
  }

  async #newestRecords(subject: string): Promise<any[]> {
    const newest = await this.client.call(await this.staff(), 'GET', '/v1/staff/mail-in?limit=20');
    expect(newest.status).toBe(200);
    return newest.body.items.filter((record: any) => record.subject.includes(subject));
  }

  /** Returns when a mail that came in last is a ticket and its confirmation went out: what came before it is done. */
  async settle(account: Account): Promise<void> {
    const subject = unique('Later');
    await this.client.sendMail({ from: account.owner.email, subject, text: 'Hello.' });
    await this.client.mailsWith(subject);
  }
}

export interface Opened {
  ticket: any;
  /** Its confirmation. */
  mail: Mailed;
  /** The address with the reply token of this ticket. */
  replyTo: string;
}

/** Where a person who presses "reply" writes to. */
export function replyAddress(mail: Mailed): string {
  const head = mail.raw.slice(0, mail.raw.search(/\r?\n\r?\n/)).replace(/\r?\n[ \t]+/g, ' ');
  const address = /^Reply-To: (?:.*<)?([^<>\s]+)>?$/im.exec(head)?.[1];
  expect(address).toBeDefined();
  return address!;
}
