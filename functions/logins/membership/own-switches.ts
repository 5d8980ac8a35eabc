import { isExpired } from '../../../shared/access/caller.ts';
import { contactActivity, requireMailDelegation } from '../../../shared/accounts/contact.ts';
import { type EmailPreferences, mailKinds } from '../../../shared/accounts/people.ts';
import { accountRows, contactRows, type Membership } from '../../../shared/accounts/people-store.ts';
import { profileActivity } from '../../../shared/accounts/profile.ts';
import { newVersion } from '../../../shared/core/ids.ts';
import { notFound } from '../../../shared/core/problem.ts';
import type { RequestContext } from '../../../shared/http/request.ts';
import { memberKey } from '../../../shared/table/keys.ts';
import { type Action, equals } from '../../../shared/table/table.ts';
import type { Activity } from '../../../shared/write/activity.ts';
import type { OwnLoginDependencies } from '../login-dependencies.ts';

/** A person's own mail switches in one account. */
export interface OwnSwitches {
  accountId: string;
  emailPreferences: { [K in keyof EmailPreferences]?: boolean | undefined };
}

/**
 * What it takes to change a person's own mail switches in accounts of theirs: an owner's in the account, a
 * sub-account's in its contact.
 * @throws Problem `not-found` where the person has no part, `delegation-limit` for mail that they may not read
 */
export async function ownSwitches(
  dependencies: OwnLoginDependencies,
  { caller, now }: RequestContext,
  wanted: readonly OwnSwitches[],
) {
  const { memberships } = await dependencies.people.loginWithMemberships(caller.userId);
  const changes = await Promise.all(
    wanted.map(async ({ accountId, emailPreferences }) => {
      const part = memberships.find((each) => each.accountId === accountId && each.invitation === null);
      if (!part || isExpired(part.expiresAtSeconds, now)) throw notFound();
      // The part is as it was read: what it no longer holds switches nothing on.
      const unchanged = {
        check: memberKey(caller.userId, accountId),
        when: equals({ version: part.version }),
      };
      const change = await switchesOf(dependencies, part, emailPreferences);
      return { ...change, actions: [unchanged, ...change.actions], accountId };
    }),
  );
  return {
    actions: changes.flatMap(({ actions }) => actions),
    activity: changes.flatMap(({ activity }) => activity),
    memberships: changes.map(({ accountId, emailPreferences }) => ({ accountId, emailPreferences })),
  };
}

async function switchesOf(
  { people }: OwnLoginDependencies,
  part: Membership,
  wanted: OwnSwitches['emailPreferences'],
): Promise<{ actions: Action[]; activity: Activity[]; emailPreferences: EmailPreferences }> {
  const { accountId, contactId } = part;
  if (contactId === null) {
    const account = await people.account(accountId);
    if (!account) throw notFound();
    const before = account.owner.emailPreferences;
    const emailPreferences = { ...before, ...wanted };
    if (isSame(before, emailPreferences)) return { actions: [], activity: [], emailPreferences };
    const owner = { ...account.owner, emailPreferences };
    const after = { ...account, owner, version: newVersion() };
    const actions = accountRows(after, { version: account.version });
    return { actions, activity: [profileActivity(account, after)], emailPreferences };
  }
  const contact = await people.contact(accountId, contactId);
  if (!contact) throw notFound();
  const emailPreferences = { ...contact.emailPreferences, ...wanted };
  requireMailDelegation({ kind: 'member', grant: part }, contact.emailPreferences, emailPreferences);
  if (isSame(contact.emailPreferences, emailPreferences)) {
    return { actions: [], activity: [], emailPreferences };
  }
  const after = { ...contact, emailPreferences, version: newVersion() };
  const activity = [contactActivity('contact.changed', contact, after, { access: false })];
  return { actions: contactRows(contact, after), activity, emailPreferences };
}

function isSame(before: EmailPreferences, after: EmailPreferences): boolean {
  return mailKinds.every((kind) => before[kind] === after[kind]);
}
