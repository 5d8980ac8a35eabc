import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import type { Clock } from '../../shared/core/clock.ts';
import type { BounceStore } from '../../shared/mail/delivery/bounces.ts';
import type { ReplyKeys } from '../../shared/mail/reply-token.ts';
import type { ThreadStore } from '../../shared/mail/threads.ts';
import type { Department } from '../../shared/settings/departments.ts';
import type { StoredSettings } from '../../shared/settings/settings.ts';
import type { Files } from '../../shared/tickets/attachment.ts';
import type { TicketStore } from '../../shared/tickets/ticket-store.ts';
import type { WriteDependencies } from '../../shared/write/commit.ts';
import type { InboundMailStore } from '../../shared/mail/received/inbound-mail-store.ts';

/** What handling a mail reads and writes. */
export interface InboundDependencies extends WriteDependencies {
  mails: InboundMailStore;
  people: PeopleStore;
  tickets: TicketStore;
  threads: ThreadStore;
  bounces: BounceStore;
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
