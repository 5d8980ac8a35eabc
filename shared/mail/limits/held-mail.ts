import { toSeconds } from '../../core/clock.ts';
import type { Day } from '../../core/day.ts';
import { stripped } from '../../table/page.ts';
import { type Action, absent, type Key, type Table } from '../../table/table.ts';
import { normalAddress } from '../../accounts/keys.ts';
import type { MailList } from '../../accounts/people.ts';
import { countedAddress } from './counted-address.ts';

/** A mail that an address did not get because it had enough on that day; it goes out in the next day's digest. */
export interface HeldMail {
  /** The ticket that it is about; null for none. */
  ticketId: string | null;
  /** Of mail about none: the contact whom, or the list of contacts that, it was written to. */
  contactId?: string;
  list?: MailList;
  subject: string;
  text: string;
}

const keptSeconds = 10 * 24 * 60 * 60;
/** Mails that one digest holds; of more it says how many there are. */
const mostInDigest = 100;
/** In characters, of each mail. */
const longestText = 1500;

const partition = (email: string, accountId: string | null) =>
  `HELD-MAIL#${normalAddress(email)}#${accountId ?? 'PORTAL'}`;
/** A mailbox has one digest of a day from an account, under however many spellings it was written to. */
const digestKey = (email: string, accountId: string | null, day: Day): Key => ({
  pk: partition(countedAddress(email), accountId),
  sk: `${day}#DIGEST`,
});

/** The spelling that gets the digest of that day's held mail; undefined where nothing was held yet. */
export async function digestReader(
  table: Table,
  email: string,
  accountId: string | null,
  day: Day,
): Promise<string | undefined> {
  const item = await table.get(digestKey(email, accountId, day));
  return item && String(item['email']);
}

/** Fails if a digest of that day waits already for the mailbox. */
export function digestRow(email: string, accountId: string | null, day: Day, now: Date): Action {
  const expiresAt = toSeconds(now) + keptSeconds;
  const put = { email: normalAddress(email), expiresAt, ...digestKey(email, accountId, day) };
  return { put, when: absent };
}

/** Keeps what a task would have mailed. The task may run again. */
export function heldRow(
  { email, accountId, day, taskId }: { email: string; accountId: string | null; day: Day; taskId: string },
  mail: HeldMail,
  now: Date,
): Action {
  const expiresAt = toSeconds(now) + keptSeconds;
  const held = { ...mail, text: mail.text.slice(0, longestText), expiresAt };
  return { put: { ...held, pk: partition(email, accountId), sk: `${day}#MAIL#${taskId}` } };
}

/** What was held back from the address on that day, oldest first, and whether there is more. */
export async function heldMails(
  table: Table,
  email: string,
  accountId: string | null,
  day: Day,
): Promise<{ mails: HeldMail[]; isMore: boolean }> {
  const { items, next } = await table.query({
    pk: partition(email, accountId),
    prefix: `${day}#MAIL#`,
    limit: mostInDigest,
  });
  return { mails: items.map((item) => stripped<HeldMail>(item)!), isMore: next !== null };
}
