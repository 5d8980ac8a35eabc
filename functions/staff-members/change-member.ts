import type { StaffRole } from '../../shared/access/staff.ts';
import { dismissFromStaff } from '../../shared/accounts/logins/admission.ts';
import type { Login, MemberOfStaff } from '../../shared/accounts/people.ts';
import { administratorsRow, endedStaffRow, staffRow } from '../../shared/accounts/staff/staff-store.ts';
import { conflict, notFound } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Action } from '../../shared/table/table.ts';
import { commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { memberView, type StaffMemberDependencies, tellAdministrators } from './member.ts';

/** @throws Problem for one's own roles, and where no administrator would be left */
export async function changeMember(
  dependencies: StaffMemberDependencies,
  context: RequestContext,
  userId: string,
  roles: StaffRole[],
): Promise<Reply> {
  const { member, login } = await loadMember(dependencies, context, userId);
  const after: MemberOfStaff = { ...member, roles };
  await commit(dependencies, context, {
    actions: [
      staffRow(after, { version: member.version }),
      ...(await administratorActions(dependencies, member, roles)),
    ],
    activity: [],
    outbox: [tellAdministrators(login, { before: member.roles, after: roles }, context.actor.name)],
  });
  return { body: memberView(after, login) };
}

/** @throws Problem for oneself, and where no administrator would be left */
export async function removeMember(
  dependencies: StaffMemberDependencies,
  context: RequestContext,
  userId: string,
): Promise<void> {
  const { member, login } = await loadMember(dependencies, context, userId);
  const dismissal = dismissFromStaff(dependencies, login, context.now);
  const actions = [
    endedStaffRow(member),
    ...dismissal.actions,
    ...(await administratorActions(dependencies, member, [])),
  ];
  const told = tellAdministrators(login, { before: member.roles, after: [] }, context.actor.name);
  await dismissal.complete(() =>
    commit(dependencies, context, { actions, activity: [], outbox: [...dismissal.outbox, told] }),
  );
}

async function loadMember(
  { people, staff }: StaffMemberDependencies,
  { caller }: RequestContext,
  userId: string,
): Promise<{ member: MemberOfStaff; login: Login }> {
  const [member, login] = await Promise.all([staff.member(userId), people.login(userId)]);
  if (!member || !login) throw notFound();
  if (userId === caller.userId) throw conflict('Nobody changes their own roles. Ask another administrator.');
  return { member, login };
}

/** Keeps the list of administrators, which never becomes empty. Who is invited is not on it yet. */
async function administratorActions(
  { staff }: StaffMemberDependencies,
  member: MemberOfStaff,
  roles: readonly StaffRole[],
): Promise<Action[]> {
  const wasOne = member.roles.includes('administrator');
  const isOne = roles.includes('administrator');
  if (member.invitation !== undefined || wasOne === isOne) return [];
  const before = await staff.administrators();
  const others = (before?.userIds ?? []).filter((userId) => userId !== member.userId);
  if (!isOne && others.length === 0) throw conflict('This is the last administrator. Add another one first.');
  return [administratorsRow(isOne ? [...others, member.userId] : others, before)];
}
