import type { Field } from '../message/mime-fields.ts';
import {
  type AuthenticationResults,
  type Fault,
  isPlainIdentity,
  readResults,
} from './authentication-results.ts';
import { isDomainName } from '../../core/domain-name.ts';

/** With this field ends what SES puts above a message: all that stands below came from the sender. */
const receipt = 'x-ses-receipt';
/** The receiver's signature over its receipt, below it. */
const ownSignature = 'x-ses-dkim-signature';
const written = new Set([
  'return-path',
  'received',
  'x-ses-spam-verdict',
  'x-ses-virus-verdict',
  'received-spf',
  'authentication-results',
]);
/** So many signatures of one message are looked at; with more, one that was not looked at could have been believed. */
const mostSignatures = 9;
/** Of a longer one, not all is read. */
const longestSignature = 8_000;

/**
 * What the receiver wrote about a message, by the fields of the stored message from the top. Nothing that the sender
 * wrote is read as if it were the receiver's: its block names the id that the receiver gave the message and told us
 * apart from it, which no sender knows beforehand.
 */
export function readReceiverHeader(
  fields: readonly Field[],
  messageId: string,
): AuthenticationResults | Fault {
  const end = fields.findIndex(({ name }) => name === receipt);
  if (end < 0) return { fault: 'the receiver’s own header is missing' };
  const block = fields.slice(0, end);
  const odd = block.find(({ name }, index) => !written.has(name) || indexOf(block, name) !== index);
  if (odd) return { fault: `the receiver’s block has ${odd.name} where it writes none` };
  const value = (name: string) => block[indexOf(block, name)]?.value;
  const [received, spf, results] = ['received', 'received-spf', 'authentication-results'].map(value);
  if (received === undefined || spf === undefined || results === undefined)
    return { fault: 'the receiver’s own header is missing' };
  if (messageId === '' || !received.includes(` id ${messageId} `))
    return { fault: 'the block above the message is of another message' };
  const signatures = fields.slice(end + 1).filter(({ name }) => name === 'dkim-signature');
  if (signatures.length > mostSignatures) return { fault: 'more signatures than are looked at' };
  if (!signatures.every(({ value: tags }) => isPlainSignature(tags)))
    return { fault: 'a signature names a signer that could be read as a result' };
  return readResults(results, spf);
}

function indexOf(fields: readonly Field[], wanted: string): number {
  return fields.findIndex(({ name }) => name === wanted);
}

/** What the sender wrote: each copy of a message that arrives has a block of its own above it. */
export function sendersFields(fields: readonly Field[]): Field[] {
  const end = fields.findIndex(({ name }) => name === receipt);
  return fields.slice(end + 1).filter(({ name }) => end < 0 || name !== ownSignature);
}

/** What a signature says of its signer stands in the receiver's header afterwards: `i=` may hold encoded letters. */
function isPlainSignature(tags: string): boolean {
  if (tags.length > longestSignature) return false;
  return tags.split(';').every((tag) => {
    const [name = '', ...rest] = tag.split('=');
    const value = rest.join('=').replace(/\s+/g, '');
    if (name.trim() === 'i') return isPlainIdentity(value);
    return name.trim() !== 'd' || isDomainName(value);
  });
}
