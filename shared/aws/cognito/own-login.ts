import {
  AssociateSoftwareTokenCommand,
  ChangePasswordCommand,
  type CognitoIdentityProviderClient,
  CodeMismatchException,
  EnableSoftwareTokenMFAException,
  InvalidPasswordException,
  NotAuthorizedException,
  SoftwareTokenMFANotFoundException,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import type { LoginDirectory } from '../../accounts/logins/directory.ts';
import { invalid, Problem } from '../../core/problem.ts';
import { policyText } from './policy-text.ts';

/** What the user pool does in the right of a person's own access token. */
export function ownLoginCalls(
  cognito: CognitoIdentityProviderClient,
): Pick<LoginDirectory, 'changePassword' | 'beginSecondFactor' | 'verifySecondFactor'> {
  return {
    async changePassword(AccessToken, PreviousPassword, ProposedPassword) {
      try {
        await cognito.send(new ChangePasswordCommand({ AccessToken, PreviousPassword, ProposedPassword }));
      } catch (error) {
        if (error instanceof NotAuthorizedException) {
          throw invalid([{ path: 'current', code: 'not-allowed', message: 'is not the current password' }]);
        }
        if (!(error instanceof InvalidPasswordException)) throw error;
        throw invalid([{ path: 'new', code: 'wrong-format', message: policyText(error.message) }]);
      }
    },
    async beginSecondFactor(AccessToken) {
      const { SecretCode } = await cognito
        .send(new AssociateSoftwareTokenCommand({ AccessToken }))
        .catch(throwEnded);
      return SecretCode!;
    },
    async verifySecondFactor(AccessToken, UserCode) {
      try {
        await cognito.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode }));
      } catch (error) {
        const isWrong = [
          CodeMismatchException,
          EnableSoftwareTokenMFAException,
          SoftwareTokenMFANotFoundException,
        ].some((kind) => error instanceof kind);
        if (!isWrong) throwEnded(error);
        throw invalid([
          { path: 'totp', code: 'not-allowed', message: 'is not the code that the authenticator shows now' },
        ]);
      }
    },
  };
}

/** A session that was ended at the user pool directly. */
function throwEnded(error: unknown): never {
  if (!(error instanceof NotAuthorizedException)) throw error;
  throw new Problem('access-changed', 'This session was ended. Please sign in again.');
}
