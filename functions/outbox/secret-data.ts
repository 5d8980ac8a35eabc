import { toInstant, toSeconds } from '../../shared/core/clock.ts';
import { normalAddress } from '../../shared/accounts/keys.ts';
import { isDisabled } from '../../shared/accounts/people.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import { digitsOf, openCode } from '../../shared/mail/codes/code.ts';
import type { StaffStore } from '../../shared/accounts/staff/staff-store.ts';
import {
  linkSeconds,
  ownedBy,
  signAddressStop,
  signInvitation,
  signQuestion,
  signSwitch,
  staffPlace,
  switchLinkSeconds,
} from '../../shared/mail/invitations/signed-link.ts';
import type { MailTask } from '../../shared/mail/mail-task.ts';
import { questionStore } from '../../shared/mail/questions/question.ts';
import type { ReplyKeys } from '../../shared/mail/reply-token.ts';
import type { Table } from '../../shared/table/table.ts';

export interface SecretDependencies {
  table: Table;
  people: PeopleStore;
  staff: Pick<StaffStore, 'member' | 'administrators'>;
  replyKeys(): Promise<ReplyKeys>;
  /** Reads a code that Cognito encrypted. */
  readCode(encrypted: string): Promise<string>;
  portalUrl: string;
  /** Where signed links lead: the API's own address. */
  linkUrl: string;
}

/** Whether a mail has a code or a signed link, which is for its reader alone. */
export function isSecret({
  invitation,
  code,
  addressChange,
  cognitoCode,
  question,
  mailSwitch,
}: MailTask): boolean {
  return (invitation ?? code ?? addressChange ?? cognitoCode ?? question ?? mailSwitch) !== undefined;
}

/**
 * The code or signed link of a mail, made as it is sent: it is in no row, no task and no kept copy. Null where it would
 * work no longer, so that nothing is to be sent.
 */
export async function secretData(
  dependencies: SecretDependencies,
  task: MailTask,
  recipient: string,
  now: Date,
): Promise<Record<string, string> | null> {
  if (task.invitation) return invitationUrl(dependencies, task.invitation, now);
  if (task.addressChange) return stopUrl(dependencies, task.addressChange, now);
  if (task.question) return questionUrl(dependencies, task.question.id, now);
  if (task.mailSwitch) {
    return { switchUrl: await switchUrl(dependencies, task.mailSwitch, recipient, now) };
  }
  if (task.code) return codeDigits(dependencies, task.code, now);
  if (task.cognitoCode) return cognitoDigits(dependencies, task.cognitoCode, recipient, now);
  return {};
}

async function invitationUrl(
  { people, staff, replyKeys, portalUrl, linkUrl }: SecretDependencies,
  { userId, accountId }: NonNullable<MailTask['invitation']>,
  now: Date,
) {
  const owned = ownedBy(accountId);
  const waits =
    accountId === staffPlace
      ? staff.member(userId)
      : owned === null
        ? people.membership(userId, accountId)
        : people.ownership(userId, owned);
  const [login, waiting] = await Promise.all([people.login(userId), waits]);
  if (!login || !waiting?.invitation) return null;
  const expiresAtSeconds = toSeconds(now) + linkSeconds;
  const link = { userId, accountId, invitation: waiting.invitation, expiresAtSeconds };
  const url = `${linkUrl}/v1/invitation/${signInvitation(link, login.email, await replyKeys())}`;
  // A template that a provider wrote before may still use the older name.
  return { invitationUrl: url, setPasswordUrl: url, portalUrl };
}

async function codeDigits(
  { table, people, replyKeys, portalUrl }: SecretDependencies,
  { id, ...place }: NonNullable<MailTask['code']>,
  now: Date,
) {
  const code = await openCode(table, place, now);
  if (code?.id !== id) return null;
  // Somebody else's login has the address: nobody can make it theirs, and the asker cannot tell.
  if (code.purpose === 'new-address' && (await people.byAddress(code.email)).userId !== null) return null;
  return { code: digitsOf(code, await replyKeys()), portalUrl };
}

async function cognitoDigits(
  { people, readCode }: SecretDependencies,
  { userId, encrypted, worksUntil }: NonNullable<MailTask['cognitoCode']>,
  recipient: string,
  now: Date,
) {
  if (toInstant(now) >= worksUntil) return null;
  const login = await people.login(userId);
  // The address was changed meanwhile, or the login disabled.
  if (login && (isDisabled(login) || normalAddress(login.email) !== normalAddress(recipient))) return null;
  return { code: await readCode(encrypted) };
}

async function questionUrl({ table, replyKeys, linkUrl }: SecretDependencies, id: string, now: Date) {
  const question = await questionStore(table).find(id);
  if (!question || question.answer !== undefined) return null;
  const { email, untilSeconds: expiresAtSeconds } = question;
  if (expiresAtSeconds <= toSeconds(now)) return null;
  const token = signQuestion({ question: id, expiresAtSeconds }, email, await replyKeys());
  return { questionUrl: `${linkUrl}/v1/mail/${token}` };
}

/** The link that switches a kind of mail of one account, for the person with this address. */
export async function switchUrl(
  { replyKeys, linkUrl }: Pick<SecretDependencies, 'replyKeys' | 'linkUrl'>,
  wanted: NonNullable<MailTask['mailSwitch']>,
  email: string,
  now: Date,
): Promise<string> {
  const link = { ...wanted, expiresAtSeconds: toSeconds(now) + switchLinkSeconds };
  return `${linkUrl}/v1/unsubscribe/${signSwitch(link, email, await replyKeys())}`;
}

async function stopUrl(
  { people, replyKeys, portalUrl, linkUrl }: SecretDependencies,
  { userId, change }: NonNullable<MailTask['addressChange']>,
  now: Date,
) {
  const login = await people.login(userId);
  if (login?.addressChange?.id !== change) return null;
  const link = { userId, change, expiresAtSeconds: toSeconds(now) + linkSeconds };
  const token = signAddressStop(link, login.email, await replyKeys());
  return { stopUrl: `${linkUrl}/v1/invitation/${token}`, portalUrl };
}
