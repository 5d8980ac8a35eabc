import { Amplify, defaultStorage } from '@aws-amplify/core';
import { cognitoUserPoolsTokenProvider } from '@aws-amplify/auth/cognito';
import { signIn, type SignInOutput } from '@aws-amplify/auth';
import { ClientId, PASSWORD, UserPoolId } from '../pool.ts';

/** Configures Amplify, as its own package does, with the local address as the only difference. */
export function configureAmplify(userPoolEndpoint: string): void {
  const Cognito = { userPoolId: UserPoolId, userPoolClientId: ClientId, userPoolEndpoint };
  cognitoUserPoolsTokenProvider.setKeyValueStorage(defaultStorage);
  cognitoUserPoolsTokenProvider.setAuthConfig({ Cognito });
  Amplify.configure({ Auth: { Cognito } }, { Auth: { tokenProvider: cognitoUserPoolsTokenProvider } });
}

/** Forgets the tokens of this page without telling the pool, as a closed browser does. */
export function leaveAmplify(): Promise<void> {
  return defaultStorage.clear();
}

/** Signs in by sending the password, for tests of what comes afterwards: the library's SRP takes a second. */
export function sendPassword(username: string, password = PASSWORD): Promise<SignInOutput> {
  return signIn({ username, password, options: { authFlowType: 'USER_PASSWORD_AUTH' } });
}
