import * as z from 'zod/mini';
import type { Received } from '../../shared/mail/received/received.ts';

const verdict = z.optional(z.object({ status: z.string() }));

/** The fields used here of the notification that SES publishes for a receipt rule that stores the message. */
const notification = z.object({
  mail: z.object({ source: z.string() }),
  receipt: z.object({
    recipients: z.array(z.string()),
    spamVerdict: verdict,
    virusVerdict: verdict,
    spfVerdict: verdict,
    dkimVerdict: verdict,
    dmarcVerdict: verdict,
    action: z.object({ objectKey: z.string() }),
  }),
});

/** Reads the notification of a stored message. Throws on anything else, as only SES writes to the queue. */
export function readNotification(body: string): Received {
  const { mail, receipt } = notification.parse(JSON.parse(body));
  const status = (found: z.output<typeof verdict>) => found?.status ?? 'GRAY';
  return {
    objectKey: receipt.action.objectKey,
    envelopeFrom: mail.source,
    recipients: receipt.recipients,
    verdicts: {
      spf: status(receipt.spfVerdict),
      dkim: status(receipt.dkimVerdict),
      dmarc: status(receipt.dmarcVerdict),
      spam: status(receipt.spamVerdict),
      virus: status(receipt.virusVerdict),
    },
  };
}
