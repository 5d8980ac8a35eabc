/** The receiver's checks of a message, as SES names their results; one that it left out is missing. */
export interface Verdicts {
  spf?: string;
  dkim?: string;
  dmarc?: string;
  spam?: string;
  virus?: string;
}

/** A received message: where it is stored, how it was addressed, and the results of its checks. */
export interface Received {
  objectKey: string;
  /** The receiver's id of the message, which its block in the stored message names too; older rows have none. */
  messageId?: string;
  envelopeFrom: string;
  /** The envelope's recipients, which the headers need not name. */
  recipients: string[];
  verdicts: Verdicts;
  /** What From's domain asks to be done with mail that fails DMARC; told of such mail alone. */
  dmarcPolicy?: string;
}

/** What the receiver thinks of a message as spam; anything but a plain yes or no is unclear. */
export function spamIn({ spam }: Verdicts): 'none' | 'spam' | 'unclear' {
  if (spam === 'PASS') return 'none';
  return spam === 'FAIL' ? 'spam' : 'unclear';
}

/** The receiver's id of a message; the last part of the object's name, where a row says no other. */
export function messageIdOf({ messageId, objectKey }: Received): string {
  return messageId ?? objectKey.slice(objectKey.lastIndexOf('/') + 1);
}
