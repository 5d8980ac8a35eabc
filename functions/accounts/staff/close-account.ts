import { conflict, notFound, Problem } from '../../../shared/core/problem.ts';
import { newVersion } from '../../../shared/core/ids.ts';
import { type RequestContext, requireMatch } from '../../../shared/http/request.ts';
import { dismiss, type LoginDependencies } from '../../../shared/accounts/logins/admission.ts';
import { contactActivity } from '../../../shared/accounts/contact.ts';
import { endedAccess } from '../../../shared/accounts/end-access.ts';
import { type Account, type Contact, guestsAccountId } from '../../../shared/accounts/people.ts';
import { accountRows } from '../../../shared/accounts/people-store.ts';
import type { MailTask } from '../../../shared/mail/mail-task.ts';
import { memberKey } from '../../../shared/table/keys.ts';
import { equals, type Position } from '../../../shared/table/table.ts';
import { openThings } from '../../../shared/holdings/open-things.ts';
import { commit, retryWhileStale, type WriteContext } from '../../../shared/write/commit.ts';
import type { Reply } from '../../../shared/write/idempotency.ts';
import type { AccountDependencies } from '../change-profile.ts';
import { staffViews } from './show-account.ts';
import { withdrawNextOwner } from './change-owner.ts';

type CloseDependencies = AccountDependencies & LoginDependencies;

/**
 * Closes an account with which nothing is open any more: all its people's parts end, and their logins with the last one.
 * What stopped half way is finished by the same request once more.
 * @throws Problem `conflict` with what is `open`
 */
export async function closeAccount(
  dependencies: CloseDependencies,
  context: RequestContext,
  accountId: string,
  reason: string | undefined,
): Promise<Reply> {
  const before = await dependencies.people.account(accountId);
  if (!before) throw notFound();
  if (accountId === guestsAccountId) throw conflict('The account of guests is nobody’s.');
  requireMatch(context, before.version);
  await requireNothingOpen(dependencies, before, context.now);
  // Several writes: a repeat starts again, and finds what is done.
  const step = { ...context, idempotent: null };
  const account =
    before.status === 'inactive' ? before : await withStatus(dependencies, step, before, 'inactive');
  try {
    // What its people began a moment ago is seen now, and from here on they begin nothing.
    await requireNothingOpen(dependencies, account, context.now);
  } catch (error) {
    if (account !== before) await withStatus(dependencies, step, account, before.status ?? 'active');
    throw error;
  }
  await retryWhileStale(() => withdrawNextOwner(dependencies, step, accountId));
  await endParts(dependencies, step, accountId);
  await endOwnership(dependencies, step, account, reason);
  const [body] = await staffViews(dependencies, [account]);
  return { body, version: account.version };
}

async function requireNothingOpen({ table }: CloseDependencies, account: Account, now: Date): Promise<void> {
  const open = await openThings(table, account, now);
  if (open.length === 0) return;
  throw new Problem('conflict', `${account.name} cannot be closed yet: there are still ${open.join(', ')}.`, {
    open,
  });
}

/** Every sub-account's part, those that wait to be accepted too. The contacts stay. */
async function endParts(
  dependencies: CloseDependencies,
  context: WriteContext,
  accountId: string,
): Promise<void> {
  const { people } = dependencies;
  let after: Position | undefined;
  do {
    const page = await people.contacts(accountId, { limit: 100, after });
    for (const { id, subAccount } of page.items) {
      if (!subAccount || subAccount.ended) continue;
      await retryWhileStale(async () => endPart(dependencies, context, await people.contact(accountId, id)));
    }
    after = page.next ?? undefined;
  } while (after);
}

async function endPart(
  dependencies: CloseDependencies,
  context: WriteContext,
  before: Contact | undefined,
): Promise<void> {
  if (!before?.subAccount || before.subAccount.ended) return;
  const after = { ...before, subAccount: { ...before.subAccount, ended: true } };
  const { contact, actions, outbox, complete } = await endedAccess(dependencies, before, after, context.now);
  const activity = [contactActivity('sub-account.deactivated', before, contact, { access: true })];
  await complete(() => commit(dependencies, context, { actions, activity, outbox }));
}

/** The owner's part is the last: with it the account is closed. */
async function endOwnership(
  dependencies: CloseDependencies,
  context: WriteContext,
  account: Account,
  reason: string | undefined,
): Promise<void> {
  const { people } = dependencies;
  const { id, owner } = account;
  await retryWhileStale(async () => {
    const [login, membership] = await Promise.all([
      people.login(owner.userId),
      people.membership(owner.userId, id),
    ]);
    if (!login || !membership) return;
    const { actions, outbox, complete } = dismiss(dependencies, login, context.now);
    const part = { delete: memberKey(owner.userId, id), when: equals({ version: membership.version }) };
    const change = {
      actions: [part, ...actions],
      activity: [closed(account, reason)],
      outbox: [...outbox, closedMail(account)],
    };
    await complete(() => commit(dependencies, context, change));
  });
}

function closed({ id, name }: Account, reason: string | undefined) {
  const subject = { kind: 'account', id, name };
  return {
    accountId: id,
    action: 'account.closed',
    subject,
    before: null,
    after: reason === undefined ? {} : { reason },
  };
}

function closedMail({ id, name, owner }: Account): MailTask {
  return {
    kind: 'mail',
    template: 'account-closed',
    accountId: id,
    mailKind: 'general',
    audience: { kind: 'person', email: owner.email, name: owner.name, contactId: null },
    data: { accountName: name },
    thread: null,
    inReplyTo: null,
  };
}

async function withStatus(
  dependencies: CloseDependencies,
  context: WriteContext,
  before: Account,
  status: NonNullable<Account['status']>,
): Promise<Account> {
  const after: Account = { ...before, status, version: newVersion() };
  const subject = { kind: 'account', id: after.id, name: after.name };
  await commit(dependencies, context, {
    actions: accountRows(after, { version: before.version }),
    activity: [
      {
        accountId: after.id,
        action: 'account.changed',
        subject,
        before: { status: before.status ?? 'active' },
        after: { status },
      },
    ],
    outbox: [],
  });
  return after;
}
