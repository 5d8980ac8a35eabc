import { fromMask } from '../../shared/access/permissions.ts';
import { toInstant, toSeconds } from '../../shared/core/clock.ts';
import { normalAddress } from '../../shared/accounts/keys.ts';
import { invitationMail } from '../../shared/mail/invitations/invitation-mail.ts';
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
  const found = await dependencies.people.loginWithMemberships(userId ?? 'nobody');
  const waiting = found.memberships.filter(({ invitation }) => invitation !== null);
  const accounts = await dependencies.people.accounts(waiting.map(({ accountId }) => accountId));
  const { login } = found;
  const outbox = waiting.slice(0, 1).flatMap(({ contactId, permissions }, index) => {
    const account = accounts[index];
    if (!login || !account) return [];
    const person = { name: login.name, contactId };
    return [
      invitationMail({ login, account, person, permissions: fromMask(permissions), by: account.owner.name }),
    ];
  });
  try {
    await commit(dependencies, portalContext(now), {
      actions: [counted(address, now)],
      activity: [],
      outbox,
    });
  } catch (error) {
    // Enough for today: the answer is the same.
    if (!(error instanceof StaleRead || error instanceof ConditionsFailed)) throw error;
  }
}

function counted(address: string, now: Date): Action {
  return {
    update: { pk: `SIGN-IN-HELP#${address}`, sk: toInstant(now).slice(0, 10) },
    add: { count: 1 },
    set: { expiresAt: toSeconds(now) + 2 * 24 * 3600 },
    when: free('count', mostInADay),
  };
}
