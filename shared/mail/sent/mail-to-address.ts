import { normalAddress } from '../../accounts/keys.ts';
import { toInstant, toSeconds } from '../../core/clock.ts';
import { idPrefixes } from '../../core/ids.ts';
import { type PageRequest, type StoredPage, strippedPage } from '../../table/page.ts';
import { type Action, type Key, present, type Table } from '../../table/table.ts';

/** One mail that an address was sent or did not get, whichever account it was of: staff see what became of it. */
export interface MailToAddress {
  id: string;
  /** Of one that was held back, when it was. */
  sentAt: string;
  /** Null for mail of none. */
  accountId: string | null;
  template: string;
  /** Null for one that was never written. */
  subject: string | null;
  /** As its reader's program shows it; null for one that was held back. */
  messageId: string | null;
  /** What the mail service said of it later, or that it was not sent there. */
  outcome: 'sent' | 'undelivered' | 'complained' | 'held-back';
  /** Why, once there is a reason. */
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

/** What a task did not mail to an address: once, however often it runs. */
export function heldBackRow(
  email: string,
  taskId: string,
  about: Pick<MailToAddress, 'accountId' | 'template' | 'subject' | 'reason'>,
  now: Date,
): Action {
  // By the time of its task, it stands in order among the mails.
  const id = taskId.replace(idPrefixes.outbox, idPrefixes.email);
  const mail: MailToAddress = { ...about, id, sentAt: toInstant(now), messageId: null, outcome: 'held-back' };
  return mailToAddressRow(email, mail, now);
}

/** What the mail service said of the mail to this address. */
export function mailOutcomeRow(
  email: string,
  id: string,
  { outcome, reason }: Pick<MailToAddress, 'outcome' | 'reason'>,
): Action {
  return { update: mailKey(email, id), set: { outcome, reason }, when: present };
}
