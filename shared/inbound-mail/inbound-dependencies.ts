import type { PeopleStore } from '../accounts/people-store.ts';
import type { Clock } from '../core/clock.ts';
import type { QuestionStore } from '../mail/questions/question.ts';
import type { DeadAddressStore } from '../mail/delivery/dead-addresses.ts';
import type { ReplyKeys } from '../mail/reply-token.ts';
import type { ThreadStore } from '../mail/threads.ts';
import type { Department } from '../settings/departments.ts';
import type { StoredSettings } from '../settings/settings.ts';
import type { Files } from '../tickets/attachment.ts';
import type { TicketStore } from '../tickets/ticket-store.ts';
import type { WriteDependencies } from '../write/commit.ts';
import type { InboundMailStore } from '../mail/received/inbound-mail-store.ts';

/** Everything that handling a mail reads from and writes to. */
export interface InboundDependencies extends WriteDependencies {
  mails: InboundMailStore;
  people: PeopleStore;
  tickets: TicketStore;
  threads: ThreadStore;
  questions: QuestionStore;
  deadAddresses: DeadAddressStore;
  files: Pick<Files, 'put'>;
  readObject(key: string): Promise<Uint8Array>;
  settings(): Promise<StoredSettings>;
  departments(): Promise<Department[]>;
  replyKeys(): Promise<ReplyKeys>;
  supportAddress: string;
  providerName: string;
  portalUrl: string;
  clock: Clock;
}
