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
import {
  type InvitationStanding,
  invitationStanding,
  mailedInvitation,
  mayInvite,
} from '../../shared/mail/limits/invitations.ts';
import { type Action, ConditionsFailed, free, type Table } from '../../shared/table/table.ts';
import { type Change, commit, portalContext, StaleRead } from '../../shared/write/commit.ts';
import type { OwnLoginDependencies } from './login-dependencies.ts';

/** Mails of help to one address on one day. */
const mostInADay = 3;

/**
 * Mails an invitation that waits for an address once more, as often as invitations may be mailed to it. Nothing tells the
 * asker whether there are any: the answer is the same, and so is the work.
 */
export async function askForHelp(
  dependencies: OwnLoginDependencies,
  email: string,
  now: Date,
): Promise<void> {
  const address = normalAddress(email);
  const { userId } = await dependencies.people.byAddress(address);
  const { actions, outbox } = await waitingInvitation(dependencies, address, userId ?? 'nobody', now);
  try {
    await commit(dependencies, portalContext(now), {
      actions: [counted(countedAddress(address), now), ...actions],
      activity: [],
      outbox,
    });
  } catch (error) {
    // Enough for today, or another was mailed meanwhile: the answer is the same.
    if (!(error instanceof StaleRead || error instanceof ConditionsFailed)) throw error;
  }
}

const nothing: Pick<Change, 'actions' | 'outbox'> = { actions: [], outbox: [] };

/**
 * The mail of the first invitation that waits for a login and may be mailed now: to an account, to own one, or to the
 * provider's staff. The provider's own does not count among those of accounts.
 */
async function waitingInvitation(
  { table, people, providerName }: OwnLoginDependencies,
  address: string,
  userId: string,
  now: Date,
): Promise<Pick<Change, 'actions' | 'outbox'>> {
  const { login, memberships, ownerships, memberOfStaff } = await people.loginWithMemberships(userId);
  const waiting = [
    ...memberships.flatMap((part) =>
      part.invitation === null ? [] : [{ part, accountId: part.accountId, invitation: part.invitation }],
    ),
    ...ownerships.flatMap(({ accountId, invitation, name }) =>
      invitation === undefined ? [] : [{ part: null, accountId, invitation, name }],
    ),
  ];
  const first = await firstAllowed(table, waiting, address, now);
  // One account is read whoever asks, so that time tells nothing either.
  const account = await people.account(first?.accountId ?? 'nowhere');
  if (!login) return nothing;
  // What another account calls the person is nothing to say here.
  const name = ownName(login) ?? login.email;
  if (account && first) {
    const { actions } = mailedInvitation(first.standing, first.invitation, now);
    if (first.part === null) {
      const own = ownerInvitation({ login, account, name: first.name ?? name, by: providerName });
      return { actions, outbox: [own] };
    }
    const { contactId, permissions } = first.part;
    const mail = { login, account, person: { name, contactId }, permissions: fromMask(permissions) };
    return { actions, outbox: [invitationMail({ ...mail, by: account.owner.name })] };
  }
  if (memberOfStaff?.invitation === undefined) return nothing;
  const { roles } = memberOfStaff;
  return { actions: [], outbox: [staffInvitation({ login, name, roles, by: providerName })] };
}

/** The first of these that may be mailed to the address now, with its standing; two rows at least are read. */
async function firstAllowed<T extends { accountId: string }>(
  table: Table,
  waiting: readonly T[],
  address: string,
  now: Date,
): Promise<(T & { standing: InvitationStanding }) | undefined> {
  const accountIds = waiting.length > 0 ? waiting.map(({ accountId }) => accountId) : ['nowhere'];
  const standings = await Promise.all(accountIds.map((id) => invitationStanding(table, id, address)));
  const nth = waiting.findIndex((_, each) => mayInvite(standings[each]!, now));
  return nth < 0 ? undefined : { ...waiting[nth]!, standing: standings[nth]! };
}

function counted(address: string, now: Date): Action {
  return {
    update: { pk: `SIGN-IN-HELP#${address}`, sk: toInstant(now).slice(0, 10) },
    add: { count: 1 },
    set: { expiresAt: toSeconds(now) + 2 * 24 * 3600 },
    when: free('count', mostInADay),
  };
}
