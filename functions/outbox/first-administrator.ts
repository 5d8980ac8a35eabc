import { admitToStaff, type LoginDependencies } from '../../shared/accounts/logins/admission.ts';
import { administratorsRow, type StaffStore, staffRow } from '../../shared/accounts/staff/staff-store.ts';
import { toInstant } from '../../shared/core/clock.ts';
import { Problem } from '../../shared/core/problem.ts';
import { staffInvitation } from '../../shared/mail/invitations/invitation-mail.ts';
import { commit, portalContext, type WriteDependencies } from '../../shared/write/commit.ts';

export interface FirstAdministratorDependencies extends WriteDependencies, LoginDependencies {
  staff: StaffStore;
  /** The address that the deployment names; empty for none. */
  firstAdministrator: string;
  providerName: string;
  warn(message: string, details: Record<string, unknown>): void;
}

/**
 * Invites the first administrator, once, while there is none: nobody else could give anybody a role. Another address in
 * the deployment's settings is invited too, for a mistyped one would never accept.
 */
export async function inviteFirstAdministrator(
  dependencies: FirstAdministratorDependencies,
  now: Date,
): Promise<void> {
  const { firstAdministrator: email, staff, providerName } = dependencies;
  if (email === '') return;
  const before = await staff.administrators();
  if (before && (before.userIds.length > 0 || before.invited === email)) return;
  const name = 'Administrator';
  try {
    const admission = await admitToStaff(dependencies, { email, name }, now);
    const { login, invitation } = admission;
    const roles = ['administrator' as const];
    const waiting = invitation === undefined ? {} : { invitation };
    const { userId } = login;
    const member = { userId, email: login.email, roles, ...waiting, version: '', addedAt: toInstant(now) };
    await admission.complete(() =>
      commit(dependencies, portalContext(now), {
        actions: [...admission.actions, staffRow(member, 'new'), administratorsRow([], before, email)],
        activity: [],
        outbox: [...admission.outbox, staffInvitation({ login, name, roles, by: providerName })],
      }),
    );
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    dependencies.warn('The first administrator could not be invited', { reason: error.message });
  }
}
