import { type Authority, permissionsOf } from '../../shared/access/decide.ts';
import type { Caller } from '../../shared/access/caller.ts';
import { normalAddress } from '../../shared/accounts/keys.ts';
import { opensMailKind } from '../../shared/accounts/mail-kinds.ts';
import type { SentCopy } from '../../shared/mail/sent/sent-copy.ts';

/** Who reads the mail of an account, and by which right. */
export interface MailReader {
  caller: Pick<Caller, 'email'>;
  authority: Authority;
}

/** A code or signed link is for its reader alone, so that nothing was kept of the text. */
function isSecret({ text, html }: SentCopy): boolean {
  return text === '' && html === '';
}

/**
 * Whether somebody sees a mail: what was sent to oneself, and of others' the kinds whose permission one holds. That a
 * mail with a code or link went out is seen by everybody.
 */
export function isShown(copy: SentCopy, { caller, authority }: MailReader): boolean {
  const isOwn = copy.to.map(normalAddress).includes(normalAddress(caller.email));
  return isSecret(copy) || isOwn || opensMailKind(permissionsOf(authority), copy.kind);
}

/** A mail in the list; of one with a code or link no more than kind, address and day. */
export function emailView(copy: SentCopy) {
  const { id, kind, to, subject, sentAt } = copy;
  const shown = { id, kind, to, sentOn: sentAt.slice(0, 10) };
  return isSecret(copy) ? { ...shown, sentAt: null, subject: null } : { ...shown, sentAt, subject };
}
