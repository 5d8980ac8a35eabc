import { randomUUID } from 'node:crypto';
import { accountId, region } from '../../template/physical.ts';
import type { Templates } from '../../template/templates.ts';
import { headerFields, spelledName, valueOf } from '../headers.ts';
import { idOf } from '../mailbox.ts';
import type { Message } from '../message.ts';
import type { Fate, MailControl } from './mail-control.ts';
import { publish } from '../receipt.ts';

/** An event about a sent message, as SES publishes it. */
export type SesEvent = { mail: object } & Told;

type Told =
  | { eventType: 'Bounce'; bounce: object }
  | { eventType: 'Complaint'; complaint: object }
  | { eventType: 'Delivery'; delivery: object };

/** Publishes an event where the configuration set says. */
export type Publish = (configurationSet: string, event: SesEvent) => Promise<void>;

interface Destination {
  ConfigurationSetName: string;
  EventDestination: {
    Enabled?: boolean;
    MatchingEventTypes: string[];
    SnsDestination?: { TopicARN: string };
  };
}

/** Publishes to the topics that the templates declare for each configuration set and kind of event. */
export function eventPublisher(templates: Templates, messagingUrl: string): Publish {
  const destinations = templates
    .ofType('AWS::SES::ConfigurationSetEventDestination')
    .map((resource) => resource.properties<Destination>());
  return async (configurationSet, event) => {
    for (const { ConfigurationSetName, EventDestination: destination } of destinations) {
      const { Enabled, MatchingEventTypes, SnsDestination } = destination;
      const matches = MatchingEventTypes.includes(event.eventType.toLowerCase());
      if (ConfigurationSetName !== configurationSet || Enabled === false || !matches) continue;
      if (SnsDestination) await publish(messagingUrl, SnsDestination.TopicARN, JSON.stringify(event));
    }
  };
}

/** What SES tells of a message: an event for each of its recipients, by what becomes of mail to them. */
export function eventsOf(
  message: Message,
  configurationSet: string,
  control: MailControl,
  now: Date,
): SesEvent[] {
  const mail = mailObject(message, configurationSet);
  return message.envelope.to.map((address) => ({ ...told(address, control.of(address), now), mail }));
}

function told(address: string, { outcome, subtype }: Fate, now: Date): Told {
  const timestamp = now.toISOString();
  const feedbackId = `0102${now.getTime().toString(16).padStart(12, '0')}-${randomUUID()}-000000`;
  const head = { timestamp, feedbackId };
  switch (outcome) {
    case 'bounce':
      return { eventType: 'Bounce', bounce: { ...head, ...permanent(address, subtype) } };
    case 'transient':
      return { eventType: 'Bounce', bounce: { ...head, ...mailboxFull(address) } };
    case 'complaint': {
      const report = { userAgent: 'Local-FBL/1.0', complaintFeedbackType: 'abuse', arrivalDate: timestamp };
      const complainedRecipients = [{ emailAddress: address }];
      return {
        eventType: 'Complaint',
        complaint: { ...head, complainedRecipients, complaintSubType: null, ...report },
      };
    }
    case 'deliver':
    case 'reject': {
      const smtpResponse = '250 2.6.0 Message received';
      const delivery = { timestamp, processingTimeMillis: 500, recipients: [address], smtpResponse };
      return { eventType: 'Delivery', delivery: { ...delivery, reportingMTA: reporter } };
    }
  }
}

const reporter = `a8-31.smtp-out.${region}.amazonses.com`;

function permanent(address: string, subtype: Fate['subtype']) {
  const isOfSes = subtype === 'Suppressed' || subtype === 'OnAccountSuppressionList';
  const diagnosticCode = isOfSes
    ? 'Amazon SES did not send the message to this address because it is on a suppression list.'
    : 'smtp; 550 5.1.1 user unknown';
  return {
    bounceType: 'Permanent',
    bounceSubType: subtype,
    bouncedRecipients: [{ emailAddress: address, action: 'failed', status: '5.1.1', diagnosticCode }],
    reportingMTA: isOfSes ? 'dns; amazonses.com' : `dsn; ${reporter}`,
  };
}

function mailboxFull(address: string) {
  const diagnosticCode = 'smtp; 452 4.2.2 mailbox full';
  return {
    bounceType: 'Transient',
    bounceSubType: 'MailboxFull',
    bouncedRecipients: [{ emailAddress: address, action: 'failed', status: '4.2.2', diagnosticCode }],
    reportingMTA: `dsn; ${reporter}`,
  };
}

const longestValue = 1000;

function mailObject(message: Message, configurationSet: string): object {
  const raw = Buffer.from(message.raw);
  const fields = [...headerFields(raw)].filter(({ name }) => name !== '').slice(0, 50);
  const { from, to, cc, subject, sentAt, envelope } = message;
  const messageId = idOf(message);
  return {
    timestamp: sentAt,
    source: envelope.from,
    sourceArn: `arn:aws:ses:${region}:${accountId}:identity/${envelope.from.split('@')[1]}`,
    sendingAccountId: accountId,
    messageId,
    destination: envelope.to,
    headersTruncated: false,
    headers: fields.map((field) => ({
      name: spelledName(raw, field),
      value: valueOf(raw, field, longestValue),
    })),
    commonHeaders: { from: [from], to, ...(cc.length > 0 ? { cc } : {}), messageId, subject },
    tags: { 'ses:configuration-set': [configurationSet], 'ses:source-ip': ['127.0.0.1'] },
  };
}
