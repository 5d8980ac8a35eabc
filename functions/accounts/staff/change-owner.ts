import { admit, dismiss, type LoginDependencies } from '../../../shared/accounts/logins/admission.ts';
import {
  endedOwnershipRow,
  newOwnership,
  nextOwnersName,
  type Ownership,
  ownershipRow,
} from '../../../shared/accounts/ownership/ownership.ts';
import { type Account, guestsAccountId, type Login } from '../../../shared/accounts/people.ts';
import { accountRows, loginRow } from '../../../shared/accounts/people-store.ts';
import { secondsToInstant } from '../../../shared/core/clock.ts';
import { newVersion } from '../../../shared/core/ids.ts';
import { conflict, notFound } from '../../../shared/core/problem.ts';
import { type RequestContext, requireMatch } from '../../../shared/http/request.ts';
import { ownerInvitation } from '../../../shared/mail/invitations/invitation-mail.ts';
import type { MailTask } from '../../../shared/mail/mail-task.ts';
import { type Change, commit, type WriteContext } from '../../../shared/write/commit.ts';
import type { Reply } from '../../../shared/write/idempotency.ts';
import type { AccountDependencies } from '../change-profile.ts';
import { type ShowAccountDependencies, showAccount } from './show-account.ts';

type OwnerDependencies = AccountDependencies & LoginDependencies;

/** What a change of the next owner writes, and the writes to the user pool around it. */
interface Step extends Pick<Change, 'actions' | 'outbox'> {
  complete(write: () => Promise<void>): Promise<void>;
}

/**
 * Invites somebody to own the account. They become its owner once they have accepted, 24 hours from now at the earliest:
 * until then all its people, who are told, may say that it is wrong. Whoever was to be the next owner before is not.
 * @throws Problem `conflict` for the owner of today, a closed account and that of guests; `email-taken` for staff
 */
export async function askForOwner(
  dependencies: OwnerDependencies & ShowAccountDependencies,
  context: RequestContext,
  accountId: string,
  { email, name, reason }: { email: string; name: string; reason: string },
): Promise<Reply> {
  const account = await accountToChange(dependencies, context, accountId);
  const waiting = await waitingFor(dependencies, account);
  const next = await invited(dependencies, account, waiting, { email, name }, context);
  if (next.login.userId === account.owner.userId) {
    throw conflict(`${account.owner.name} is the owner of ${account.name} already.`);
  }
  const { userId } = next.login;
  const isAnew = waiting?.userId === userId;
  const ownership = newOwnership({ accountId, userId, name, reason, invitation: newVersion() }, context.now);
  const withdrawn = waiting && !isAnew ? await withdrawal(dependencies, waiting, context) : nothingToDo;
  const activity = {
    accountId,
    action: 'owner.asked',
    subject: { kind: 'owner', id: userId, name: nextOwnersName(ownership, next.login) },
    before: null,
    after: { email: next.login.email, effectiveAt: secondsToInstant(ownership.effectiveAtSeconds), reason },
  };
  const change = {
    actions: [
      ...accountRows({ ...account, nextOwner: userId, version: newVersion() }, { version: account.version }),
      ownershipRow(ownership, isAnew ? waiting : undefined),
      ...next.actions,
      ...withdrawn.actions,
    ],
    activity: [activity],
    outbox: [
      ...next.outbox,
      ...withdrawn.outbox,
      ownerInvitation({ login: next.login, account, name, by: context.providerName || context.actor.name }),
      everybodysNotice(account, next.login, ownership),
    ],
  };
  await next.complete(() => withdrawn.complete(() => commit(dependencies, context, change)));
  return showAccount(dependencies, accountId);
}

/** Withdraws it while it waits; nothing happens where nobody is to become the owner. */
export async function withdrawOwner(
  dependencies: OwnerDependencies & ShowAccountDependencies,
  context: RequestContext,
  accountId: string,
): Promise<Reply> {
  await accountToChange(dependencies, context, accountId);
  await withdrawNextOwner(dependencies, context, accountId);
  return showAccount(dependencies, accountId);
}

/** @throws StaleRead where the account, or its next owner, changed meanwhile */
export async function withdrawNextOwner(
  dependencies: OwnerDependencies,
  context: WriteContext,
  accountId: string,
): Promise<void> {
  const account = await dependencies.people.account(accountId);
  const waiting = account && (await waitingFor(dependencies, account));
  if (!waiting) return;
  const withdrawn = await withdrawal(dependencies, waiting, context);
  const activity = {
    accountId,
    action: 'owner.withdrawn',
    subject: { kind: 'owner', id: waiting.userId, name: nextOwnersName(waiting, withdrawn.login) },
    before: { effectiveAt: secondsToInstant(waiting.effectiveAtSeconds), reason: waiting.reason },
    after: null,
  };
  const after = { ...account, nextOwner: null, version: newVersion() };
  const actions = [...accountRows(after, { version: account.version }), ...withdrawn.actions];
  await withdrawn.complete(() =>
    commit(dependencies, context, { actions, activity: [activity], outbox: withdrawn.outbox }),
  );
}

async function accountToChange(
  { people }: OwnerDependencies,
  context: RequestContext,
  accountId: string,
): Promise<Account> {
  const account = await people.account(accountId);
  if (!account) throw notFound();
  if (accountId === guestsAccountId) throw conflict('The account of guests is nobody’s.');
  if (account.status === 'inactive') throw conflict(`${account.name} is closed.`);
  requireMatch(context, account.version);
  return account;
}

async function waitingFor({ people }: OwnerDependencies, account: Account): Promise<Ownership | undefined> {
  return account.nextOwner ? people.ownership(account.nextOwner, account.id) : undefined;
}

const nothingToDo: Step = { actions: [], outbox: [], complete: (write) => write() };

/** A login counts one account more while it is to own one, so that it is there to accept. */
async function invited(
  dependencies: OwnerDependencies,
  account: Account,
  waiting: Ownership | undefined,
  person: { email: string; name: string },
  { now }: RequestContext,
): Promise<Step & { login: Login }> {
  const known = await dependencies.people.byAddress(person.email);
  const already = known.userId === null ? undefined : await dependencies.people.login(known.userId);
  const counts = already && [account.owner.userId, waiting?.userId].includes(already.userId);
  if (!counts) return admit(dependencies, { ...person, password: null }, now);
  // Its row is checked: a press on the link before this one must not come in between.
  return { ...nothingToDo, login: already, actions: [loginRow(already, { version: already.version })] };
}

async function withdrawal(
  dependencies: OwnerDependencies,
  waiting: Ownership,
  { now }: WriteContext,
): Promise<Step & { login: Login }> {
  const login = await dependencies.people.login(waiting.userId);
  if (!login) throw new Error(`No login ${waiting.userId} behind the next owner of ${waiting.accountId}`);
  const leaving = dismiss(dependencies, login, now);
  return { ...leaving, actions: [endedOwnershipRow(waiting), ...leaving.actions] };
}

/** It cannot be switched off: whoever is there may know that it is wrong. */
function everybodysNotice(account: Account, login: Login, ownership: Ownership): MailTask {
  const { effectiveAtSeconds, reason } = ownership;
  const at = secondsToInstant(effectiveAtSeconds)!;
  return {
    kind: 'mail',
    template: 'owner-changing',
    accountId: account.id,
    mailKind: 'general',
    audience: { kind: 'everybody' },
    data: {
      accountName: account.name,
      owner: account.owner.name,
      newOwner: nextOwnersName(ownership, login),
      newAddress: login.email,
      reason,
      day: at.slice(0, 10),
      time: at.slice(11, 16),
    },
    thread: null,
    inReplyTo: null,
  };
}
