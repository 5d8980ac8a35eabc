/** What the receiver found out about a message. */
export interface Verdicts {
  spf: string;
  dkim: string;
  dmarc: string;
  spam: string;
  virus: string;
}

/** All that a decision about a message rests on. */
export interface KnownAboutMail {
  from: string | null;
  verdicts: Verdicts;
  /** Why a machine wrote it; null for a person. */
  machine: string | null;
  asksForSilence: boolean;
  /** The ticket that the message belongs to, and how that was found. */
  thread: { accountId: string; ticketId: string; foundBy: string } | null;
  /** Whether the sender takes part in that ticket or belongs to its account. */
  belongsToThread: boolean;
  /** The accounts that know the sender's address, the one that has known it longest first. */
  accounts: readonly { accountId: string; contactId: string | null }[];
  /** Whether an automatic answer to this address is still within its limit. */
  mayAnswer: boolean;
}

export type MailDecision = { reason: string; trace: string[] } & (
  | { outcome: 'reply'; accountId: string; ticketId: string }
  | { outcome: 'ticket'; accountId: string; contactId: string | null }
  | { outcome: 'answered' }
  | { outcome: 'ignored' }
  | { outcome: 'quarantined' }
);

/** What becomes of a message, with every step that led there. */
export function decideMail(known: KnownAboutMail): MailDecision {
  const trace: string[] = [];
  const step = (text: string) => trace.push(text);
  const end = <T extends object>(outcome: T, reason: string) => ({ ...outcome, reason, trace });

  if (known.from === null) return end({ outcome: 'quarantined' } as const, 'no usable From address');
  step(`from ${known.from}`);
  const { verdicts } = known;
  if (verdicts.virus === 'FAIL') return end({ outcome: 'quarantined' } as const, 'judged a virus');
  if (verdicts.spam === 'FAIL') return end({ outcome: 'quarantined' } as const, 'judged spam');
  if (known.machine !== null) return end({ outcome: 'ignored' } as const, known.machine);
  step('written by a person');
  const forged = forgery(verdicts);
  if (forged !== null) return end({ outcome: 'quarantined' } as const, forged);
  step('From is believed');
  const { thread } = known;
  if (thread) {
    step(`belongs to ticket ${thread.ticketId} by ${thread.foundBy}`);
    if (known.belongsToThread) {
      const { accountId, ticketId } = thread;
      return end({ outcome: 'reply', accountId, ticketId } as const, thread.foundBy);
    }
    step('the sender has no part in that ticket');
  }
  const [oldest] = known.accounts;
  if (oldest) {
    const { accountId, contactId } = oldest;
    return end({ outcome: 'ticket', accountId, contactId } as const, 'a known address');
  }
  step('no account knows this address');
  if (known.asksForSilence) return end({ outcome: 'ignored' } as const, 'a stranger who asks for no answer');
  if (!known.mayAnswer) return end({ outcome: 'ignored' } as const, 'a stranger who was answered lately');
  return end({ outcome: 'answered' } as const, 'a stranger');
}

/** Why From cannot be believed: DMARC failed, or SPF and DKIM both did. */
function forgery({ spf, dkim, dmarc }: Verdicts): string | null {
  if (dmarc === 'FAIL') return 'DMARC failed: From cannot be believed';
  if (spf === 'FAIL' && dkim === 'FAIL') return 'SPF and DKIM failed: From cannot be believed';
  return null;
}
