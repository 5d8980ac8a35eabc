import { fromMask } from '../../shared/access/permissions.ts';
import { toInstant, toSeconds } from '../../shared/core/clock.ts';
import { normalAddress } from '../../shared/accounts/keys.ts';
import { ownName } from '../../shared/accounts/people.ts';
import {
  invitationMail,
  ownerInvitation,
  staffInvitation,
} from '../../shared/mail/invitations/invitation-mail.ts';
import { countedAddress } from '../../shared/mail/limits/counted-address.ts';
import type { MailTask } from '../../shared/mail/mail-task.ts';
import { ConditionsFailed, free, type Action } from '../../shared/table/table.ts';
import { commit, portalContext, StaleRead } from '../../shared/write/commit.ts';
import type { OwnLoginDependencies } from './login-dependencies.ts';

/** Mails of help to one address on one day. */
const mostInADay = 3;

/**
 * Mails the invitations that wait for an address once more. Nothing tells the asker whether there are any: the answer
 * is the same, and so is the work.
 */
export async function askForHelp(
  dependencies: OwnLoginDependencies,
  email: string,
  now: Date,
): Promise<void> {
  const address = normalAddress(email);
  const { userId } = await dependencies.people.byAddress(address);
  const outbox = await waitingInvitation(dependencies, userId ?? 'nobody');
  try {
    await commit(dependencies, portalContext(now), {
      actions: [counted(countedAddress(address), now)],
      activity: [],
      outbox,
    });
  } catch (error) {
    // Enough for today: the answer is the same.
    if (!(error instanceof StaleRead || error instanceof ConditionsFailed)) throw error;
  }
}

/** The mail of the first invitation that waits for a login: to an account, to own one, or to the provider's staff. */
async function waitingInvitation(
  { people, providerName }: OwnLoginDependencies,
  userId: string,
): Promise<MailTask[]> {
  const { login, memberships, ownerships, memberOfStaff } = await people.loginWithMemberships(userId);
  const membership = memberships.find(({ invitation }) => invitation !== null);
  const ownership = ownerships.find(({ invitation }) => invitation !== undefined);
  const accountId = (membership ?? ownership)?.accountId;
  // One account is read whoever asks, so that time tells nothing either.
  const account = await people.account(accountId ?? 'nowhere');
  if (!login) return [];
  // What another account calls the person is nothing to say here.
  const name = ownName(login) ?? login.email;
  if (account && membership) {
    const person = { name, contactId: membership.contactId };
    const permissions = fromMask(membership.permissions);
    return [invitationMail({ login, account, person, permissions, by: account.owner.name })];
  }
  if (account) return [ownerInvitation({ login, account, name: ownership?.name ?? name, by: providerName })];
  if (memberOfStaff?.invitation === undefined) return [];
  return [staffInvitation({ login, name, roles: memberOfStaff.roles, by: providerName })];
}

function counted(address: string, now: Date): Action {
  return {
    update: { pk: `SIGN-IN-HELP#${address}`, sk: toInstant(now).slice(0, 10) },
    add: { count: 1 },
    set: { expiresAt: toSeconds(now) + 2 * 24 * 3600 },
    when: free('count', mostInADay),
  };
}
