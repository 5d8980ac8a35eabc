import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import { addMember } from './add-member.ts';
import { changeMember, removeMember } from './change-member.ts';
import { resetSecondFactor } from './reset-second-factor.ts';
import { type StaffMemberDependencies, viewsOf } from './member.ts';
import * as routes from './routes.ts';

export function staffMembersApi(dependencies: StaffMemberDependencies): BoundRoute[] {
  return [
    on(routes.listMembers, async ({ query, listScope }) => {
      const page = await pageOf(query, listScope, (request) => dependencies.staff.members(request));
      return { body: { ...page, items: await viewsOf(dependencies, page.items) } };
    }),
    on(routes.postMember, ({ context, body }) => addMember(dependencies, context, body)),
    on(routes.patchMember, ({ context, params, body }) =>
      changeMember(dependencies, context, params['memberId']!, body.roles),
    ),
    on(routes.deleteMember, async ({ context, params }) => {
      await removeMember(dependencies, context, params['memberId']!);
      return {};
    }),
    on(routes.deleteMemberSecondFactor, async ({ context, params, body }) => {
      await resetSecondFactor(dependencies, context, params['memberId']!, body.reason);
      return {};
    }),
  ];
}
