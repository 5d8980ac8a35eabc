import * as z from 'zod/mini';
import type { Received, Verdicts } from '../../shared/mail/received/received.ts';

const verdict = z.optional(z.object({ status: z.string() }));

/** The fields used here of the notification that SES publishes for a receipt rule that stores the message. */
const notification = z.object({
  mail: z.object({ source: z.string(), messageId: z.string() }),
  receipt: z.object({
    recipients: z.array(z.string()),
    spamVerdict: verdict,
    virusVerdict: verdict,
    spfVerdict: verdict,
    dkimVerdict: verdict,
    dmarcVerdict: verdict,
    dmarcPolicy: z.optional(z.string()),
    action: z.object({ objectKey: z.string() }),
  }),
});

/** Reads the notification of a stored message. Throws on anything else, as only SES writes to the queue. */
export function readNotification(body: string): Received {
  const { mail, receipt } = notification.parse(JSON.parse(body));
  return {
    objectKey: receipt.action.objectKey,
    messageId: mail.messageId,
    envelopeFrom: mail.source,
    recipients: receipt.recipients,
    verdicts: {
      ...said('spf', receipt.spfVerdict),
      ...said('dkim', receipt.dkimVerdict),
      ...said('dmarc', receipt.dmarcVerdict),
      ...said('spam', receipt.spamVerdict),
      ...said('virus', receipt.virusVerdict),
    },
    ...(receipt.dmarcPolicy === undefined ? {} : { dmarcPolicy: receipt.dmarcPolicy }),
  };
}

/** A verdict that is missing stays so: it is no verdict that is unclear. */
function said(check: keyof Verdicts, found: z.output<typeof verdict>): Verdicts {
  return found ? { [check]: found.status } : {};
}
