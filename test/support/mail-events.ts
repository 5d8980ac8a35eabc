/** What an event is about, as SES tells of it. */
export interface EventFacts {
  /** With angle brackets, as readers see it, or the bare id. */
  messageId: string;
  sentTo: readonly string[];
  recipients: readonly string[];
  sentAt?: string;
  feedbackId?: string;
}

let events = 0;

const bareId = (messageId: string): string => messageId.replace(/^<|@.*$/g, '');

function mailOf({ messageId, sentTo, sentAt = '2026-03-01T09:59:58.000Z' }: EventFacts) {
  return {
    timestamp: sentAt,
    source: 'support@portal.test',
    sourceArn: 'arn:aws:ses:eu-west-1:000000000000:identity/portal.test',
    sendingAccountId: '000000000000',
    messageId: bareId(messageId),
    destination: sentTo,
    headersTruncated: false,
    headers: [{ name: 'From', value: 'Annex <support@portal.test>' }],
    commonHeaders: { from: ['Annex <support@portal.test>'], to: sentTo, messageId: bareId(messageId) },
    tags: { 'ses:configuration-set': ['annex-prod'] },
  };
}

const headOf = ({ feedbackId = `010201-${++events}-000000` }: EventFacts) => ({
  timestamp: '2026-03-01T10:00:00.000Z',
  feedbackId,
});

/** A Bounce record of SES's event publishing. */
export function bounceEvent(facts: EventFacts, bounceType = 'Permanent', bounceSubType = 'General') {
  const report = { action: 'failed', status: '5.1.1', diagnosticCode: 'smtp; 550 5.1.1 user unknown' };
  const bouncedRecipients = facts.recipients.map((emailAddress) => ({ emailAddress, ...report }));
  const bounce = { ...headOf(facts), bounceType, bounceSubType, bouncedRecipients };
  return {
    eventType: 'Bounce',
    bounce: { ...bounce, reportingMTA: 'dsn; mta.acme.test' },
    mail: mailOf(facts),
  };
}

/** A Complaint record of SES's event publishing. */
export function complaintEvent(facts: EventFacts, complaintFeedbackType: string | null = 'abuse') {
  const complainedRecipients = facts.recipients.map((emailAddress) => ({ emailAddress }));
  const report = complaintFeedbackType ? { userAgent: 'FBL/1.0', complaintFeedbackType } : {};
  const complaint = { ...headOf(facts), complainedRecipients, complaintSubType: null, ...report };
  return { eventType: 'Complaint', complaint, mail: mailOf(facts) };
}
