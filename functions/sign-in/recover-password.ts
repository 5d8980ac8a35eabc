import { beginEnding, finishEnding } from '../../shared/accounts/logins/end-sessions.ts';
import { normalAddress } from '../../shared/accounts/keys.ts';
import { isDisabled, type Login, provenUnnamed } from '../../shared/accounts/people.ts';
import { firstSpoken } from '../../shared/language/choose.ts';
import type { MailTask } from '../../shared/mail/mail-task.ts';
import { commit, portalContext, retryWhileStale } from '../../shared/write/commit.ts';
import type { SignInDependencies } from './sign-in-dependencies.ts';

/**
 * A password was chosen with a code that was mailed: the login is proven by it, whoever was signed in is out, and its
 * person is told. An unproven login loses its second factor as well, as somebody else may have set it up; a proven one
 * keeps the one that the portal knows. The pool waits for this: a sign-in after it gives tokens that work.
 */
export async function recoverPassword(
  dependencies: SignInDependencies,
  userId: string,
  attributes: Record<string, string>,
): Promise<void> {
  const { clock, directory } = dependencies;
  try {
    const begun = await retryWhileStale(async () => {
      const login = await dependencies.people.login(userId);
      if (!login) return null;
      const now = clock();
      const proven = provenBy(login, attributes);
      const ending = beginEnding(proven, now, !login.proven);
      await commit(dependencies, portalContext(now), {
        actions: ending.actions,
        activity: [],
        outbox: [recoveredMail(login, dependencies.portalUrl)],
      });
      return { ending, now };
    });
    if (begun) await finishEnding(dependencies, begun.ending, begun.now);
    else await directory.endSessions(userId);
  } catch (error) {
    // The password is changed, and nothing was noted: at least no session goes on.
    await directory.endSessions(userId).catch(() => undefined);
    throw error;
  }
}

/** A disabled login comes back by invitation alone, and a code proves the address that it was mailed to. */
function provenBy(login: Login, { email = '' }: Record<string, string>): Login {
  if (isDisabled(login) || normalAddress(email) !== normalAddress(login.email)) return login;
  return provenUnnamed(login);
}

function recoveredMail({ name, email, language }: Login, portalUrl: string): MailTask {
  return {
    kind: 'mail',
    template: 'password-recovered',
    accountId: null,
    mailKind: 'general',
    audience: { kind: 'person', email, name, contactId: null },
    language: firstSpoken(language),
    data: { name, portalUrl },
    thread: null,
    inReplyTo: null,
  };
}
