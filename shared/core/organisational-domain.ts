import { getDomain } from 'tldts';

/** The private part of the list counts: what the customers of one hosting company share is nobody's own domain. */
const reading = { allowPrivateDomains: true, extractHostname: false, mixedInputs: false } as const;

const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const domainName = new RegExp(`^(?:${label}\\.)+(?=[a-z0-9-]*[a-z])${label}$`, 'i');

/** Whether this is a domain name of letters, digits, dashes and underscores, as it stands in DNS. */
export function isDomainName(text: string): boolean {
  return text.length <= 253 && domainName.test(text);
}

/** The registrable domain by the public suffix list; null for what is no domain name, or a public suffix itself. */
export function organisationalDomain(domain: string): string | null {
  return isDomainName(domain) ? getDomain(domain.toLowerCase(), reading) : null;
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
