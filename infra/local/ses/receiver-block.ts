import type { Verdicts, VerdictStatus } from './verdicts.ts';

/** Who connected: the address, and the name that it gave itself by HELO or EHLO. */
export interface Client {
  address: string;
  helo: string;
}

export interface Arrival {
  envelope: { from: string; to: string[] };
  client: Client;
  verdicts: Verdicts;
  /** The domain of From; null where there is none. */
  fromDomain: string | null;
  /** SES's own id of the message. */
  messageId: string;
  now: Date;
}

/**
 * The fields that SES writes above a message, in its order and its words, as stored messages of others show them. What
 * the sender gave as its name and envelope stands in them as it came. Left out is X-SES-DKIM-SIGNATURE, which SES puts
 * below the receipt and which nobody else can make.
 */
export function receiverBlock({ envelope, client, verdicts, fromDomain, messageId, now }: Arrival): Buffer {
  const { statuses, dkimDomain } = verdicts;
  const spf = spfResult(statuses.spf, envelope.from, client);
  const signer = dkimDomain ?? fromDomain;
  const lines = [
    `Return-Path: <${envelope.from}>`,
    `Received: from ${client.helo} (${client.helo} [${client.address}])`,
    ` by inbound-smtp.local with SMTP id ${messageId}`,
    ` for ${envelope.to[0] ?? ''};`,
    ` ${now.toUTCString().replace('GMT', '+0000 (UTC)')}`,
    `X-SES-Spam-Verdict: ${statuses.spam}`,
    `X-SES-Virus-Verdict: ${statuses.virus}`,
    `Received-SPF: ${spf}`,
    'Authentication-Results: amazonses.com;',
    ` spf=${spf}`,
    ...(signer === null || statuses.dkim === 'GRAY'
      ? []
      : [` dkim=${words[statuses.dkim]} header.i=@${signer};`]),
    ` dmarc=${words[statuses.dmarc]} header.from=${fromDomain ?? ''};`,
    `X-SES-RECEIPT: ${Buffer.from(messageId).toString('base64')}`,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n`);
}

const words: Record<VerdictStatus, string> = {
  PASS: 'pass',
  FAIL: 'fail',
  GRAY: 'none',
  PROCESSING_FAILED: 'permerror',
};

/** SPF is asked about the envelope's sender, and where it is empty, about postmaster at the client's name. */
function spfResult(status: VerdictStatus, from: string, { address, helo }: Client): string {
  const asked = from === '' ? `postmaster@${helo}` : from;
  const domain = asked.slice(asked.lastIndexOf('@') + 1);
  const comments: Record<VerdictStatus, string> = {
    PASS: `domain of ${domain} designates ${address} as permitted sender`,
    FAIL: `domain of ${domain} does not designate ${address} as permitted sender`,
    GRAY: `${address} is neither permitted nor denied by domain of ${domain}`,
    PROCESSING_FAILED: 'Error in processing SPF Record',
  };
  const comment = `(spfCheck: ${comments[status]})`;
  return `${words[status]} ${comment} client-ip=${address}; envelope-from=${asked}; helo=${helo};`;
}
