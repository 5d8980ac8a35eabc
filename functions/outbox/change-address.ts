import { syncLogin } from '../../shared/accounts/logins/admission.ts';
import { contactActivity } from '../../shared/accounts/contact.ts';
import type { LoginDirectory } from '../../shared/accounts/logins/directory.ts';
import { addressLoginKey, normalAddress } from '../../shared/accounts/keys.ts';
import { ownerAddressRows } from '../../shared/accounts/organisation.ts';
import { isFree, withoutChange } from '../../shared/accounts/new-address/address-change.ts';
import { type Account, type AddressChange, calledName, type Login } from '../../shared/accounts/people.ts';
import {
  accountRows,
  addressLoginRow,
  contactRows,
  loginRow,
  type Membership,
  type PeopleStore,
} from '../../shared/accounts/people-store.ts';
import { type StaffStore, staffRow } from '../../shared/accounts/staff/staff-store.ts';
import { toInstant, toSeconds } from '../../shared/core/clock.ts';
import { newVersion } from '../../shared/core/ids.ts';
import { loginMail } from '../../shared/mail/codes/login-mail.ts';
import { equals } from '../../shared/table/table.ts';
import {
  type Change,
  commit,
  portalContext,
  retryWhileStale,
  type WriteDependencies,
} from '../../shared/write/commit.ts';

export interface AddressDependencies extends WriteDependencies {
  people: PeopleStore;
  directory: Pick<LoginDirectory, 'sync' | 'describe'>;
  staff: Pick<StaffStore, 'member' | 'administrators'>;
  portalUrl: string;
}

/**
 * Gives a login the address that it asked for, once it has waited; says until when it waits. Every step may be repeated: the login's row decides, the user pool and the accounts
 * follow it.
 */
export async function changeAddress(
  dependencies: AddressDependencies,
  { userId }: { userId: string },
  now: Date,
): Promise<Date | null> {
  const waitsUntil = await retryWhileStale(async () => {
    const login = await dependencies.people.login(userId);
    const asked = login?.addressChange;
    // It was stopped, or replaced by one that is not confirmed yet and brings a task of its own.
    if (!asked || asked.effectiveAtSeconds === null) return null;
    if (asked.effectiveAtSeconds > toSeconds(now)) return new Date(asked.effectiveAtSeconds * 1000);
    await decide(dependencies, login, asked, now);
    return null;
  });
  if (waitsUntil) return waitsUntil;
  await syncLogin(dependencies, userId);
  await followLogin(dependencies, userId, now);
  await retryWhileStale(() => followAsStaff(dependencies, userId, now));
  return null;
}

/** Writes the new address, or drops it where somebody else has it by now. */
async function decide(
  dependencies: AddressDependencies,
  login: Login,
  { email }: AddressChange,
  now: Date,
): Promise<void> {
  const { userId, version } = login;
  const data = { newAddress: email, portalUrl: dependencies.portalUrl };
  const before = withoutChange(login);
  const dropped: Change = {
    actions: [loginRow(before, { version })],
    activity: [],
    outbox: [loginMail(login, 'address-kept', data)],
  };
  const after = { ...before, email };
  const member = login.staff ? await dependencies.staff.member(userId) : undefined;
  const changed: Change = {
    actions: [
      loginRow(after, { version }),
      { delete: addressLoginKey(login.email), when: equals({ userId }) },
      addressLoginRow(email, userId),
      ...(member ? [staffRow({ ...member, email }, { version: member.version })] : []),
    ],
    activity: [],
    outbox: [loginMail(login, 'address-changed', data), loginMail(after, 'address-changed', data)],
  };
  const isAllowed = await isFree(dependencies, login, email);
  await commit(dependencies, portalContext(now), isAllowed ? changed : dropped);
}

/** In the accounts of the login its person is written to, and recognised, under the login's address. */
async function followLogin(dependencies: AddressDependencies, userId: string, now: Date): Promise<void> {
  const { login, memberships } = await dependencies.people.loginWithMemberships(userId);
  if (!login) return;
  const failed: unknown[] = [];
  for (const membership of memberships) {
    // An account that was not accepted is told nothing.
    if (membership.invitation !== null) continue;
    try {
      await retryWhileStale(async () => {
        const change = await accountChange(dependencies, login, membership, now);
        if (change) await commit(dependencies, portalContext(now), change);
      });
    } catch (error) {
      failed.push(error);
    }
  }
  if (failed.length > 0) throw new AggregateError(failed, `The address of ${userId} is not everywhere yet`);
}

/** Members of staff are listed by address. */
async function followAsStaff(dependencies: AddressDependencies, userId: string, now: Date): Promise<void> {
  const { people, staff } = dependencies;
  const [login, member] = await Promise.all([people.login(userId), staff.member(userId)]);
  if (!login || !member || member.invitation !== undefined || member.email === login.email) return;
  const row = staffRow({ ...member, email: login.email }, { version: member.version });
  await commit(dependencies, portalContext(now), { actions: [row], activity: [], outbox: [] });
}

async function accountChange(
  { people }: AddressDependencies,
  login: Login,
  { accountId, contactId }: Membership,
  now: Date,
): Promise<Change | null> {
  if (contactId === null) {
    const account = await people.account(accountId);
    return account?.owner.userId === login.userId ? ownerChange(account, login, now) : null;
  }
  const contact = await people.contact(accountId, contactId);
  const { subAccount, email } = contact ?? {};
  const isTheirs = subAccount?.userId === login.userId && !subAccount.ended;
  if (!contact || !isTheirs || email === normalAddress(login.email)) return null;
  const after = { ...contact, email: normalAddress(login.email), version: newVersion() };
  return {
    actions: contactRows(contact, after),
    activity: [contactActivity('contact.address-changed', contact, after, { access: false })],
    outbox: [],
  };
}

function ownerChange(account: Account, login: Login, now: Date): Change | null {
  const { userId, email } = login;
  const { id: accountId, owner, version } = account;
  if (normalAddress(owner.email) === normalAddress(email)) return null;
  const after = { ...account, owner: { ...owner, email }, version: newVersion() };
  return {
    actions: [...accountRows(after, { version }), ...ownerAddressRows(after, owner, toInstant(now))],
    activity: [
      {
        accountId,
        action: 'owner.address-changed',
        subject: { kind: 'owner', id: userId, name: calledName(login) },
        before: { email: owner.email },
        after: { email },
      },
    ],
    outbox: [],
  };
}
