import { expect, test } from 'vitest';
import { Authorization } from '../../../../infra/local/gateway/authorizer.ts';
import type { GatewayEvent } from '../../../../infra/local/gateway/event.ts';
import { readHttpApi } from '../../../../infra/local/gateway/routes.ts';
import { portalStack } from '../template/cdk-out.ts';
import { authorizer, contact, resources } from './api.ts';

const routeKey = 'GET /v1/accounts/{accountId}/contacts/{contactId}';

/** What an authoriser is asked in turn by requests with one token for these paths. */
async function asked(identitySource: string[], paths: string[]): Promise<unknown[]> {
  const identified = {
    ...authorizer,
    Properties: { ...authorizer.Properties, IdentitySource: identitySource },
  };
  const { routes } = readHttpApi(portalStack({ ...resources, Authorizer: identified }));
  const declared = routes.find((route) => route.authorizer)!.authorizer!;
  const events: unknown[] = [];
  const authorization = new Authorization(
    async (_, event) => {
      events.push((event as { identitySource: unknown }).identitySource);
      return { payload: { isAuthorized: true, context: {} } };
    },
    () => 0,
  );
  for (const rawPath of paths) {
    const http = { method: 'GET' };
    const event = { rawPath, routeKey, headers: { authorization: 'Bearer 1' }, requestContext: { http } };
    await authorization.decide(declared, event as unknown as GatewayEvent);
  }
  return events;
}

const paths = [contact, contact, '/v1/accounts/acct_2/contacts/con_1', contact];

test('an answer holds for every path where the token alone is a source of identity', async () => {
  expect(await asked(['$request.header.Authorization'], paths)).toEqual([['Bearer 1']]);
});

test('an answer holds for its own path where that is a source too', async () => {
  expect(await asked(['$request.header.Authorization', '$context.path'], paths)).toEqual([
    ['Bearer 1', contact],
    ['Bearer 1', '/v1/accounts/acct_2/contacts/con_1'],
  ]);
});

test('the route is a source as well', async () => {
  expect(await asked(['$context.routeKey'], paths)).toEqual([[routeKey]]);
});
