import type { Belief } from '../mail/received/belief.ts';
import { spamIn, type Verdicts } from '../mail/received/received.ts';

/** Everything that a decision about a message depends on. */
export interface MailDecisionFacts {
  from: string | null;
  verdicts: Verdicts;
  /** Whether the message is from whom its From names. */
  belief: Belief;
  /** Why the message counts as automatic; null if a person wrote it. */
  machine: string | null;
  asksForSilence: boolean;
  /** Whether the address has reached its hourly limit of messages. */
  overHourlyLimit: boolean;
  /** The ticket that the message belongs to, and how it was found. */
  thread: { accountId: string; ticketId: string; foundBy: string } | null;
  /** Whether the sender participates in that ticket or belongs to its account. */
  belongsToThread: boolean;
  /** The accounts that know the sender's address, the oldest entry first. */
  accounts: readonly { accountId: string; contactId: string | null }[];
  /** The rules of the department that the message was sent to. */
  department: { name: string; clientsOnly: boolean; repliesOnly: boolean; guests: boolean };
  /** Whether an automatic answer to this address is still within its limit. */
  mayAnswer: boolean;
}

export type MailDecision = { reason: string; trace: string[] } & (
  | { outcome: 'reply'; accountId: string; ticketId: string }
  | { outcome: 'ticket'; accountId: string; contactId: string | null }
  /** From an unknown sender, if the department takes guests. */
  | { outcome: 'ticket'; accountId: null }
  | { outcome: 'answered'; answer: 'unknown-sender' | 'replies-only' }
  | { outcome: 'ignored' }
  | { outcome: 'quarantined' }
);

/** Decides what to do with a message, and traces every step that led there. */
export function decideMail(known: MailDecisionFacts): MailDecision {
  const trace: string[] = [];
  const refused = refuse(known, trace);
  if (refused) return { ...refused, trace };
  const { thread } = known;
  if (thread) {
    trace.push(`belongs to ticket ${thread.ticketId} by ${thread.foundBy}`);
    if (known.belongsToThread) {
      const { accountId, ticketId, foundBy } = thread;
      return { outcome: 'reply', accountId, ticketId, reason: foundBy, trace };
    }
    trace.push('the sender has no part in that ticket');
  }
  trace.push(`sent to ${known.department.name}`);
  if (known.department.repliesOnly)
    return answerAutomatically(known, 'replies-only', 'the department takes replies only', trace);
  const [oldest] = known.accounts;
  if (oldest) {
    const { accountId, contactId } = oldest;
    return { outcome: 'ticket', accountId, contactId, reason: 'a known address', trace };
  }
  trace.push('no account knows this address');
  if (known.department.guests && !known.department.clientsOnly) {
    return { outcome: 'ticket', accountId: null, reason: 'the department takes guests', trace };
  }
  return answerAutomatically(known, 'unknown-sender', 'a stranger', trace);
}

const checks = ['spf', 'dkim', 'dmarc', 'spam', 'virus'] as const;

/** Automatic mail, forgeries and messages over the hourly limit neither open nor answer a ticket. */
function refuse(
  known: MailDecisionFacts,
  trace: string[],
): { outcome: 'ignored' | 'quarantined'; reason: string } | null {
  const { verdicts, belief, from } = known;
  trace.push(`verdicts ${checks.map((name) => `${name}=${verdicts[name] ?? 'missing'}`).join(' ')}`);
  if (verdicts.virus === 'FAIL') return { outcome: 'quarantined', reason: 'judged a virus' };
  if (verdicts.virus !== 'PASS') return { outcome: 'quarantined', reason: 'not found free of viruses' };
  const spam = spamIn(verdicts);
  if (spam === 'spam') return { outcome: 'quarantined', reason: 'judged spam' };
  if (known.machine !== null) return { outcome: 'ignored', reason: known.machine };
  trace.push('written by a person');
  if (from === null) return { outcome: 'quarantined', reason: 'no usable From address' };
  trace.push(`from ${from}`);
  if (!belief.believed) return { outcome: 'quarantined', reason: `From is not believed: ${belief.reason}` };
  trace.push(`From is believed: ${belief.reason}`);
  if (spam === 'unclear') trace.push('whether it is spam is unclear');
  if (known.overHourlyLimit) return { outcome: 'quarantined', reason: 'too many messages in an hour' };
  return null;
}

/** An automatic answer, if one is allowed. */
function answerAutomatically(
  known: MailDecisionFacts,
  template: 'unknown-sender' | 'replies-only',
  reason: string,
  trace: string[],
): MailDecision {
  if (known.asksForSilence) return { outcome: 'ignored', reason: `${reason}; asks for no answer`, trace };
  if (!known.mayAnswer) return { outcome: 'ignored', reason: `${reason}; was answered lately`, trace };
  return { outcome: 'answered', answer: template, reason, trace };
}
