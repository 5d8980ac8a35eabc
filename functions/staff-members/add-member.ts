import type * as z from 'zod';
import type { StaffRole } from '../../shared/access/staff.ts';
import { type Admission, admitToStaff } from '../../shared/accounts/logins/admission.ts';
import { type MemberOfStaff, ownName } from '../../shared/accounts/people.ts';
import { staffRow } from '../../shared/accounts/staff/staff-store.ts';
import { toInstant } from '../../shared/core/clock.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { staffInvitation } from '../../shared/mail/invitations/invitation-mail.ts';
import { commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { memberView, type StaffMemberDependencies, tellAdministrators } from './member.ts';
import type { addMember as schema } from './schemas.ts';

/** Invites somebody among the staff, with the login that their address has or a new one. */
export async function addMember(
  dependencies: StaffMemberDependencies,
  context: RequestContext,
  input: z.output<typeof schema>,
): Promise<Reply> {
  const { now, actor } = context;
  const admission = await admitToStaff(dependencies, input, now);
  const { login } = admission;
  const member = invitedMember(admission, input.roles, now);
  const reply = { body: memberView(member, login), location: `/v1/staff/members/${member.userId}` };
  await admission.complete(() =>
    commit(dependencies, context, {
      actions: [...admission.actions, staffRow(member, 'new')],
      activity: [],
      outbox: [
        ...admission.outbox,
        staffInvitation({ login, name: input.name, roles: input.roles, by: actor.name }),
        tellAdministrators(
          { name: ownName(login) ?? input.name, email: login.email },
          { before: [], after: input.roles },
          actor.name,
        ),
      ],
      answer: reply,
    }),
  );
  return reply;
}

/** A member whose roles wait for the invitation. */
function invitedMember(
  { login, invitation }: Admission,
  roles: readonly StaffRole[],
  now: Date,
): MemberOfStaff {
  return {
    userId: login.userId,
    email: login.email,
    roles,
    ...(invitation === undefined ? {} : { invitation }),
    version: '',
    addedAt: toInstant(now),
  };
}
