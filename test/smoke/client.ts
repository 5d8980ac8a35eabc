import {
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
  type InitiateAuthCommandOutput,
  RespondToAuthChallengeCommand,
  type RespondToAuthChallengeCommandOutput,
} from '@aws-sdk/client-cognito-identity-provider';
import type { Deployment, Login } from './deployment.ts';

/** What answers hold that is looked at here. */
export interface Body {
  id?: string;
  status?: string | number;
  type?: string;
  title?: string;
  detail?: string;
  memberships?: { accountId: string; role: string }[];
  messages?: { body: string }[];
  items?: { id: string }[];
  requiredPermission?: string;
  areas?: { permission: string; href: string }[];
  whatToDo?: string;
  requestAccess?: { method: string; href: string };
}

export interface Answer {
  status: number;
  body: Body;
  headers: Headers;
}

/** Someone's way to the API: null for somebody who did not sign in. */
export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

const patienceMs = 30_000;

export function caller({ apiUrl }: Deployment, token: string | null): Call {
  return async (method, path, body, headers = {}) => {
    const answer = await fetch(`${apiUrl}${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(patienceMs),
    });
    const text = await answer.text();
    return { status: answer.status, body: readBody(text), headers: answer.headers };
  };
}

function readBody(text: string): Body {
  if (text === '') return {};
  try {
    return JSON.parse(text) as Body;
  } catch {
    return { detail: text.slice(0, 200) };
  }
}

/**
 * Signs in; where the password was for the first sign-in alone, `chosen` takes its place.
 * @throws Error with what the user pool says, or asks for instead of letting in
 */
export async function signIn(
  deployment: Deployment,
  { email, password }: Login,
  chosen?: string,
): Promise<Call> {
  const { region, cognitoUrl, clientId } = deployment;
  const cognito = new CognitoIdentityProviderClient({
    region,
    ...(cognitoUrl === undefined ? {} : { endpoint: cognitoUrl }),
  });
  try {
    let answer: InitiateAuthCommandOutput | RespondToAuthChallengeCommandOutput = await cognito.send(
      new InitiateAuthCommand({
        AuthFlow: 'USER_PASSWORD_AUTH',
        ClientId: clientId,
        AuthParameters: { USERNAME: email, PASSWORD: password },
      }),
    );
    if (answer.ChallengeName === 'NEW_PASSWORD_REQUIRED' && chosen !== undefined) {
      answer = await cognito.send(
        new RespondToAuthChallengeCommand({
          ChallengeName: answer.ChallengeName,
          ClientId: clientId,
          Session: answer.Session,
          ChallengeResponses: { USERNAME: email, NEW_PASSWORD: chosen },
        }),
      );
    }
    const { AuthenticationResult: result, ChallengeName: challenge } = answer;
    if (!result?.AccessToken) throw new Error(`the user pool asks for ${challenge ?? 'something else'}`);
    return caller(deployment, result.AccessToken);
  } finally {
    cognito.destroy();
  }
}

/** The answer's body, where it has this status. */
export async function expecting(status: number, answer: Promise<Answer>): Promise<Body> {
  const { status: given, body } = await answer;
  if (given === status) return body;
  throw new Error(`expected ${status}, got ${given} ${body.title ?? ''} ${body.detail ?? ''}`.trim());
}
