import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { createTransport } from 'nodemailer';
import type { Controls } from '../controls.ts';
import { guard } from '../http/guard.ts';
import { eventsOf, type Publish } from './outcomes/events.ts';
import type { Origins } from '../http/origins.ts';
import { PAGE_HEADERS } from '../http/page.ts';
import { idOf, listPage, messagePage, notFoundPage } from './mailbox.ts';
import {
  bareAddress,
  type Envelope,
  envelopeOf,
  type Message,
  messageIdHeader,
  readMessage,
  SesError,
  sesMessageId,
  stamped,
} from './message.ts';
import { MailControl } from './outcomes/mail-control.ts';
import { serveSuppression } from './outcomes/suppression.ts';
import { MessageStore } from './store.ts';
import { report } from '../report.ts';

export type { Envelope, Message } from './message.ts';

export interface SesOptions {
  controls: Controls;
  region: string;
  port?: number;
  origins?: Origins | undefined;
  /** What becomes of mail to an address; all is delivered without it. */
  outcomes?: MailControl;
  /** Where events about sent messages go. */
  publish?: Publish;
  /** Where sent messages are kept; without it they live as long as the process. */
  dir?: string;
}

export interface Ses {
  url: string;
  mailboxUrl: string;
  /** Oldest first. */
  messages: () => Message[];
  /** Sends without a call to the API and without its faults; the envelope is read from the message if not given. */
  send: (mail: { raw: Buffer | string; envelope?: Envelope }) => Promise<Message>;
  /** The same for a plain text, as other services of the cloud send them. */
  sendText: (mail: { from: string; to: string; subject: string; text: string }) => Promise<Message>;
  close: () => Promise<void>;
}

const NAMESPACE = 'http://ses.amazonaws.com/doc/2010-12-01/';
const MAILBOX = '/mailbox';
/** Above SES's own limit, so that a message that is too large gets SES's error and not this server's. */
const BODY_LIMIT = 64 * 1024 * 1024;

const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });

interface Draft {
  from: string;
  to: string[];
  cc?: string[];
  replyTo?: string[];
  subject: string;
  text?: string | undefined;
  html?: string | undefined;
}

async function compose(draft: Draft): Promise<Buffer> {
  // Content comes from the call alone, so nodemailer must not read files or URLs.
  const { message } = await composer.sendMail({ ...draft, disableFileAccess: true, disableUrlAccess: true });
  return message as Buffer;
}

/** The values of `Name.member.1`, `Name.member.2` and so on, in their order. */
function members(form: URLSearchParams, name: string): string[] {
  const prefix = `${name}.member.`;
  return [...form]
    .filter(([key]) => key.startsWith(prefix) && /^\d+$/.test(key.slice(prefix.length)))
    .sort(([a], [b]) => Number(a.slice(prefix.length)) - Number(b.slice(prefix.length)))
    .map(([, value]) => value);
}

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (!value) {
    throw new SesError(
      'ValidationError',
      `1 validation error detected: Value null at '${name.replace(/^./, (first) => first.toLowerCase())}' ` +
        'failed to satisfy constraint: Member must not be null',
    );
  }
  return value;
}

interface Outgoing {
  raw: Buffer;
  envelope: Envelope;
}

function rawEmail(form: URLSearchParams): Outgoing {
  const raw = Buffer.from(required(form, 'RawMessage.Data'), 'base64');
  return { raw, envelope: envelopeOf(raw, form.get('Source') ?? undefined, members(form, 'Destinations')) };
}

async function simpleEmail(form: URLSearchParams): Promise<Outgoing> {
  const from = required(form, 'Source');
  bareAddress(from);
  const [to, cc, bcc] = ['To', 'Cc', 'Bcc'].map((kind) => members(form, `Destination.${kind}Addresses`));
  const replyTo = members(form, 'ReplyToAddresses');
  const recipients = [...(to ?? []), ...(cc ?? []), ...(bcc ?? [])];
  // Checked before composing, which would silently drop what is no address.
  [...recipients, ...replyTo].forEach(bareAddress);
  const raw = await compose({
    from,
    to: to ?? [],
    cc: cc ?? [],
    replyTo,
    subject: form.get('Message.Subject.Data') ?? '',
    text: form.get('Message.Body.Text.Data') ?? undefined,
    html: form.get('Message.Body.Html.Data') ?? undefined,
  });
  return { raw, envelope: envelopeOf(raw, form.get('ReturnPath') || from, recipients) };
}

const xml = (text: string): string =>
  text
    .replaceAll(/[^\t\n\r\P{Cc}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');

function refuse(reply: FastifyReply, error: unknown): FastifyReply {
  const known = error instanceof SesError;
  if (!known) report('ses', error);
  const [code, message, type] = known
    ? [error.code, error.message, 'Sender']
    : ['InternalFailure', 'Internal server error.', 'Receiver'];
  return reply
    .code(known ? 400 : 500)
    .send(
      `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>${type}</Type><Code>${xml(code)}</Code>` +
        `<Message>${xml(message)}</Message></Error><RequestId>${randomUUID()}</RequestId></ErrorResponse>`,
    );
}

/** Stamps, parses and stores one message after the other, so that the mailbox has the order of sending. */
function mailer(options: SesOptions, store: MessageStore): (mail: Outgoing) => Promise<Message> {
  const { controls, region } = options;
  let last: Promise<unknown> = Promise.resolve();
  return (mail) => {
    const sent = last.then(async () => {
      const now = controls.now();
      const messageId = messageIdHeader(sesMessageId(region, now), region);
      const message = await readMessage(stamped(mail.raw, messageId, now), mail.envelope, messageId, now);
      await store.add(message);
      return message;
    });
    last = sent.catch(() => undefined);
    return sent;
  };
}

/** The service tells of a message a while after it took it. */
const eventsAfterMs = 200;

/** Tells of a sent message by events; what it tells later is dropped when the server closes. */
function teller({ controls, publish }: SesOptions, outcomes: MailControl) {
  const timers = new Set<NodeJS.Timeout>();
  const tell = (message: Message, configurationSet: string | null): void => {
    if (!publish || !configurationSet) return;
    const events = eventsOf(message, configurationSet, outcomes, controls.now());
    const timer = setTimeout(() => {
      timers.delete(timer);
      Promise.all(events.map((event) => publish(configurationSet, event))).catch((error: unknown) =>
        report('ses events', error),
      );
    }, eventsAfterMs);
    timers.add(timer);
  };
  return { tell, stop: () => timers.forEach((timer) => clearTimeout(timer)) };
}

/** Fails for good where one of the recipients is one that SES takes no mail for. */
function requireAccepted({ envelope }: Outgoing, outcomes: MailControl): void {
  if (envelope.to.some((address) => outcomes.of(address).outcome === 'reject')) {
    throw new SesError('MessageRejected', 'Address blacklisted.');
  }
}

function serveApi(
  app: FastifyInstance,
  controls: Controls,
  outcomes: MailControl,
  deliver: (mail: Outgoing) => Promise<Message>,
  tell: (message: Message, configurationSet: string | null) => void,
): void {
  app.post('/', async (request, reply) => {
    void reply.type('text/xml').header('x-amzn-requestid', randomUUID());
    try {
      const form = new URLSearchParams(Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '');
      const action = form.get('Action') ?? '';
      if (action !== 'SendRawEmail' && action !== 'SendEmail') {
        throw new SesError('InvalidAction', `Could not find operation ${action} for version 2010-12-01`);
      }
      if (controls.strikes(controls.faults.mailThrottles)) {
        throw new SesError('Throttling', 'Maximum sending rate exceeded.');
      }
      const mail = action === 'SendRawEmail' ? rawEmail(form) : await simpleEmail(form);
      requireAccepted(mail, outcomes);
      const sent = await deliver(mail);
      tell(sent, form.get('ConfigurationSetName'));
      return reply.send(
        `<${action}Response xmlns="${NAMESPACE}"><${action}Result><MessageId>${idOf(sent)}</MessageId>` +
          `</${action}Result><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>` +
          `</${action}Response>`,
      );
    } catch (error) {
      return refuse(reply, error);
    }
  });
}

function serveMailbox(app: FastifyInstance, store: MessageStore): void {
  const find = (id: string): Message | undefined => store.all().find((message) => idOf(message) === id);

  app.get<{ Querystring: { page?: string } }>(MAILBOX, (request, reply) => {
    const number = Math.max(1, Math.trunc(Number(request.query.page)) || 1);
    return reply.headers(PAGE_HEADERS).send(listPage(store.all(), MAILBOX, number));
  });
  // `from` skips that many of the oldest messages, for a caller that has read them already.
  app.get<{ Querystring: { from?: string } }>(`${MAILBOX}/messages`, (request, reply) =>
    reply.header('cache-control', 'no-store').send(store.all().slice(Number(request.query.from ?? 0) || 0)),
  );
  app.delete(`${MAILBOX}/messages`, async (_request, reply) => {
    await store.clear();
    return reply.code(204).send();
  });
  app.get<{ Params: { id: string } }>(`${MAILBOX}/messages/:id`, (request, reply) => {
    const message = find(request.params.id);
    if (!message) return reply.code(404).headers(PAGE_HEADERS).send(notFoundPage(MAILBOX));
    return reply.headers(PAGE_HEADERS).send(messagePage(message, MAILBOX));
  });
  app.get<{ Params: { id: string } }>(`${MAILBOX}/messages/:id/raw`, (request, reply) => {
    const message = find(request.params.id);
    void reply.headers({ ...PAGE_HEADERS, 'content-type': 'text/plain; charset=utf-8' });
    return message ? reply.send(message.raw) : reply.code(404).send('No such message');
  });
}

/** Amazon SES for sending. Messages are not delivered; a mailbox stores and shows them. */
export async function startSes(options: SesOptions): Promise<Ses> {
  const { controls, dir, origins, outcomes = new MailControl() } = options;
  const store = await MessageStore.open(dir === undefined ? null : join(dir, 'ses-messages.jsonl'));
  const deliver = mailer(options, store);
  const { tell, stop } = teller(options, outcomes);
  const app = Fastify({
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  serveApi(app, controls, outcomes, deliver, tell);
  serveSuppression(app, outcomes);
  serveMailbox(app, store);
  guard(app.server, { origins });
  const url = await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });

  const send: Ses['send'] = ({ raw, envelope }) => {
    const bytes = Buffer.from(raw);
    return deliver({ raw: bytes, envelope: envelope ?? envelopeOf(bytes, undefined, []) });
  };
  return {
    url,
    mailboxUrl: url + MAILBOX,
    messages: () => store.all(),
    send: async (mail) => send(mail),
    sendText: async ({ from, to, subject, text }) => {
      const raw = await compose({ from, to: [to], subject, text });
      return send({ raw, envelope: { from: bareAddress(from), to: [bareAddress(to)] } });
    },
    close: async () => {
      stop();
      await app.close();
      await store.idle();
    },
  };
}
