import { normalAddress } from '../../accounts/keys.ts';

/** A bounce as the mail service reports it. */
export interface Bounce {
  type: string;
  subtype: string;
  /** `action` is that of the delivery report, where one came with the bounce. */
  recipients: readonly { address: string; action: string | null }[];
}

/** A complaint as the mail service reports it. */
export interface Complaint {
  /** The feedback type of the reader's provider (RFC 5965); null where it sent no report. */
  feedbackType: string | null;
  subtype: string | null;
  /** Those who may have complained: everybody at that provider who had the message. */
  recipients: readonly string[];
}

/** What an event says of addresses that the message went to, each in lower case. */
export interface Said {
  /** It is permanently undeliverable: the message went to it alone. */
  dead: string | null;
  /** It may be: its next mail goes to it alone and decides. */
  doubted: string[];
  /** They did not get this message; that says nothing of the address. */
  undelivered: string[];
  /** Who may have complained of this message. */
  complained: string[];
}

/** The subtypes of `Permanent` that are about the address. Any other is about a message, a day or a policy. */
const ofTheAddress = new Set(['General', 'NoEmail', 'Suppressed', 'OnAccountSuppressionList']);

/** The subtypes of `Transient` that say that the message did not arrive; `General` may be a notice of absence. */
const ofTheMessage = new Set(['MailboxFull', 'MessageTooLarge', 'ContentRejected', 'AttachmentRejected']);

/** Feedback that is no complaint: the reader wants the mail, or a machine reports on signatures. */
const noComplaint = new Set(['not-spam', 'auth-failure']);

const nothing: Said = { dead: null, doubted: [], undelivered: [], complained: [] };

/**
 * What a bounce says. Only addresses that the message was sent to count: a report of several recipients, or of one that
 * was forwarded to, says nothing of others.
 */
export function bounceSays(bounce: Bounce, destinations: readonly string[]): Said {
  const { type, subtype } = bounce;
  const sentTo = normalised(destinations);
  const named = recipientsOf(bounce, sentTo);
  const lost = named.filter(
    ({ action }) => type === 'Permanent' || ofTheMessage.has(subtype) || action === 'failed',
  );
  const isOfTheAddress = type === 'Permanent' && ofTheAddress.has(subtype);
  const gone = isOfTheAddress ? named.map(({ address }) => address) : [];
  const [alone] = gone;
  const wentAlone = sentTo.size === 1 && alone !== undefined;
  return {
    dead: wentAlone ? alone : null,
    doubted: wentAlone ? [] : gone,
    undelivered: lost.map(({ address }) => address),
    complained: [],
  };
}

/** The named recipients that had the message. `NoEmail` is of a report without an address: who had it alone is meant. */
function recipientsOf({ type, subtype, recipients }: Bounce, sentTo: ReadonlySet<string>) {
  const [only] = sentTo;
  if (type === 'Permanent' && subtype === 'NoEmail' && recipients.length === 0 && sentTo.size === 1) {
    return [{ address: only!, action: null }];
  }
  const byAddress = new Map(recipients.map((each) => [normalAddress(each.address), each.action]));
  return [...byAddress]
    .filter(([address]) => sentTo.has(address))
    .map(([address, action]) => ({ address, action }));
}

export function complaintSays(complaint: Complaint, destinations: readonly string[]): Said {
  const { feedbackType, subtype, recipients } = complaint;
  const sentTo = normalised(destinations);
  const named = [...normalised(recipients)].filter((address) => sentTo.has(address));
  // It is on the service's list because of an earlier complaint, and was sent nothing now.
  if (subtype === 'OnAccountSuppressionList') return { ...nothing, undelivered: named };
  if (feedbackType !== null && noComplaint.has(feedbackType.toLowerCase())) return nothing;
  return { ...nothing, complained: named };
}

function normalised(addresses: readonly string[]): Set<string> {
  return new Set(addresses.map(normalAddress));
}
