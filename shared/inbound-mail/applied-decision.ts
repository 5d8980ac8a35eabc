import type { Actor } from '../write/actor.ts';
import type { Change } from '../write/commit.ts';

/** What a decision about a message writes. */
export interface AppliedDecision {
  change: Change;
  actor: Actor;
  ticketId?: string;
  /** The question that was asked, which the message waits for. */
  questionId?: string;
  /** Further steps, for the record. */
  trace: string[];
}
