import { permissionKeys } from '../../shared/access/permissions.ts';
import { type EndedAccess, endedAccess } from '../../shared/accounts/end-access.ts';
import { dismiss, type LoginDependencies, syncLogin } from '../../shared/accounts/logins/admission.ts';
import { everyMailKind } from '../../shared/accounts/mail-kinds.ts';
import { ownerAddressRows } from '../../shared/accounts/organisation.ts';
import {
  endedOwnershipRow,
  nextOwnersName,
  type Ownership,
} from '../../shared/accounts/ownership/ownership.ts';
import { type Account, type Contact, isInvited, type Login } from '../../shared/accounts/people.ts';
import {
  accountRows,
  contactRows,
  loginRow,
  type Membership,
  memberRow,
} from '../../shared/accounts/people-store.ts';
import { toInstant, toSeconds } from '../../shared/core/clock.ts';
import { newVersion } from '../../shared/core/ids.ts';
import type { MailTask } from '../../shared/mail/mail-task.ts';
import { memberKey } from '../../shared/table/keys.ts';
import { type Action, equals, keyOf } from '../../shared/table/table.ts';
import type { OutboxTasks } from '../../shared/write/outbox-task.ts';
import { commit, portalContext, retryWhileStale, type WriteDependencies } from '../../shared/write/commit.ts';

export type OwnerDependencies = WriteDependencies & LoginDependencies;

/**
 * Makes somebody the owner of an account once their time has come; says until when it waits. The owner of before has no
 * part in it any more; a contact that the new one was is one no longer. All in one transaction; nothing happens where it
 * was withdrawn or replaced.
 */
export async function changeOwner(
  dependencies: OwnerDependencies,
  { accountId, userId, id }: OutboxTasks['change-owner'],
  now: Date,
): Promise<Date | null> {
  const { people } = dependencies;
  let former: string | undefined;
  const waitsUntil = await retryWhileStale(async () => {
    const [account, ownership, login] = await Promise.all([
      people.account(accountId),
      people.ownership(userId, accountId),
      people.login(userId),
    ]);
    const isAccepted = ownership?.id === id && ownership.invitation === undefined;
    if (!account || !login || !isAccepted || account.nextOwner !== userId) return null;
    if (account.status === 'inactive') return null;
    if (ownership.effectiveAtSeconds > toSeconds(now)) return new Date(ownership.effectiveAtSeconds * 1000);
    former = account.owner.userId;
    await writeOwner(dependencies, account, ownership, login, now);
    return null;
  });
  // The row decides; the user pool follows it.
  if (former !== undefined) await syncLogin(dependencies, former);
  return waitsUntil;
}

async function writeOwner(
  dependencies: OwnerDependencies,
  account: Account,
  ownership: Ownership,
  login: Login,
  now: Date,
): Promise<void> {
  const { people } = dependencies;
  const { id: accountId, owner: before } = account;
  const { userId, email } = login;
  const name = nextOwnersName(ownership, login);
  const [contacts, membership, formerLogin] = await Promise.all([
    contactsOf(dependencies, account, login),
    people.membership(userId, accountId),
    people.login(before.userId),
  ]);
  const owner = { userId, name, email, emailPreferences: everyMailKind };
  const leaving = formerLogin && dismiss(dependencies, formerLogin, now);
  const ended = await Promise.all(
    contacts.map((contact) => withoutContact(dependencies, contact, login, now)),
  );
  const newRows = oneForEachRow([
    ...ended.flatMap(({ actions }) => actions),
    ...ownerAddressRows({ ...account, owner }, before, toInstant(now)),
  ]);
  await commit(dependencies, portalContext(now), {
    actions: [
      ...accountRows(
        { ...account, owner, nextOwner: null, version: newVersion() },
        { version: account.version },
      ),
      endedOwnershipRow(ownership),
      ...newRows,
      ownersPart(userId, accountId, membership),
      // It counted twice while it had a part and was to own the account.
      loginRow({ ...login, accounts: login.accounts - (membership ? 1 : 0) }, { version: login.version }),
      { delete: memberKey(before.userId, accountId) },
      ...(leaving?.actions ?? []),
    ],
    activity: [
      {
        accountId,
        action: 'owner.changed',
        subject: { kind: 'owner', id: userId, name },
        before: { id: before.userId, name: before.name, email: before.email },
        after: { id: userId, name, email },
      },
    ],
    outbox: [
      ...(leaving?.outbox ?? []),
      ...ended.flatMap(({ outbox }) => outbox),
      changedMail(account, owner, { kind: 'everybody' }),
      changedMail(account, owner, {
        kind: 'person',
        email: before.email,
        name: before.name,
        contactId: null,
      }),
    ],
  });
}

/** In the place of the part that they had, if any. */
function ownersPart(userId: string, accountId: string, before: Membership | undefined): Action {
  const part = memberRow(userId, {
    accountId,
    role: 'owner',
    contactId: null,
    permissions: [...permissionKeys],
    expiresAtSeconds: null,
  });
  return before ? { ...part, when: equals({ version: before.version }) } : part;
}

/** The contacts that the new owner is until now: by login, and by address. */
async function contactsOf(
  { people }: OwnerDependencies,
  { id: accountId }: Account,
  { userId, email }: Login,
): Promise<Contact[]> {
  const [membership, known] = await Promise.all([
    people.membership(userId, accountId),
    people.byAddress(email),
  ]);
  const byAddress = known.accounts.find((each) => each.accountId === accountId);
  const ids = new Set([membership?.contactId, byAddress?.contactId].filter((id) => typeof id === 'string'));
  return (await people.contactsById(accountId, [...ids])).filter((each) => each !== undefined);
}

/**
 * Removes a contact that the new owner is. Access that waits for the login that had their address before was given to the
 * address, and ends: that login is another's by now.
 */
async function withoutContact(
  dependencies: OwnerDependencies,
  contact: Contact,
  { userId }: Login,
  now: Date,
): Promise<Pick<EndedAccess, 'actions' | 'outbox'>> {
  const { subAccount } = contact;
  const isOthers = subAccount && !subAccount.ended && subAccount.userId !== userId;
  if (!isOthers) return { actions: contactRows(contact, null), outbox: [] };
  // Its own address has not followed its login yet: a moment later it has.
  if (!isInvited(contact)) throw new Error(`The contact ${contact.id} has the address of another login`);
  return endedAccess(dependencies, contact, null, now);
}

/** A transaction names a row once: of several actions on one the last is meant, under the condition of the first. */
function oneForEachRow(actions: readonly Action[]): Action[] {
  const byRow = Map.groupBy(actions, (action) => {
    const { pk, sk } = keyOf(action);
    return `${pk} ${sk}`;
  });
  return [...byRow.values()].map((each) => ({ ...each.at(-1)!, when: each[0]!.when }) as Action);
}

function changedMail(
  { id, name }: Account,
  owner: Account['owner'],
  audience: MailTask['audience'],
): MailTask {
  return {
    kind: 'mail',
    template: 'owner-changed',
    accountId: id,
    mailKind: 'general',
    audience,
    data: { accountName: name, newOwner: owner.name },
    thread: null,
    inReplyTo: null,
  };
}
