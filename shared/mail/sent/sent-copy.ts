import type { MailKind } from '../../accounts/people.ts';
import type { Key } from '../../table/table.ts';

/** Sort keys of the copies of an account's sent mail; they order by the time of sending. */
export const sentCopyPrefix = 'EMAIL#';

export const sentCopyKey = (accountId: string, id: string): Key => ({
  pk: `ACCOUNT#${accountId}`,
  sk: `${sentCopyPrefix}${id}`,
});

/** What is kept of a mail that was sent to an account. One with a code or signed link is kept without its text. */
export interface SentCopy {
  id: string;
  kind: MailKind;
  to: string[];
  subject: string;
  text: string;
  html: string;
  messageId: string;
  sentAt: string;
}
