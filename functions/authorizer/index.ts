import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { CognitoJwtVerifier } from 'aws-jwt-verify';
import { SimpleFetcher } from 'aws-jwt-verify/https';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import middy from '@middy/core';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { ConditionsFailed } from '../../shared/table/table.ts';
import { systemClock } from '../../shared/core/clock.ts';
import { loginRow, peopleStore } from '../../shared/accounts/people-store.ts';
import { type AuthorizeDependencies, authorize } from './authorize.ts';

const { TABLE_NAME, USER_POOL_ID, USER_POOL_CLIENT_ID } = environment(
  'TABLE_NAME',
  'USER_POOL_ID',
  'USER_POOL_CLIENT_ID',
);
const table = dynamoTable(TABLE_NAME);

/** Fetches the pool's keys, from the configured endpoint if it is not AWS's. */
class KeyFetcher extends SimpleFetcher {
  override fetch(uri: string): Promise<ArrayBuffer> {
    const endpoint = process.env['AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER'];
    if (!endpoint) return super.fetch(uri);
    return fetch(new URL(new URL(uri).pathname, endpoint)).then((answer) => answer.arrayBuffer());
  }
}

const verifier = CognitoJwtVerifier.create(
  { userPoolId: USER_POOL_ID, clientId: USER_POOL_CLIENT_ID, tokenUse: 'access' },
  { jwksCache: new SimpleJwksCache({ fetcher: new KeyFetcher() }) },
);

const dependencies: AuthorizeDependencies = {
  verify: (token) => verifier.verify(token),
  people: peopleStore(table),
  async saveLogin(login, before) {
    try {
      await table.transact([loginRow(login, { version: before.version })]);
    } catch (error) {
      if (!(error instanceof ConditionsFailed)) throw error;
    }
  },
  clock: systemClock,
};

export const handler = middy<APIGatewayRequestAuthorizerEventV2>().handler(async (event) => ({
  isAuthorized: true,
  context: await authorize(dependencies, event.headers?.['authorization']),
}));
