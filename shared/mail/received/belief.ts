import { isIP } from 'node:net';
import { isWithin } from '../../core/network.ts';
import type { AuthenticationResults, Fault } from './authentication-results.ts';
import { areAligned, domainOf } from '../../core/organisational-domain.ts';
import type { Verdicts } from './received.ts';

/** Everything by which From is believed. */
export interface BeliefFacts {
  /** The one address of the one From field; null where there is none, or several. */
  from: string | null;
  /** The envelope's sender, as the receiver told it apart from the message. */
  envelopeFrom: string;
  verdicts: Verdicts;
  /** What From's domain asks for mail that fails DMARC, where the receiver tells; it publishes none where it is missing. */
  dmarcPolicy?: string | undefined;
  /** The receiver's header in the stored message. */
  header: AuthenticationResults | Fault;
  /** Networks from which several clients send: there SPF says no more than which host it was. */
  sharedNetworks: readonly string[];
}

export type Belief =
  | {
      believed: true;
      by: 'dmarc' | 'spf' | 'dkim' | 'its holder';
      /** No signature of From's organisation shows it: enough to be heard, not to bring others in. */
      bySpfAlone: boolean;
      reason: string;
    }
  | { believed: false; reason: string };

const no = (reason: string): Belief => ({ believed: false, reason });

/** Whether a message is from whom its From names, and why. */
export function belief(facts: BeliefFacts): Belief {
  const { from, envelopeFrom, verdicts, dmarcPolicy, header, sharedNetworks } = facts;
  if (from === null) return no('there is no one From address');
  if ('fault' in header) return no(header.fault);
  const contradiction = contradictionIn(domainOf(from), envelopeFrom, verdicts, header);
  if (contradiction !== null) return no(contradiction);
  const signed = verdicts.dkim === 'PASS' && hasOwnSignature(domainOf(from), header);
  if (isWithin(header.client, sharedNetworks)) {
    if (!signed) return no('it came from a network that several senders share, without From’s own signature');
    return { believed: true, by: 'dkim', bySpfAlone: false, reason: 'DKIM passes, from a shared network' };
  }
  if (verdicts.dmarc === 'PASS')
    return { believed: true, by: 'dmarc', bySpfAlone: !signed, reason: 'DMARC passes' };
  if (verdicts.dmarc === 'FAIL') return no('DMARC failed');
  if (header.dmarc !== 'none' || dmarcPolicy !== undefined) return no('DMARC has no clear result');
  if (signed)
    return { believed: true, by: 'dkim', bySpfAlone: false, reason: 'no DMARC record, and DKIM passes' };
  if (verdicts.spf === 'PASS' && areAligned(domainOf(envelopeFrom), domainOf(from)))
    return { believed: true, by: 'spf', bySpfAlone: true, reason: 'no DMARC record, and SPF passes' };
  return no('no DMARC record, and neither SPF nor DKIM shows From’s domain');
}

/** The words in the header that go with a verdict: what differs was not written about this message. */
const wordsFor: Readonly<Record<string, Record<'spf' | 'dmarc', readonly string[]>>> = {
  PASS: { spf: ['pass'], dmarc: ['pass'] },
  FAIL: { spf: ['fail', 'softfail'], dmarc: ['fail'] },
  GRAY: {
    spf: ['none', 'neutral', 'softfail', 'temperror', 'permerror'],
    dmarc: ['none', 'temperror', 'permerror'],
  },
  PROCESSING_FAILED: { spf: ['temperror', 'permerror'], dmarc: ['temperror', 'permerror'] },
};

/** Why header, notification and message cannot all be true; null if they agree. */
function contradictionIn(
  domain: string,
  envelopeFrom: string,
  verdicts: Verdicts,
  header: AuthenticationResults,
): string | null {
  for (const check of ['spf', 'dkim', 'dmarc'] as const) {
    if (!Object.hasOwn(wordsFor, verdicts[check] ?? '')) return `${check.toUpperCase()} has no clear verdict`;
  }
  if (isIP(header.client) === 0) return 'the receiver’s header names no client address';
  if (header.headerFrom !== domain) return 'the receiver checked another domain than From’s';
  if (!isSameEnvelope(envelopeFrom, header)) return 'the receiver’s header is about another envelope';
  for (const check of ['spf', 'dmarc'] as const) {
    if (!wordsFor[verdicts[check]!]![check].includes(header[check])) return disagrees(check);
  }
  if (!agreesOnSignatures(verdicts.dkim!, domain, header)) return disagrees('dkim');
  const passes = header.spf === 'pass' || header.dkim.some(({ result }) => result === 'pass');
  if (verdicts.dmarc === 'PASS' && !passes) return 'DMARC cannot pass where SPF and DKIM do not';
  return null;
}

function disagrees(check: string): string {
  return `the receiver’s header and its verdict differ about ${check.toUpperCase()}`;
}

/**
 * SES's verdict tells of signatures of From's domain. One that passes in the header under GRAY may be of a domain that
 * it counts as another, so it then shows nothing. Under a failure it cannot be there, and one that failed must be.
 */
function agreesOnSignatures(verdict: string, domain: string, header: AuthenticationResults): boolean {
  const passing = header.dkim.filter(({ result }) => result === 'pass').length;
  if (verdict === 'PASS') return passing > 0;
  return verdict === 'GRAY' || (passing < header.dkim.length && !hasOwnSignature(domain, header));
}

function hasOwnSignature(domain: string, { dkim }: AuthenticationResults): boolean {
  return dkim.some(
    ({ result, domain: signer }) => result === 'pass' && signer !== null && areAligned(signer, domain),
  );
}

/** SPF is asked about postmaster at the client's name for a message without a return path (RFC 7208, 2.4). */
function isSameEnvelope(envelopeFrom: string, header: AuthenticationResults): boolean {
  const said = header.envelopeFrom.toLowerCase();
  if (envelopeFrom === '' || envelopeFrom === '<>')
    return said === '' || said === '<>' || said === `postmaster@${header.helo.toLowerCase()}`;
  return said === envelopeFrom.toLowerCase();
}
