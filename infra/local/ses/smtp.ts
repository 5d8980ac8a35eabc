import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { Controls } from '../controls.ts';
import { report } from '../report.ts';
import type { Client } from './receiver-block.ts';

/** SES refuses inbound messages above this. */
export const MAX_INBOUND_BYTES = 40 * 1024 * 1024;
/** How long clients with open connections may delay a shutdown. */
const CLOSE_MS = 50;

export interface InboundMessage {
  envelope: { from: string; to: string[] };
  client: Client;
  raw: Buffer;
  /** An id of the shape that SES gives to received messages. */
  messageId: string;
  receivedAt: Date;
}

export interface SmtpOptions {
  controls: Controls;
  port?: number;
  host?: '127.0.0.1';
  /** Called before the message is answered with 250. If it fails, the sender is asked to try again. */
  receive: (message: InboundMessage) => Promise<void> | void;
}

export interface Smtp {
  host: string;
  port: number;
  close: () => Promise<void>;
}

/** 40 lower-case letters and digits, as SES's inbound ids are. */
export function inboundMessageId(): string {
  return Array.from(randomBytes(40), (byte) => (byte % 32).toString(32)).join('');
}

function refusal(code: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode: code });
}

/** The whole message, or null when it is too large. It is then read to its end and discarded. */
async function readAll(stream: SMTPServerDataStream): Promise<Buffer | null> {
  let chunks: Buffer[] = [];
  for await (const chunk of stream) {
    if (stream.sizeExceeded) chunks = [];
    else chunks.push(chunk as Buffer);
  }
  return stream.sizeExceeded ? null : Buffer.concat(chunks);
}

/** The mail exchanger of the local cloud: plain SMTP without authentication, as the Internet delivers. */
export async function startSmtp(options: SmtpOptions): Promise<Smtp> {
  const { controls, receive, host = '127.0.0.1' } = options;

  const take = async (stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> => {
    const { mailFrom, rcptTo } = session.envelope;
    // The envelope is copied, because the session's is reset when the connection ends meanwhile.
    const envelope = {
      from: mailFrom === false ? '' : mailFrom.address,
      to: rcptTo.map(({ address }) => address),
    };
    const client = {
      address: session.remoteAddress.replace(/^::ffff:/, ''),
      helo: session.hostNameAppearsAs || 'unknown',
    };
    const raw = await readAll(stream);
    if (!raw) throw refusal(552, '5.3.4 Message too large');
    try {
      await receive({ envelope, client, raw, messageId: inboundMessageId(), receivedAt: controls.now() });
    } catch (error) {
      report('smtp', error);
      throw refusal(451, '4.3.0 Temporary failure, please try again later');
    }
  };

  const server = new SMTPServer({
    name: 'inbound-smtp.local',
    banner: 'Local cloud',
    size: MAX_INBOUND_BYTES,
    disabledCommands: ['AUTH', 'STARTTLS'],
    // A reverse lookup of 127.0.0.1 is of no use.
    disableReverseLookup: true,
    closeTimeout: CLOSE_MS,
    logger: false,
    onData: (stream, session, callback) => {
      take(stream, session).then(
        () => callback(null, 'Ok'),
        (error: unknown) => callback(error as Error),
      );
    },
  });
  // A client that hangs up is no failure, but an unhandled error would end the process.
  server.on('error', () => undefined);

  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(options.port ?? 0, host, () => {
      server.server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.server.address() as AddressInfo;
  return { host, port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}
