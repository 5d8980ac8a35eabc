import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { type Bounce, bounceSays, type Complaint, complaintSays, type Said } from './event-says.ts';

/** An event of the mail service about a message that it was given to send. */
export interface MailEvent {
  /** The same for every copy of the event. */
  id: string;
  /** The service's id of the message, without brackets and domain. */
  messageId: string;
  /** When the message was sent. */
  sentAt: Date;
  /** What happened, in the service's words. */
  reason: string;
  /** What it says of addresses, given those that the message went to. */
  says(destinations: readonly string[]): Said;
}

const text = z.string().check(z.maxLength(1000));
const recipients = z.array(z.object({ emailAddress: text, action: z.optional(text) }));

/** Any event of SES: `eventType` from a configuration set, `notificationType` from an identity. */
const anyEvent = z.object({ eventType: z.optional(text), notificationType: z.optional(text) });

const mail = z.object({ messageId: text, timestamp: z.iso.datetime({ offset: true }) });

const bounceEvent = z.object({
  mail,
  bounce: z.object({
    bounceType: text,
    bounceSubType: text,
    bouncedRecipients: recipients,
    feedbackId: z.optional(text),
  }),
});

const complaintEvent = z.object({
  mail,
  complaint: z.object({
    complainedRecipients: recipients,
    complaintSubType: z.nullish(text),
    complaintFeedbackType: z.nullish(text),
    feedbackId: z.optional(text),
  }),
});

/**
 * Reads an event as SES publishes it; null for kinds that say nothing of addresses, such as deliveries, and for those
 * that are not known.
 * @throws Error if it is no event, or not of the shape of its kind
 */
export function readMailEvent(body: string): MailEvent | null {
  const parsed: unknown = JSON.parse(body);
  const { eventType, notificationType } = anyEvent.parse(parsed);
  const kind = eventType ?? notificationType;
  if (kind === 'Bounce') return readBounce(bounceEvent.parse(parsed), body);
  return kind === 'Complaint' ? readComplaint(complaintEvent.parse(parsed), body) : null;
}

function readBounce({ mail: about, bounce }: z.output<typeof bounceEvent>, body: string): MailEvent {
  const { bounceType: type, bounceSubType: subtype, bouncedRecipients, feedbackId } = bounce;
  const read: Bounce = {
    type,
    subtype,
    recipients: bouncedRecipients.map(({ emailAddress, action = null }) => ({
      address: emailAddress,
      action: action && action.toLowerCase(),
    })),
  };
  return {
    ...headOf(about, `Bounce#${feedbackId ?? digestOf(body)}`),
    reason: `${type}/${subtype}`,
    says: (destinations) => bounceSays(read, destinations),
  };
}

function readComplaint({ mail: about, complaint }: z.output<typeof complaintEvent>, body: string): MailEvent {
  const { complaintFeedbackType, complaintSubType, complainedRecipients, feedbackId } = complaint;
  const read: Complaint = {
    feedbackType: complaintFeedbackType ?? null,
    subtype: complaintSubType ?? null,
    recipients: complainedRecipients.map(({ emailAddress }) => emailAddress),
  };
  return {
    ...headOf(about, `Complaint#${feedbackId ?? digestOf(body)}`),
    reason: `Complaint/${complaintFeedbackType ?? complaintSubType ?? 'unknown'}`,
    says: (destinations) => complaintSays(read, destinations),
  };
}

function headOf({ messageId, timestamp }: z.output<typeof mail>, id: string) {
  return { id, messageId, sentAt: new Date(timestamp) };
}

function digestOf(body: string): string {
  return createHash('sha256').update(body).digest('base64url');
}
