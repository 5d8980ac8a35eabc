import { getDomain, parse } from 'tldts';
import { isDomainName } from './domain-name.ts';

/** The private part of the list counts: what the customers of one hosting company share is nobody's own domain. */
const reading = { allowPrivateDomains: true, extractHostname: false, mixedInputs: false } as const;

/** The registrable domain by the public suffix list; null for what is no domain name, or a public suffix itself. */
export function organisationalDomain(domain: string): string | null {
  return isDomainName(domain) ? getDomain(domain.toLowerCase(), reading) : null;
}

/** Whether names of hosts end with this label, in letters of any script and case, by the public suffix list. */
export function isTopLevelDomain(label: string): boolean {
  return parse(`a.${label.toLowerCase()}`, { ...reading, validateHostname: false }).isIcann === true;
}

/** Relaxed alignment (RFC 7489, 3.1): both are of one organisation. */
export function areAligned(one: string, other: string): boolean {
  const domain = organisationalDomain(one);
  return domain !== null && domain === organisationalDomain(other);
}

/** What follows the last @, in lower case; empty where there is none. */
export function domainOf(address: string): string {
  const at = address.lastIndexOf('@');
  return at < 0 ? '' : address.slice(at + 1).toLowerCase();
}
