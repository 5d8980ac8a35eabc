import * as z from 'zod/mini';
import type { Action } from '../../shared/table/table.ts';
import { toInstant } from '../../shared/core/clock.ts';
import { bouncedRow } from '../../shared/mail/delivery/bounces.ts';
import { normalAddress } from '../../shared/accounts/keys.ts';

const recipients = z.array(z.object({ emailAddress: z.string() }));

/** The fields used here of the events that SES publishes about sent mail; other kinds of events are ignored. */
const mailEvent = z.object({
  eventType: z.optional(z.string()),
  notificationType: z.optional(z.string()),
  bounce: z.optional(z.object({ bounceType: z.string(), bouncedRecipients: recipients })),
  complaint: z.optional(z.object({ complainedRecipients: recipients })),
});

/**
 * The rows that mark addresses as unreachable after a permanent bounce or a complaint. Only SES writes these events,
 * so we did send to the addresses they name. Throws if the body is not an event.
 */
export function mailEventRows(body: string, now: Date): Action[] {
  const event = mailEvent.parse(JSON.parse(body));
  const kind = event.eventType ?? event.notificationType;
  if (kind === 'Bounce' && event.bounce?.bounceType === 'Permanent') {
    return bouncedRows(event.bounce.bouncedRecipients, 'bounced for good', now);
  }
  if (kind === 'Complaint')
    return bouncedRows(event.complaint?.complainedRecipients ?? [], 'complained', now);
  return [];
}

function bouncedRows(found: z.output<typeof recipients>, reason: string, now: Date): Action[] {
  const addresses = new Set(found.map(({ emailAddress }) => normalAddress(emailAddress)));
  return [...addresses].slice(0, 50).map((address) => bouncedRow(address, { at: toInstant(now), reason }));
}
