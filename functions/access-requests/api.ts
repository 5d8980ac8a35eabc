import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import { type AccessRequestDependencies, askForAccess } from './ask-for-access.ts';
import { decideAccessRequest } from './decide-access-request.ts';
import * as routes from './routes.ts';

export function accessRequestsApi(dependencies: AccessRequestDependencies): BoundRoute[] {
  const { requests } = dependencies;
  return [
    on(routes.listAccessRequests, async ({ context, query, listScope }) => ({
      body: await pageOf(query, listScope, (part) => requests.list(context.accountId, part)),
    })),
    on(routes.postAccessRequest, ({ context, body }) => askForAccess(dependencies, context, body)),
    on(routes.approveAccessRequest, ({ context, params }) =>
      decideAccessRequest(dependencies, context, params['requestId']!, 'approved'),
    ),
    on(routes.rejectAccessRequest, ({ context, params }) =>
      decideAccessRequest(dependencies, context, params['requestId']!, 'rejected'),
    ),
  ];
}
