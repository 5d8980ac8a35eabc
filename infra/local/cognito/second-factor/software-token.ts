import { adminUser } from '../admin.ts';
import type { Context, Operations } from '../context.ts';
import {
  CognitoError,
  flag,
  type Input,
  invalidParameter,
  notAuthorized,
  optionalText,
  text,
} from '../protocol.ts';
import { caller } from '../self.ts';
import { challengedUser } from '../sign-in/challenged-user.ts';
import { epochOf, type User } from '../state.ts';
import { newTotpSecret, stepOfCode } from './totp.ts';

const notFound = (message: string): CognitoError =>
  new CognitoError('SoftwareTokenMFANotFoundException', message);

function checkOffered(context: Context): void {
  if ((context.mfa ?? 'OFF') === 'OFF') {
    throw notFound('Software Token MFA has not been enabled by the userPool.');
  }
}

interface Caller {
  user: User;
  /** The session, where the user is in the middle of a sign-in that demands a second factor. */
  token: Buffer | null;
}

async function settingUp(context: Context, input: Input): Promise<Caller> {
  checkOffered(context);
  if (optionalText(input, 'AccessToken') !== undefined) {
    return { user: await caller(context, input), token: null };
  }
  const token = Buffer.from(text(input, 'Session'), 'base64url');
  const { user } = challengedUser(context, 'MFA_SETUP', token);
  // Set up since, by another sign-in: a password alone must not replace it.
  if (user.totp) throw notAuthorized('Invalid session for the user.');
  return { user, token };
}

/** The session that leads on from this one, which has been used. */
function nextSession(context: Context, { user, token }: Caller, verified: boolean): { Session?: string } {
  if (token === null) return {};
  context.challenges.close(token);
  const challenge = { name: 'MFA_SETUP', sub: user.sub, epoch: epochOf(user), verified } as const;
  const next = context.challenges.open(challenge, context.controls.now().getTime());
  return { Session: next.toString('base64url') };
}

/** Gives a new secret. One that the user already has goes on working until the new one is verified. */
async function associateSoftwareToken(context: Context, input: Input): Promise<object> {
  const from = await settingUp(context, input);
  from.user.totpSecret = newTotpSecret();
  context.state.changed();
  return { SecretCode: from.user.totpSecret, ...nextSession(context, from, false) };
}

async function verifySoftwareToken(context: Context, input: Input): Promise<object> {
  const code = text(input, 'UserCode');
  const name = optionalText(input, 'FriendlyDeviceName');
  const from = await settingUp(context, input);
  const { user, token } = from;
  const secret = user.totpSecret;
  if (secret === undefined) throw notFound('Software Token MFA is not enabled by the user.');
  const now = context.controls.now();
  const counted = `totp:${user.sub}`;
  context.attempts.check(counted, now.getTime());
  const lastStep = stepOfCode(secret, code, now);
  if (lastStep === null) {
    context.attempts.failed(counted, now.getTime());
    throw new CognitoError('EnableSoftwareTokenMFAException', 'Code mismatch');
  }
  context.attempts.succeeded(counted);
  delete user.totpSecret;
  // Whoever sets it up because the pool demands it has thereby chosen it, and a new phone changes no choice.
  const { enabled, preferred } = user.totp ?? { enabled: token !== null, preferred: token !== null };
  user.totp = { secret, lastStep, enabled, preferred, ...(name ? { name } : {}) };
  context.state.voidHalfway(user);
  context.state.touch(user, now);
  return { Status: 'SUCCESS', ...nextSession(context, from, true) };
}

function setPreference(context: Context, user: User, input: Input): object {
  for (const other of ['SMSMfaSettings', 'EmailMfaSettings']) {
    const settings = (input[other] ?? {}) as Input;
    if (flag(settings, 'Enabled')) {
      throw invalidParameter(`The user pool does not have ${other.replace('MfaSettings', '')} MFA.`);
    }
  }
  const given = input['SoftwareTokenMfaSettings'] as Input | null | undefined;
  if (!given) return {};
  const enabled = flag(given, 'Enabled');
  const preferred = flag(given, 'PreferredMfa');
  if (enabled && !user.totp) throw invalidParameter('User has not verified software token mfa');
  if (preferred && !enabled) throw invalidParameter('Preferred MFA must be enabled.');
  // Saying again what is so already changes nothing.
  const { totp } = user;
  if (totp && (totp.enabled !== enabled || totp.preferred !== preferred)) {
    Object.assign(totp, { enabled, preferred });
    context.state.voidHalfway(user);
  }
  context.state.touch(user, context.controls.now());
  return {};
}

async function setUserMfaPreference(context: Context, input: Input): Promise<object> {
  return setPreference(context, await caller(context, input), input);
}

async function adminSetUserMfaPreference(context: Context, input: Input): Promise<object> {
  return setPreference(context, adminUser(context, input), input);
}

export const softwareTokenOperations: Operations = {
  AssociateSoftwareToken: associateSoftwareToken,
  VerifySoftwareToken: verifySoftwareToken,
  SetUserMFAPreference: setUserMfaPreference,
  AdminSetUserMFAPreference: adminSetUserMfaPreference,
};
