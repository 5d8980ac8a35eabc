import type { Claim } from '../accounts/people.ts';
import type { Belief } from '../mail/received/belief.ts';
import type { AutomaticSign } from '../mail/message/automatic-mail.ts';
import { spamIn, type Verdicts } from '../mail/received/received.ts';
import type { Question } from '../mail/questions/question.ts';
import { decides, isProven, type SenderPart } from './facts/sender-part.ts';

/** Everything that a decision about a message depends on. */
export interface MailDecisionFacts {
  from: string | null;
  verdicts: Verdicts;
  /** Whether the message is from whom its From names. */
  belief: Belief;
  /** What makes the message look automatic; null if a person wrote it. */
  automatic: AutomaticSign | null;
  /** No answer may go out by itself. */
  asksForSilence: boolean;
  /** Whether the address has reached its hourly limit of messages. */
  overHourlyLimit: boolean;
  /** The ticket that the message belongs to, and how it was found. */
  thread: { accountId: string; ticketId: string; foundBy: string } | null;
  /** Whether the sender participates in that ticket or belongs to its account. */
  belongsToThread: boolean;
  /** The sender's parts in accounts, the one that decides first. */
  parts: readonly SenderPart[];
  /** The question to this address that the message answers. */
  question: Question | null;
  /** Whether one more question may be mailed to the address today, and whether From's holder is asked at all. */
  mayAsk: { first: boolean; unbelieved: boolean };
  asksSender: boolean;
  /** Staff handle it anew: what is not believed goes in as added by them, where an account knows the address. */
  addedByStaff: boolean;
  /** The rules of the department that the message was sent to. */
  department: { name: string; clientsOnly: boolean; repliesOnly: boolean; guests: boolean };
  /** Whether an automatic answer to this address is still within its limit. */
  mayAnswer: boolean;
}

export type MailDecision = { reason: string; trace: string[] } & (
  | { outcome: 'reply'; accountId: string; ticketId: string }
  | { outcome: 'ticket'; part: SenderPart }
  /** From an unknown sender, if the department takes guests. */
  | { outcome: 'ticket'; part: null }
  | { outcome: 'answered'; answer: 'unknown-sender' | 'replies-only' }
  /** It has no effect; an answer by mail to a question is kept with the message that is asked about. */
  | { outcome: 'ignored'; answers?: Question }
  /** It waits: for staff, for the answer to a question that is mailed now, or for one that was mailed before. */
  | { outcome: 'quarantined'; asks?: Asks; waitsFor?: Claim }
);

/** What the holder of an address is asked: whether the message is theirs, whether an account speaks of them truly. */
export interface Asks {
  sender: boolean;
  claim: { accountId: string } | null;
  /** The address was asked often enough today: the question is mailed as soon as it may be. */
  later?: true;
}

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
  return decideByParts(known, trace);
}

/** The account that decides makes a ticket of it; one that only says that it knows the address is asked about first. */
function decideByParts(known: MailDecisionFacts, trace: string[]): MailDecision {
  const [first] = known.parts;
  // What staff add themselves goes where they found it; what is believed waits for its sender's own word.
  const isAdded = known.addedByStaff && !known.belief.believed;
  const isKnown = first && (decides(first) || (isAdded && first.standing === 'claimed'));
  if (isKnown) {
    trace.push(`${first.accountId} knows the address: ${first.standing}`);
    return { outcome: 'ticket', part: first, reason: 'a known address', trace };
  }
  if (first?.standing === 'claimed') return askAboutClaim(known, first, trace);
  trace.push(
    first ? 'its holder is no contact of the account that names it' : 'no account knows this address',
  );
  if (known.department.guests && !known.department.clientsOnly) {
    return { outcome: 'ticket', part: null, reason: 'the department takes guests', trace };
  }
  return answerAutomatically(known, 'unknown-sender', 'a stranger', trace);
}

function askAboutClaim(
  { mayAsk }: MailDecisionFacts,
  { accountId, claim }: SenderPart,
  trace: string[],
): MailDecision {
  const reason = 'the sender is asked first whether the account that names them does so truly';
  trace.push(`${accountId} says that the address is a contact’s, and nothing has shown it yet`);
  if (claim?.state === 'asked') return { outcome: 'quarantined', waitsFor: claim, reason, trace };
  const asks: Asks = { sender: false, claim: { accountId } };
  if (mayAsk.first) return { outcome: 'quarantined', asks, reason, trace };
  trace.push(
    'the address was asked often enough today: the question goes out on the next day that has room for it',
  );
  return { outcome: 'quarantined', asks: { ...asks, later: true }, reason, trace };
}

const checks = ['spf', 'dkim', 'dmarc', 'spam', 'virus'] as const;

/** Automatic mail, forgeries and messages over the hourly limit neither open nor answer a ticket. */
function refuse(
  known: MailDecisionFacts,
  trace: string[],
): { outcome: 'ignored' | 'quarantined'; reason: string; asks?: Asks; answers?: Question } | null {
  const { verdicts, belief, from } = known;
  trace.push(`verdicts ${checks.map((name) => `${name}=${verdicts[name] ?? 'missing'}`).join(' ')}`);
  if (verdicts.virus === 'FAIL') return { outcome: 'quarantined', reason: 'judged a virus' };
  // What staff let in is neither unclear to them nor spam.
  const { addedByStaff } = known;
  if (verdicts.virus !== 'PASS' && !addedByStaff)
    return { outcome: 'quarantined', reason: 'not found free of viruses' };
  const spam = addedByStaff ? 'none' : spamIn(verdicts);
  if (spam === 'spam') return { outcome: 'quarantined', reason: 'judged spam' };
  const automatic = heldAsAutomatic(known, trace);
  if (automatic) return automatic;
  if (from === null) return { outcome: 'quarantined', reason: 'no usable From address' };
  trace.push(`from ${from}`);
  // Neither yes nor no: machines answer mail as well.
  if (known.question && !addedByStaff) {
    return { outcome: 'ignored', reason: 'an answer by mail to a question', answers: known.question };
  }
  if (!belief.believed) {
    if (!addedByStaff || !(namedBy(known) || known.belongsToThread)) {
      return { outcome: 'quarantined', ...unbelieved(known, belief.reason) };
    }
    trace.push(`From is not believed (${belief.reason}): it goes in as added by staff`);
    return null;
  }
  trace.push(`From is believed: ${belief.reason}`);
  if (spam === 'unclear' && !known.parts.some(isProven))
    return { outcome: 'quarantined', reason: 'whether it is spam is unclear, and the sender is not proven' };
  if (known.overHourlyLimit) return { outcome: 'quarantined', reason: 'too many messages in an hour' };
  return null;
}

/** Machines' mail has no effect. Of what only may be a machine's, none is of somebody whom an account knows. */
function heldAsAutomatic(
  known: MailDecisionFacts,
  trace: string[],
): { outcome: 'ignored' | 'quarantined'; reason: string } | null {
  const { automatic, addedByStaff } = known;
  if (automatic === null) {
    trace.push('written by a person');
    return null;
  }
  const { kind, reason } = automatic;
  if (kind === 'machine' || !namedBy(known)) return { outcome: 'ignored', reason };
  if (kind === 'list' && !addedByStaff) return { outcome: 'quarantined', reason };
  trace.push(`may be a person’s for all that: ${reason}`);
  return null;
}

/** The account that names the address, and whose holder has not said no. */
function namedBy({ parts }: Pick<MailDecisionFacts, 'parts'>): SenderPart | undefined {
  return parts.find(({ standing }) => standing !== 'declined');
}

/** The holder of a known address is asked whether the message is theirs; a stranger's waits for staff. */
function unbelieved(
  { parts, asksSender, mayAsk, overHourlyLimit }: MailDecisionFacts,
  because: string,
): { reason: string; asks?: Asks } {
  const reason = `From is not believed: ${because}`;
  const first = namedBy({ parts });
  if (!first || !asksSender) return { reason };
  if (overHourlyLimit) return { reason: `${reason}; too many such messages in an hour` };
  const claim = first.standing === 'claimed' ? { accountId: first.accountId } : null;
  // What is not its own leaves a question for the first mail of an address that nothing has shown yet.
  const isRoom = claim ? mayAsk.unbelieved : mayAsk.first;
  if (!isRoom) return { reason: `${reason}; its address was asked often enough today` };
  return { reason: `${reason}; its address is asked`, asks: { sender: true, claim } };
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
