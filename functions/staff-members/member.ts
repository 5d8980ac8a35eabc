import { rolePhrase, staffRoles } from '../../shared/access/staff.ts';
import type { LoginDependencies } from '../../shared/accounts/logins/admission.ts';
import { calledName, type Login, type MemberOfStaff } from '../../shared/accounts/people.ts';
import type { StaffStore } from '../../shared/accounts/staff/staff-store.ts';
import type { Clock } from '../../shared/core/clock.ts';
import type { MailTask } from '../../shared/mail/mail-task.ts';
import type { WriteDependencies } from '../../shared/write/commit.ts';

export interface StaffMemberDependencies extends WriteDependencies, LoginDependencies {
  portalUrl: string;
  clock: Clock;
  /** Waits until the second of this instant is over: a sign-in after it gives tokens that count. */
  secondOver(now: Date): Promise<void>;
  staff: StaffStore;
}

/** A member as the API returns it. */
export function memberView({ userId, email, roles, invitation }: MemberOfStaff, login: Login | undefined) {
  return {
    id: userId,
    name: login ? calledName(login) : '',
    email,
    roles,
    status: invitation === undefined ? ('active' as const) : ('invited' as const),
    secondFactor: login?.secondFactor !== undefined,
    lastSignInAt: login?.lastSignInAt ?? null,
  };
}

export async function viewsOf(
  { people }: StaffMemberDependencies,
  members: readonly MemberOfStaff[],
): Promise<ReturnType<typeof memberView>[]> {
  const logins = await people.logins(members.map(({ userId }) => userId));
  return members.map((member, index) => memberView(member, logins[index]));
}

/** Tells every administrator what became of a member's roles. */
export function tellAdministrators(
  { name, email }: Pick<Login, 'name' | 'email'>,
  { before, after }: { before: readonly MemberOfStaff['roles'][number][]; after: MemberOfStaff['roles'] },
  changedBy: string,
  /** Of a second factor that was reset. */
  resetBecause = '',
): MailTask {
  const labels = (roles: MemberOfStaff['roles']) => roles.map((key) => staffRoles[key].label);
  return {
    kind: 'mail',
    template: 'staff-changed',
    accountId: null,
    mailKind: 'general',
    audience: { kind: 'administrators' },
    data: { name, email, changedBy, before: labels(before), after: labels(after), resetBecause },
    words: { before: before.map(rolePhrase), after: after.map(rolePhrase) },
    thread: null,
    inReplyTo: null,
  };
}
