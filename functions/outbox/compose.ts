import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import type { Person, Recipients } from '../../shared/tickets/recipients.ts';
import type { RenderedMail } from '../../shared/mail/render.ts';

/** The sender of the portal's mail. */
export interface Sender {
  name: string;
  address: string;
}

export interface OutgoingMail {
  raw: Buffer;
  /** The envelope's sender, which gets the bounces. */
  source: string;
  /** The envelope's recipients, without duplicates. */
  destinations: string[];
}

/** An address without characters that could end a header or begin another address. */
const plainAddress = /^[^\s<>,;:"()[\]\\@]{1,64}@[A-Za-z0-9.-]{1,190}$/u;

/** The most recipients of one message; SES takes 50. */
export const mostRecipients = 50;

/** Whether an address can be used in a header without changing where the message goes. */
export function isPlainAddress(address: string): boolean {
  return plainAddress.test(address);
}

export interface MessageParts {
  sender: Sender;
  recipients: Recipients;
  mail: RenderedMail;
  references: string[];
  inReplyTo: string | null;
  /** The Auto-Submitted value (RFC 3834) of automatic mail, which stops automatic answers; null for a person's. */
  automatic: 'auto-generated' | 'auto-replied' | null;
  /** The address that replies go to. */
  replyTo: string;
  /** The link that switches this kind of mail off (RFC 8058); null if it cannot be. */
  unsubscribeUrl: string | null;
  date: Date;
}

/** Builds the MIME message: text and HTML, threaded, marked if automatic. Null if no valid recipient is left. */
export async function compose(input: MessageParts): Promise<OutgoingMail | null> {
  const { recipients, sender, mail } = input;
  const people = [...(recipients.to ? [recipients.to] : []), ...recipients.cc];
  const valid = people.filter((person) => isPlainAddress(person.email)).slice(0, mostRecipients);
  const [to, ...cc] = valid;
  if (!to) return null;
  const inReplyTo = input.inReplyTo ?? input.references.at(-1);
  const references = input.references.filter((id) => id !== inReplyTo);
  const composer = new MailComposer({
    from: { name: sender.name, address: sender.address },
    replyTo: input.replyTo,
    to: [addressee(to)],
    cc: cc.map(addressee),
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    date: input.date,
    inReplyTo,
    references: inReplyTo === undefined ? references : [...references, inReplyTo],
    headers: headersOf(input),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const destinations = valid.map((person) => person.email);
  return { raw: await composer.compile().build(), source: sender.address, destinations };
}

function headersOf({ automatic, unsubscribeUrl }: Pick<MessageParts, 'automatic' | 'unsubscribeUrl'>) {
  return {
    ...(automatic ? { 'Auto-Submitted': automatic, 'X-Auto-Response-Suppress': 'All' } : {}),
    ...(unsubscribeUrl === null
      ? {}
      : {
          'List-Unsubscribe': `<${unsubscribeUrl}>`,
          'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
        }),
  };
}

function addressee({ name, email }: Person) {
  return { name: name.replace(/[\u0000-\u001f\u007f]+/gu, ' '), address: email };
}
