import { createHash } from 'node:crypto';
import { toInstant, toSeconds } from '../../shared/core/clock.ts';
import { firstSpoken } from '../../shared/language/choose.ts';
import { defaultLanguage, type Language } from '../../shared/language/languages.ts';
import { normalAddress } from '../../shared/accounts/keys.ts';
import { countedAddress } from '../../shared/mail/limits/counted-address.ts';
import { isDisabled } from '../../shared/accounts/people.ts';
import type { MailTask } from '../../shared/mail/mail-task.ts';
import { type Action, absent, free } from '../../shared/table/table.ts';
import { commit, portalContext, StaleRead } from '../../shared/write/commit.ts';
import type { SignInDependencies } from './sign-in-dependencies.ts';

const daySeconds = 24 * 3600;

/** Codes for one address and purpose on one day, where no session asks for them. */
const mostInADay = 3;

/** What Cognito's codes are for, with the mail and how long Cognito takes them. Others are not used by the portal. */
const purposes = {
  CustomEmailSender_ForgotPassword: { template: 'password-code', worksSeconds: 3600 },
  CustomEmailSender_AdminCreateUser: { template: 'first-password', worksSeconds: 7 * daySeconds },
} as const;

export type CodePurpose = keyof typeof purposes;

export const isCodePurpose = (source: string): source is CodePurpose => Object.hasOwn(purposes, source);

export interface CodeToMail {
  purpose: CodePurpose;
  userId: string;
  /** The code as Cognito encrypted it. */
  encrypted: string;
  /** The pool's own record of the user. */
  attributes: Record<string, string>;
}

/**
 * Mails a code of Cognito's through the outbox: to the address in the login's row, each code once, and nothing beyond the
 * day's limit or to a login that is disabled. The pool calls again where an answer was lost.
 */
export async function mailCode(dependencies: SignInDependencies, code: CodeToMail): Promise<void> {
  const person = await addressee(dependencies, code);
  if (!person) return;
  const { name, email, language } = person;
  const now = dependencies.clock();
  const { template, worksSeconds } = purposes[code.purpose];
  const task: MailTask = {
    kind: 'mail',
    template,
    accountId: null,
    mailKind: 'general',
    audience: { kind: 'person', name, email, contactId: null },
    language,
    data: { name, portalUrl: dependencies.portalUrl },
    cognitoCode: {
      userId: code.userId,
      encrypted: code.encrypted,
      worksUntil: toInstant(new Date(now.getTime() + worksSeconds * 1000)),
    },
    thread: null,
    inReplyTo: null,
  };
  try {
    await commit(dependencies, portalContext(now), {
      actions: [mailedOnce(code.encrypted, now), counted(template, countedAddress(email), now)],
      activity: [],
      outbox: [task],
    });
  } catch (error) {
    // It was mailed before, or it is enough for today: whoever asks learns neither.
    if (!(error instanceof StaleRead)) throw error;
  }
}

/** Whom the portal's record names; for a user whom the operator has just added, the pool's. */
async function addressee(
  { people }: SignInDependencies,
  { purpose, userId, attributes }: CodeToMail,
): Promise<{ name: string; email: string; language: Language } | null> {
  const login = await people.login(userId);
  if (login) {
    const { name, email, language } = login;
    return isDisabled(login) ? null : { name, email: normalAddress(email), language: firstSpoken(language) };
  }
  const { email, name } = attributes;
  if (purpose !== 'CustomEmailSender_AdminCreateUser' || !email) return null;
  return { name: name ?? email, email: normalAddress(email), language: defaultLanguage };
}

function mailedOnce(encrypted: string, now: Date): Action {
  const fingerprint = createHash('sha256').update(encrypted).digest('hex');
  return {
    put: { pk: `CODE#${fingerprint}`, sk: 'MAILED', expiresAt: toSeconds(now) + daySeconds },
    when: absent,
  };
}

function counted(purpose: string, address: string, now: Date): Action {
  return {
    update: { pk: `CODES#${purpose}#${address}`, sk: toInstant(now).slice(0, 10) },
    add: { count: 1 },
    set: { expiresAt: toSeconds(now) + 2 * daySeconds },
    when: free('count', mostInADay),
  };
}
