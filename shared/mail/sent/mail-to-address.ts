import { normalAddress } from '../../accounts/keys.ts';
import { toSeconds } from '../../core/clock.ts';
import { type PageRequest, type StoredPage, strippedPage } from '../../table/page.ts';
import { type Action, type Key, present, type Table } from '../../table/table.ts';

/** One mail that went to an address, whichever account it was of: by this staff see what somebody was sent. */
export interface MailToAddress {
  id: string;
  sentAt: string;
  /** Null for mail of none. */
  accountId: string | null;
  template: string;
  subject: string;
  /** As its reader's program shows it. */
  messageId: string;
  /** What the mail service said of it later. */
  outcome: 'sent' | 'undelivered' | 'complained';
  /** Its reason, once it said something. */
  reason: string | null;
}

const keptSeconds = 90 * 24 * 60 * 60;
const partition = (email: string) => `MAIL-TO#${normalAddress(email)}`;
const mailKey = (email: string, id: string): Key => ({ pk: partition(email), sk: id });

/** Newest first. */
export async function mailsToAddress(
  table: Table,
  email: string,
  page: PageRequest,
): Promise<StoredPage<MailToAddress>> {
  return strippedPage(await table.query({ pk: partition(email), descending: true, ...page }));
}

export function mailToAddressRow(email: string, mail: MailToAddress, now: Date): Action {
  return { put: { ...mail, expiresAt: toSeconds(now) + keptSeconds, ...mailKey(email, mail.id) } };
}

/** What the mail service said of the mail to this address. */
export function mailOutcomeRow(
  email: string,
  id: string,
  { outcome, reason }: Pick<MailToAddress, 'outcome' | 'reason'>,
): Action {
  return { update: mailKey(email, id), set: { outcome, reason }, when: present };
}
