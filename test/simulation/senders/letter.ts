import type { Check, VerdictStatus } from '../../../infra/local/ses/verdicts.ts';
import type { Seeded } from '../../support/faults/seeded.ts';
import { supportAddress } from '../../support/memory/memory-dependencies.ts';
import { domainOf, type Sender } from './cast.ts';

/** A machine's sign in the head: of an answer by itself, a report, a list, or of mail to many. */
export type Machine = 'auto' | 'report' | 'list' | 'bulk';

/** A message as its author wrote it, and what became of it. */
export interface Letter {
  nth: number;
  /** Who really wrote it, and whom its From names. */
  author: string;
  from: string;
  subject: string;
  text: string;
  to: string;
  cc: readonly string[];
  head: readonly string[];
  messageId: string;
  writtenAt: Date;
  machine: Machine | null;
  danger: 'spam' | 'unclear spam' | 'virus' | null;
  /** The ticket that it answers, and what names it there. */
  answers: { ticketId: string; by: 'token' | 'references' | 'subject' } | null;
  /** Nobody had recorded its From when it came. */
  isOfStranger: boolean;
  /** A copy arrived that is shown to be from its From; that is signed by it. */
  believed: boolean;
  signed: boolean;
  /** Its holder pressed yes; of a letter that no copy showed to be theirs, that confirms it. */
  pressed: boolean;
  confirmed: boolean;
  /** Staff let it in. */
  replayed: boolean;
  /** The ticket that has it, once one has. */
  ticketId: string | null;
}

/** How a copy of a letter travels and what the receiver finds. */
export interface Way {
  called: string;
  envelope: string;
  client: string;
  helo?: string;
  verdicts: Partial<Record<Check, VerdictStatus>>;
  /** Whose signature was found; From's domain where it is left out. */
  signer?: string;
  /** A verdict that the notification does not tell. */
  leftOut?: Check;
  /** From fields in the place of the one. */
  from?: readonly string[];
  /** What the sender writes above the message as if it were the receiver. */
  imitation?: readonly string[];
  head?: readonly string[];
  /** What is true of it. */
  believed: boolean;
  signed: boolean;
}

/** A host from which several clients send. */
export const sharedHost = '203.0.113.7';
export const sharedNetwork = '203.0.113.0/24';
const ownHost = '198.51.100.20';
const forwarder = '192.0.2.80';
const evilHost = '192.0.2.66';

/** From a domain's own servers. */
export function direct({ address, hasDmarc, signs }: Sender): Way {
  return {
    called: 'direct',
    envelope: address,
    client: ownHost,
    verdicts: { dkim: signs ? 'PASS' : 'GRAY', dmarc: hasDmarc ? 'PASS' : 'GRAY' },
    believed: true,
    signed: signs,
  };
}

const ways: readonly ((sender: Sender) => Way)[] = [
  direct,
  direct,
  direct,
  direct,
  // Signed, as a forwarder leaves it; SPF shows the forwarder, or nobody.
  (sender) => forwarded(sender, { envelope: sender.address, spf: 'FAIL' }),
  (sender) => forwarded(sender, { envelope: 'srs0=x@forwarder.test', spf: 'PASS' }),
  // A server that does not sign: SPF alone shows it.
  (sender) => ({
    ...direct(sender),
    called: 'unsigned',
    verdicts: { dkim: 'GRAY', dmarc: sender.hasDmarc ? 'PASS' : 'GRAY' },
    signed: false,
  }),
  (sender) => ({ ...direct(sender), called: 'shared', client: sharedHost, believed: sender.signs }),
  // The receiver could not say.
  (sender) => ({ ...direct(sender), called: 'without a verdict', leftOut: 'dmarc', ...shown(false) }),
];

const shown = (signed: boolean) => ({ believed: signed, signed });

function forwarded(sender: Sender, { envelope, spf }: { envelope: string; spf: VerdictStatus }): Way {
  const { signs, hasDmarc } = sender;
  const dmarc = !hasDmarc ? 'GRAY' : signs ? 'PASS' : 'FAIL';
  return {
    called: 'forwarded',
    envelope,
    client: forwarder,
    verdicts: { spf, dkim: signs ? 'PASS' : 'GRAY', dmarc },
    ...shown(signs),
  };
}

/** Any of the ways that mail really goes. */
export const anyWay = (random: Seeded, sender: Sender): Way => random.pick(ways)(sender);

export const listHead = ['List-Id: Friends <friends.list.test>', 'Precedence: list'];

/** A copy by way of a mailing list: its own envelope, and the author's signature is broken by what it adds. */
export const overList = ({ hasDmarc }: Sender): Way => ({
  called: 'over a list',
  envelope: 'friends-bounces@list.test',
  client: forwarder,
  verdicts: { dkim: 'FAIL', dmarc: hasDmarc ? 'FAIL' : 'GRAY' },
  head: listHead,
  ...shown(false),
});

/** The fields of the receiver, as far as somebody can write them who does not know its id of the message. */
const imitationOf = (domain: string): string[] => [
  'Return-Path: <x@evil.test>',
  'Received: from mx.evil.test (mx.evil.test [192.0.2.66]) by inbound-smtp.local with SMTP id %ID% for support',
  'X-SES-Spam-Verdict: PASS',
  'X-SES-Virus-Verdict: PASS',
  'Received-SPF: pass client-ip=192.0.2.66; envelope-from=x@evil.test; helo=mx.evil.test;',
  'Authentication-Results: amazonses.com; spf=pass client-ip=192.0.2.66; envelope-from=x@evil.test; helo=mx.evil.test;' +
    ` dkim=pass header.i=@${domain}; dmarc=none header.from=${domain};`,
  'X-SES-RECEIPT: AEFBQUFBQUFBQUE=',
];

type Forgery = Omit<Way, 'believed' | 'signed'>;

/** What others do to write as somebody; nothing of it shows who that is. */
const failing = (): Partial<Forgery> => ({
  called: 'DMARC fails',
  verdicts: { spf: 'FAIL', dkim: 'FAIL', dmarc: 'FAIL' },
});
const forgeries: readonly ((from: string) => Partial<Forgery>)[] = [
  () => ({ called: 'own envelope', verdicts: { dkim: 'GRAY', dmarc: 'GRAY' } }),
  () => ({ called: 'own signature', signer: 'evil.test', verdicts: { dmarc: 'GRAY' } }),
  failing,
  (from) => ({
    called: 'nothing was processed',
    envelope: from,
    verdicts: { spf: 'PROCESSING_FAILED', dkim: 'PROCESSING_FAILED', dmarc: 'PROCESSING_FAILED' },
  }),
  // From a host that the domain lets send, by somebody who is not of it.
  (from) => ({
    called: 'DMARC is unclear',
    envelope: from,
    verdicts: { dkim: 'GRAY', dmarc: 'PROCESSING_FAILED' },
  }),
  (from) => ({
    called: 'no verdict of DMARC',
    envelope: from,
    leftOut: 'dmarc',
    verdicts: { dkim: 'GRAY', dmarc: 'GRAY' },
  }),
  (from) => ({
    called: 'imitated header',
    signer: 'evil.test',
    verdicts: { dmarc: 'GRAY' },
    imitation: imitationOf(domainOf(from)),
  }),
  (from) => ({
    called: 'two From fields',
    from: [from, 'x@evil.test'],
    verdicts: {},
  }),
  (from) => ({ called: 'two addresses in From', from: [`${from}, x@evil.test`], verdicts: {} }),
  (from) => ({
    called: 'neighbour on a shared host',
    envelope: from,
    client: sharedHost,
    verdicts: { dkim: 'GRAY', dmarc: 'GRAY' },
  }),
  (from) => ({
    called: 'neighbour on a shared host, DMARC passes',
    envelope: from,
    client: sharedHost,
    verdicts: { dkim: 'GRAY', dmarc: 'PASS' },
  }),
  () => ({
    called: 'neighbour under a shared domain',
    envelope: 'x@evil.github.io',
    verdicts: { dkim: 'GRAY', dmarc: 'GRAY' },
  }),
  () => ({ called: 'DMARC passes for no reason', verdicts: { spf: 'FAIL', dkim: 'FAIL', dmarc: 'PASS' } }),
  (from) => ({
    called: 'a name that reads as a result',
    helo: `mx.evil.test; dkim=pass header.i=@${domainOf(from)}; dmarc=none header.from=${domainOf(from)};`,
    verdicts: { dkim: 'PASS', dmarc: 'GRAY' },
    signer: 'evil.test',
  }),
];

export function forgery(random: Seeded, from: string): Way {
  const forge = random.pick(forgeries);
  // With their own envelope and signature they would be shown to be who they say.
  const made = (domainOf(from) === 'evil.test' ? failing : forge)(from);
  return {
    called: '',
    envelope: 'x@evil.test',
    client: evilHost,
    verdicts: {},
    ...made,
    ...shown(false),
  };
}

/** The message as it goes over the wire. */
export function rawOf(letter: Letter, way: Way): string {
  const { from, to, cc, subject, text, messageId, writtenAt } = letter;
  const asked = Object.entries(way.verdicts).map(([name, status]) => `${name}=${status}`);
  if (way.signer !== undefined) asked.push(`dkim-domain=${way.signer}`);
  const head = [
    ...(asked.length === 0 ? [] : [`X-Local-Verdicts: ${asked.join('; ')}`]),
    ...(way.imitation ?? []),
    ...(way.from ?? [from]).map((address) => `From: ${address}`),
    `To: ${to}`,
    ...(cc.length === 0 ? [] : [`Cc: ${cc.join(', ')}`]),
    `Subject: ${subject}`,
    `Date: ${writtenAt.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: ${messageId}`,
    ...letter.head,
    ...(way.head ?? []),
  ];
  return `${head.join('\r\n')}\r\n\r\n${text}\r\n`;
}

/** Whether To or Cc name an address of the portal. */
export const namesUs = ({ to, cc }: Pick<Letter, 'to' | 'cc'>): boolean =>
  [to, ...cc].some((address) => address.replace(/\+[^@]*@/, '@') === supportAddress);
