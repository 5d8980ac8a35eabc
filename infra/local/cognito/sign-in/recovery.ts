import { createHash } from 'node:crypto';
import type { Context, Operations } from '../context.ts';
import { checkPolicy, hashSecret, randomCode, secretMatches } from '../passwords.ts';
import { CognitoError, type Input, notAuthorized, text, textMap } from '../protocol.ts';
import { report } from '../../report.ts';
import { mailUser } from '../triggers/mail.ts';
import { checkClient, dummyHash, setOwnPassword } from './password.ts';

const CODE_MS = 3_600_000;
const CODE_TRIES = 5;

const masked = (email: string): string => `${email.charAt(0)}***@${email.split('@')[1]?.charAt(0) ?? ''}***`;

/** A made-up destination for a name without a mailable user. The same name always gets the same one. */
function simulated(username: string): string {
  if (username.includes('@')) return masked(username.toLowerCase());
  const bytes = createHash('sha256').update(username.toLowerCase()).digest();
  const letter = (byte = 0): string => String.fromCharCode(97 + (byte % 26));
  return masked(`${letter(bytes[0])}@${letter(bytes[1])}`);
}

async function forgotPassword(context: Context, input: Input): Promise<object> {
  checkClient(context, input);
  const username = text(input, 'Username');
  const user = context.state.find(username);
  const delivery = (Destination: string): object => ({
    CodeDeliveryDetails: { Destination, DeliveryMedium: 'EMAIL', AttributeName: 'email' },
  });
  const code = randomCode();
  const hash = await hashSecret(code);
  const email = user?.attributes.email;
  if (!user?.enabled || email === undefined || user.attributes.email_verified !== 'true') {
    return delivery(simulated(username));
  }
  if (user.status !== 'CONFIRMED') throw notAuthorized('User password cannot be reset in the current state.');
  const expiresAt = context.controls.now().getTime() + CODE_MS;
  user.code = { hash, expiresAt, triesLeft: CODE_TRIES };
  context.state.changed();
  try {
    const subject = 'Your verification code';
    const body = `Your confirmation code is ${code}`;
    const mail = { to: email, subject, text: body, source: 'ForgotPassword', code };
    await mailUser(context, user, mail, textMap(input, 'ClientMetadata'));
  } catch (error) {
    if (error instanceof CognitoError) throw error;
    report('cognito', error);
    throw new CognitoError('CodeDeliveryFailureException', 'Failed to deliver the code.');
  }
  return delivery(masked(email));
}

async function confirmForgotPassword(context: Context, input: Input): Promise<object> {
  checkClient(context, input);
  const user = context.state.find(text(input, 'Username'));
  const given = text(input, 'ConfirmationCode');
  const password = text(input, 'Password');
  checkPolicy(password, context.passwordPolicy);
  const mismatch = new CognitoError(
    'CodeMismatchException',
    'Invalid verification code provided, please try again.',
  );
  if (!user?.enabled) {
    await secretMatches(given, await dummyHash);
    throw mismatch;
  }
  const { code } = user;
  if (!code || code.expiresAt <= context.controls.now().getTime()) {
    throw new CognitoError('ExpiredCodeException', 'Invalid code provided, please request a code again.');
  }
  if (code.triesLeft <= 0) {
    throw new CognitoError('LimitExceededException', 'Attempt limit exceeded, please try after some time.');
  }
  // Counted before the comparison, so that a try counts even if it is never answered.
  code.triesLeft -= 1;
  context.state.changed();
  if (!(await secretMatches(given, code.hash))) throw mismatch;
  await setOwnPassword(context, user, password);
  const metadata = textMap(input, 'ClientMetadata');
  await context.triggers.postConfirmation(user, 'ConfirmForgotPassword', metadata);
  return {};
}

export const recoveryOperations: Operations = {
  ForgotPassword: forgotPassword,
  ConfirmForgotPassword: confirmForgotPassword,
};
