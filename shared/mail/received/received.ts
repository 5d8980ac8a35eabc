/** The receiver's checks of a message, as SES names their results. */
export interface Verdicts {
  spf: string;
  dkim: string;
  dmarc: string;
  spam: string;
  virus: string;
}

/** A received message: where it is stored, how it was addressed, and the results of its checks. */
export interface Received {
  objectKey: string;
  envelopeFrom: string;
  /** The envelope's recipients, which the headers need not name. */
  recipients: string[];
  verdicts: Verdicts;
}
