import type { Login } from '../../../shared/accounts/people.ts';
import { Problem } from '../../../shared/core/problem.ts';
import type { RequestContext } from '../../../shared/http/request.ts';
import {
  codeCountKey,
  type CodePurpose,
  countedCode,
  type MailedCode,
  mostCodesInADay,
  newCode,
} from '../../../shared/mail/codes/code.ts';
import { countedAddress } from '../../../shared/mail/limits/counted-address.ts';
import { codeMail } from '../../../shared/mail/codes/login-mail.ts';
import type { Key } from '../../../shared/table/table.ts';
import type { Change } from '../../../shared/write/commit.ts';
import type { OwnLoginDependencies } from '../login-dependencies.ts';

/** Codes to all the addresses together that one login may name on one day, so that it is no way to mail strangers. */
const mostOfALogin = 30;

/** The caller's session. A token always names one. */
export function sessionOf({ caller }: RequestContext): string {
  if (caller.sessionId) return caller.sessionId;
  throw new Problem('access-changed', 'Your session is from before an update. Please sign in again.');
}

/**
 * What asking for a code writes, for the use case's own write: the code in place of the session's last one, the counts
 * of the day, and its mail.
 * @throws Problem `too-many-codes`
 */
export async function newMailedCode(
  dependencies: OwnLoginDependencies,
  context: RequestContext,
  login: Login,
  purpose: CodePurpose,
  email = login.email,
): Promise<Pick<Change, 'actions' | 'outbox'> & { code: MailedCode }> {
  const { now } = context;
  const place = { userId: login.userId, purpose, session: sessionOf(context) };
  const { code, action } = newCode(place, email, await dependencies.linkKeys(), now);
  const counts: [Key, number][] = [
    [codeCountKey(purpose, countedAddress(code.email), now), mostCodesInADay],
    [codeCountKey(purpose, login.userId, now), mostOfALogin],
  ];
  // Where another request comes in between, the write fails and this is read again.
  const rows = await dependencies.table.getMany(counts.map(([key]) => key));
  if (rows.some((row, index) => Number(row?.['count'] ?? 0) >= counts[index]![1])) {
    throw new Problem('too-many-codes', 'That were enough codes for today. Try again tomorrow.');
  }
  const counted = counts.map(([key, most]) => countedCode(key, most, now));
  return { code, actions: [action, ...counted], outbox: [codeMail(code, login)] };
}
