const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const domainName = new RegExp(`^(?:${label}\\.)+(?=[a-z0-9-]*[a-z])${label}$`, 'i');

/** Whether this is a domain name of letters, digits, dashes and underscores, as it stands in DNS. */
export function isDomainName(text: string): boolean {
  return text.length <= 253 && domainName.test(text);
}
