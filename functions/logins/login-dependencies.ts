import type { LoginDependencies } from '../../shared/accounts/logins/admission.ts';
import type { StaffStore } from '../../shared/accounts/staff/staff-store.ts';
import type { Clock } from '../../shared/core/clock.ts';
import type { ReplyKeys } from '../../shared/mail/reply-token.ts';
import type { WriteDependencies } from '../../shared/write/commit.ts';

/** What a person's own login reads and writes. */
export interface OwnLoginDependencies extends WriteDependencies, LoginDependencies {
  linkKeys(): Promise<ReplyKeys>;
  portalUrl: string;
  providerName: string;
  staff: StaffStore;
  clock: Clock;
  /** Waits until the second of this instant is over: a sign-in after it gives tokens that count. */
  secondOver(now: Date): Promise<void>;
}
