import type { Actor } from '../write/actor.ts';
import type { Run } from '../mail/limits/run.ts';
import type { Change } from '../write/commit.ts';

/** What a decision about a message writes. */
export interface AppliedDecision {
  change: Change;
  actor: Actor;
  ticketId?: string;
  /** The question that was asked, which the message waits for. */
  questionId?: string;
  /** The sender's tickets of one text in a row, after this one. */
  run?: Run;
  /** Further steps, for the record. */
  trace: string[];
}
