import { checkPool } from '../admin.ts';
import type { Context, Operations } from '../context.ts';
import { type Input, invalidParameter, text, textMap } from '../protocol.ts';
import { takeCode, takeSetup } from '../second-factor/answers.ts';
import { afterPassword, signedIn } from './complete.ts';
import { takeNewPassword } from './new-password.ts';
import { checkClient, passwordUser } from './password.ts';
import { srpChallenge, verifiedUser } from './password-verifier.ts';
import { refresh } from './refresh.ts';

async function authenticate(context: Context, input: Input, passwordFlow: string): Promise<object> {
  checkClient(context, input);
  const flow = text(input, 'AuthFlow');
  const parameters = textMap(input, 'AuthParameters');
  const required = (name: string): string => {
    const value = parameters[name];
    if (!value) throw invalidParameter(`Missing required parameter ${name}`);
    return value;
  };
  if (flow === 'REFRESH_TOKEN_AUTH' || flow === 'REFRESH_TOKEN') {
    return refresh(context, required('REFRESH_TOKEN'), {});
  }
  if (flow === 'USER_SRP_AUTH') return srpChallenge(context, required('USERNAME'), required('SRP_A'));
  if (flow !== passwordFlow) throw invalidParameter('Initiate Auth method not supported.');
  const user = await passwordUser(context, required('USERNAME'), required('PASSWORD'));
  // As with Cognito, functions do not see the metadata of this call.
  return afterPassword(context, user, {});
}

function initiateAuth(context: Context, input: Input): Promise<object> {
  return authenticate(context, input, 'USER_PASSWORD_AUTH');
}

function adminInitiateAuth(context: Context, input: Input): Promise<object> {
  checkPool(context, input);
  return authenticate(context, input, 'ADMIN_USER_PASSWORD_AUTH');
}

async function respondToAuthChallenge(context: Context, input: Input): Promise<object> {
  checkClient(context, input);
  const responses = textMap(input, 'ChallengeResponses');
  const metadata = textMap(input, 'ClientMetadata');
  switch (text(input, 'ChallengeName')) {
    case 'PASSWORD_VERIFIER':
      return afterPassword(context, verifiedUser(context, responses), metadata);
    case 'NEW_PASSWORD_REQUIRED': {
      const user = await takeNewPassword(context, text(input, 'Session'), responses);
      return afterPassword(context, user, metadata, 'NewPasswordChallenge');
    }
    case 'SOFTWARE_TOKEN_MFA':
      return signedIn(context, takeCode(context, text(input, 'Session'), responses), metadata);
    case 'MFA_SETUP':
      return signedIn(context, takeSetup(context, text(input, 'Session'), responses), metadata);
    default:
      throw invalidParameter('Challenge is not supported.');
  }
}

function adminRespondToAuthChallenge(context: Context, input: Input): Promise<object> {
  checkPool(context, input);
  return respondToAuthChallenge(context, input);
}

export const signInOperations: Operations = {
  InitiateAuth: initiateAuth,
  AdminInitiateAuth: adminInitiateAuth,
  RespondToAuthChallenge: respondToAuthChallenge,
  AdminRespondToAuthChallenge: adminRespondToAuthChallenge,
};
