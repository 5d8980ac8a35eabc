import { isCodePurpose, mailCode } from './mail-code.ts';
import { recoverPassword } from './recover-password.ts';
import type { SignInDependencies } from './sign-in-dependencies.ts';

/** An event of the user pool, as far as it is read here. What a client passes on (`clientMetadata`) is not. */
export interface PoolEvent {
  triggerSource: string;
  userName: string;
  request: { userAttributes?: Record<string, string>; code?: string | null };
}

/** What the portal does where the pool asks; other occasions need nothing. */
export async function onTrigger(dependencies: SignInDependencies, event: PoolEvent): Promise<void> {
  const { triggerSource: purpose, userName: userId } = event;
  const { userAttributes: attributes = {}, code: encrypted } = event.request;
  if (purpose === 'PostConfirmation_ConfirmForgotPassword') {
    await recoverPassword(dependencies, userId, attributes);
  } else if (isCodePurpose(purpose) && encrypted) {
    await mailCode(dependencies, { purpose, userId, encrypted, attributes });
  }
}
