import { readFields } from '../../../../shared/mail/message/mime-fields.ts';
import { type Belief, belief } from '../../../../shared/mail/received/belief.ts';
import type { Verdicts } from '../../../../shared/mail/received/received.ts';
import { readReceiverHeader } from '../../../../shared/mail/received/receiver-header.ts';
import { readMessage } from '../../../../shared/mail/message/read-message.ts';

export const messageId = 'o3vrnil0e2ic28tr4q8pbe8n9tu1bjvj0mrj1hds';

/** A message as SES stores it and tells of it; each part can be another one. */
export interface SesMail {
  from: string;
  envelope: string;
  client: string;
  helo: string;
  spf: string;
  /** Each signature's result and whom it names. */
  dkim: [result: string, identity: string][];
  dmarc: string;
  headerFrom: string;
  verdicts: Verdicts;
  dmarcPolicy?: string;
  sharedNetworks: string[];
  /** What else the sender wrote, below the receiver's block. */
  senders: string[];
  authservId: string;
  /** The block as it stands in the message, made out of the parts above. */
  block(parts: string[]): string[];
  told: { messageId: string; envelope?: string };
}

const all = { spf: 'PASS', dkim: 'PASS', dmarc: 'PASS', spam: 'PASS', virus: 'PASS' };

/** Jane of Acme writes, and everything passes. */
export function sesMail(more: Partial<SesMail> = {}): SesMail {
  return {
    from: 'Jane <jane@acme.test>',
    envelope: 'jane@acme.test',
    client: '192.0.2.25',
    helo: 'mx.acme.test',
    spf: 'pass',
    dkim: [['pass', '@acme.test']],
    dmarc: 'pass',
    headerFrom: 'acme.test',
    sharedNetworks: [],
    senders: [],
    authservId: 'amazonses.com',
    block: (parts) => parts,
    ...more,
    verdicts: more.verdicts ?? all,
    told: { messageId, ...more.told },
  };
}

export const spfOf = ({ spf, envelope, client, helo }: SesMail): string =>
  `${spf} (spfCheck: domain of _spf.acme.test designates ${client} as permitted sender) client-ip=${client}; envelope-from=${envelope}; helo=${helo};`;

export function blockOf(mail: SesMail): string[] {
  const { authservId, dkim, dmarc, envelope, headerFrom, helo, client } = mail;
  const parts = [
    `Return-Path: <${envelope}>`,
    `Received: from ${helo} (${helo} [${client}])\r\n by inbound-smtp.eu-west-1.amazonaws.com with SMTP id ${messageId}\r\n for support@portal.test;\r\n Mon, 02 Mar 2026 10:00:00 +0000 (UTC)`,
    'X-SES-Spam-Verdict: PASS',
    'X-SES-Virus-Verdict: PASS',
    `Received-SPF: ${spfOf(mail)}`,
    `Authentication-Results: ${authservId};\r\n spf=${spfOf(mail)}\r\n${dkim.map(([result, identity]) => ` dkim=${result} header.i=${identity};\r\n`).join('')} dmarc=${dmarc} header.from=${headerFrom};`,
    'X-SES-RECEIPT: AEFBQUFBQUFBQUFH',
  ];
  return mail.block(parts);
}

export function rawOf(mail: SesMail): Buffer {
  const lines = [
    ...blockOf(mail),
    'X-SES-DKIM-SIGNATURE: a=rsa-sha256; d=amazonses.com; b=AAAA; h=From:To:X-SES-RECEIPT;',
    ...mail.senders,
    `From: ${mail.from}`,
    'To: support@portal.test',
    'Subject: The server is down',
    '',
    'Please look.',
    '',
  ];
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

/** What is believed of it, from the bytes on. */
export async function believed(mail: SesMail): Promise<Belief> {
  const message = await readMessage(rawOf(mail));
  return belief({
    from: message.from,
    envelopeFrom: mail.told.envelope ?? mail.envelope,
    verdicts: mail.verdicts,
    dmarcPolicy: mail.dmarcPolicy,
    header: readReceiverHeader(message.fields, mail.told.messageId),
    sharedNetworks: mail.sharedNetworks,
  });
}

export const fieldsOf = (text: string) =>
  readFields(Buffer.from(text, 'latin1'), 0, {
    lines: 1_000,
    fields: 1_000,
    characters: 100_000,
    wanted: new Map(),
    repeats: 10,
    isMessage: true,
  }).fields;
