import { addressParser } from 'postal-mime';
import { normalAddress } from '../../accounts/keys.ts';

const longestFrom = 8_000;
const mostAddresses = 10_000;

const usableAddress =
  /^[^\s@<>()[\]",;:\\\u0000-\u001f\u007f]{1,64}@[^\s@<>()[\]",;:\\\u0000-\u001f\u007f]{1,255}$/;

/** Who wrote a message; the address in lower case, null where it is not certain. */
export interface Sender {
  address: string | null;
  name: string;
}

/**
 * The sender by all the From headers: one header with one address. Where there are more, or where it depends on the
 * reader which one is meant, the message could be one person's here and another's for who checked it.
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

/** As nearly all write it: a name without anything special, and an address in brackets. */
const usual = /^[^"()<>@,;:\\]*<[^<>@\s]+@[^<>@\s]+>$/;

/** Whether the header says nothing but this address where it is not quoted, and says it as it is. */
function isOnlyAddress(value: string, address: string): boolean {
  if (usual.test(value)) return true;
  const bare = value.replace(quotedOrComment, ' ').trim().toLowerCase();
  const brackets = bare.replace(/[^<>]/g, '');
  if (brackets !== '' && (!brackets.startsWith('<') || brackets.length > 2)) return false;
  if (brackets !== '' && !/<[^>]*>?[\s,;]*$/.test(bare)) return false;
  const said = bare.split(/[\s<>,;]+/).filter((word) => /[^@]@[^@]/.test(word));
  return said.length > 0 && said.every((word) => word === address);
}

/** What a list of addresses consists of. A run is taken whole, whatever is in it, which keeps this linear. */
const item = /"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.)*\)|<([^<>]*)>|([^\s<>(),;:"]+)/gs;

/** The bare addresses of all these lists, without their names. */
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
