import type { Language } from '../language/languages.ts';
import type { Phrase } from '../language/phrase.ts';
import type { MailKind, MailList } from '../accounts/people.ts';
import type { CodePlace } from './codes/code.ts';
import type { TemplateName } from './templates.ts';

/** The opener of a ticket, as its mail needs it. */
export interface TicketOpener {
  kind: 'owner' | 'contact' | 'main-account' | 'guest';
  /** Null for owners and guests. */
  contactId: string | null;
  /** The main account of an opener who acted from there. */
  mainAccountId?: string;
  name: string;
  email: string;
}

/** The audience of a mail. Addresses are resolved when it is sent, so people removed by then get nothing. */
export type Audience =
  /** Every administrator of the portal. */
  | { kind: 'administrators' }
  /** One person: an invitee, a requester, an unknown sender. With `contactId`, only while that contact exists. */
  | { kind: 'person'; email: string; name: string; contactId: string | null }
  /** One batch of an audience too large for one message: the first in To, the others in Cc; what some get on a day is limited. `list`: whom it is a part of. */
  | { kind: 'people'; people: { email: string; name: string; limited?: true }[]; list?: MailList }
  /** The account's owner, whatever they switched off. */
  | { kind: 'owner' }
  /** The owner and every contact, whatever they switched off. */
  | { kind: 'everybody' }
  /** The owner, and the contacts on that list. */
  | { kind: 'list'; list: MailList }
  /** The people of a ticket except the author of the message (an address; null to exclude nobody). */
  | {
      kind: 'ticket';
      opener: TicketOpener;
      /** Those who wrote in the ticket asked for its mail. */
      cc: { email: string; contactId: string | null; wrote?: true }[];
      hiddenFromMainAccount: boolean;
      author: string | null;
    };

declare module '../write/outbox-task.ts' {
  interface OutboxTasks {
    mail: MailTask;
  }
}

/** One mail to send, as the outbox stores it. */
export interface MailTask {
  kind: 'mail';
  template: TemplateName;
  /** The account that the mail belongs to; null if there is none yet. */
  accountId: string | null;
  mailKind: MailKind;
  audience: Audience;
  /** Values of the template's placeholders. */
  data: Record<string, string | string[]>;
  /** Those of them that are words of the portal; they are said in the reader's language, in `data` in English. */
  words?: Record<string, Phrase | Phrase[]>;
  /** Of a part of an audience: the kind that its readers can switch this mail off with. */
  switchedBy?: MailKind;
  /** The language of its readers where it is known: a person's own, or that of a part of an audience that reads several. */
  language?: Language;
  /** The ticket that the mail is threaded under; replies to it find that ticket. */
  thread: { ticketId: string; number: string; departmentId: string | null } | null;
  /** The sending department, if no ticket names it. */
  departmentId?: string;
  /**
   * The membership whose invitation the mail's link answers, in an account, among staff (`staffPlace`) or as an owner
   * (`ownerPlace`); nothing is sent once it was answered or withdrawn.
   */
  invitation?: { userId: string; accountId: string };
  /** The question that the mail's link answers; nothing is sent once it was answered. */
  question?: { id: string; accountId: string | null };
  /** The kind of mail that the mail's link switches. */
  mailSwitch?: { accountId: string; contactId: string | null; kind: MailKind; on: boolean };
  /** The code that the mail is for; nothing is sent once another one took its place, it was used, or is over. */
  code?: CodePlace & { id: string };
  /** The change of an address that the mail's link stops; nothing is sent once it was stopped or took effect. */
  addressChange?: { userId: string; change: string };
  /** A code of Cognito's for this login, encrypted as it came: it is read as the mail leaves, if it still works then. */
  cognitoCode?: { userId: string; encrypted: string; worksUntil: string };
  /** The day whose held mail it brings; it is sent once that day is over. */
  digestOf?: string;
  /** The id of the message that is answered, with its angle brackets, where there is one. */
  inReplyTo: string | null;
}

/** The kind that its readers can switch a mail off with; null for one that goes out whatever they switched off. */
export function switchOf({
  audience,
  switchedBy,
}: Pick<MailTask, 'audience' | 'switchedBy'>): MailKind | null {
  if (audience.kind === 'ticket') return 'support';
  if (audience.kind === 'list') return audience.list === 'managers' ? null : audience.list;
  return switchedBy ?? null;
}
