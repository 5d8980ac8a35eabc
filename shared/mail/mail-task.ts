import type { MailKind, MailList } from '../accounts/people.ts';
import type { TemplateName } from './templates.ts';

/** Who opened a ticket, as far as its mail needs to know. */
export interface TicketOpener {
  kind: 'owner' | 'contact' | 'main-account' | 'guest';
  /** The contact's id; null for owners and for guests. */
  contactId: string | null;
  /** Of somebody who came from the main account: which one that was. */
  mainAccountId?: string;
  name: string;
  email: string;
}

/** Whom a mail is for; the addresses are found when it is sent, so that who has gone by then gets nothing. */
export type Audience =
  /** One person: someone invited, an asker, a stranger. A contact only while it is one. */
  | { kind: 'person'; email: string; name: string; contactId: string | null }
  /** A part of more people than one message may go to: the first in To, the others in Cc. */
  | { kind: 'people'; people: { email: string; name: string }[] }
  /** The owner, and the contacts on that list. */
  | { kind: 'list'; list: MailList }
  /** The people of a ticket, but for the author of what is being sent (an address, null to spare nobody). */
  | {
      kind: 'ticket';
      opener: TicketOpener;
      cc: { email: string; contactId: string | null }[];
      hiddenFromMainAccount: boolean;
      author: string | null;
    };

declare module '../write/outbox-task.ts' {
  interface OutboxTasks {
    mail: MailTask;
  }
}

/** One mail, as it is promised in the table. */
export interface MailTask {
  kind: 'mail';
  template: TemplateName;
  /** The account whose mail this is; null where it is nobody's yet. */
  accountId: string | null;
  mailKind: MailKind;
  audience: Audience;
  /** What the template's placeholders stand for. */
  data: Record<string, string | string[]>;
  /** The ticket whose conversation this belongs to: its mails thread, and answers to them find it. */
  thread: { ticketId: string; number: string; departmentId: string | null } | null;
  /** The department that writes, where no ticket names it. */
  departmentId?: string;
  /** The id of the message that is answered, with its angle brackets, where there is one. */
  inReplyTo: string | null;
}
