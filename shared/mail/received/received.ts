/** What the receiver found out about a message. */
export interface Verdicts {
  spf: string;
  dkim: string;
  dmarc: string;
  spam: string;
  virus: string;
}

/** A message as the receiver hands it over: where it lies, and what was found out about it. */
export interface Received {
  objectKey: string;
  envelopeFrom: string;
  /** The addresses that it was sent to, which the headers need not name. */
  recipients: string[];
  verdicts: Verdicts;
}
