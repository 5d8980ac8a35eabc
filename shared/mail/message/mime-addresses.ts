import { addressParser } from 'postal-mime';
import { normalAddress } from '../../accounts/keys.ts';

const longestFrom = 8_000;
const mostAddresses = 10_000;

const usableAddress =
  /^[^\s@<>()[\]",;:\\\u0000-\u001f\u007f]{1,64}@[^\s@<>()[\]",;:\\\u0000-\u001f\u007f]{1,255}$/;

/** The author of a message; the address is in lower case, and null if it is ambiguous. */
export interface Sender {
  address: string | null;
  name: string;
}

/**
 * The sender by all From headers, which must be one header with one address. If there are several, or if parsers
 * could disagree on the address, the receiver's checks may have verified another person than we would read here.
 */
export function senderIn(values: readonly string[]): Sender {
  const [value = ''] = values;
  const [mailbox, another] = value.length < longestFrom ? addressParser(value) : [];
  if (!mailbox || mailbox.group) return { address: null, name: '' };
  const address = normalAddress(mailbox.address);
  const certain = values.length === 1 && another === undefined && usableAddress.test(address);
  return { address: certain && isOnlyAddress(value, address) ? address : null, name: mailbox.name };
}

const quotedOrComment = /"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.)*\)/gs;

/** The usual form: a name without special characters, and an address in brackets. */
const usual = /^[^"()<>@,;:\\]*<[^<>@\s]+@[^<>@\s]+>$/;

/** Whether this is the only address in the header outside quotes and comments. */
function isOnlyAddress(value: string, address: string): boolean {
  if (usual.test(value)) return true;
  const bare = value.replace(quotedOrComment, ' ').trim().toLowerCase();
  const brackets = bare.replace(/[^<>]/g, '');
  if (brackets !== '' && (!brackets.startsWith('<') || brackets.length > 2)) return false;
  if (brackets !== '' && !/<[^>]*>?[\s,;]*$/.test(bare)) return false;
  const addresses = bare.split(/[\s<>,;]+/).filter((word) => /[^@]@[^@]/.test(word));
  return addresses.length > 0 && addresses.every((word) => word === address);
}

/** One item of a list of addresses. Each run is matched whole, which makes the search linear. */
const item = /"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.)*\)|<([^<>]*)>|([^\s<>(),;:"]+)/gs;

/** The bare addresses of all these lists, without names. */
export function addressesIn(lists: readonly string[]): string[] {
  const addresses: string[] = [];
  for (const list of lists) {
    for (const [, bracketed, bare] of list.matchAll(item)) {
      if (addresses.length === mostAddresses) return addresses;
      const address = (bracketed ?? bare ?? '').trim();
      if (usableAddress.test(address)) addresses.push(address);
    }
  }
  return addresses;
}
