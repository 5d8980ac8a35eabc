import { normalAddress } from '../../accounts/keys.ts';

/** Providers that ignore dots in a mailbox's name. */
const dotless = new Set(['gmail.com', 'googlemail.com']);

/**
 * An address as limits count it: one mailbox under many spellings is one. Only for counting; who somebody is never
 * follows from it.
 */
export function countedAddress(email: string): string {
  const address = normalAddress(email);
  const at = address.lastIndexOf('@');
  const [mailbox, domain] = [address.slice(0, at), address.slice(at + 1)];
  const plain = mailbox.replace(/(?<=.)\+.*$/s, '');
  return dotless.has(domain) ? `${plain.replaceAll('.', '')}@gmail.com` : `${plain}@${domain}`;
}
