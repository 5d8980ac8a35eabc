import { onTrigger } from '../../../functions/sign-in/on-trigger.ts';
import { portalUrl } from '../../support/memory/memory-dependencies.ts';
import { twoPlaces } from '../logins/login-desk.ts';

/** A desk where the user pool calls the portal, as Cognito does. */
export async function triggerDesk() {
  const desk = await twoPlaces();
  const { portal } = desk;
  let codes = 0;

  /** What the user pool knows of a user. */
  const attributesOf = (userId: string) => {
    const { email = '', name = '' } = portal.directory.users.get(userId) ?? {};
    return { email, name, email_verified: 'true' };
  };

  const call = (
    triggerSource: string,
    userName: string,
    code: string | null = null,
    userAttributes: Record<string, string> = attributesOf(userName),
  ) =>
    onTrigger(
      {
        table: portal.table,
        nudgeOutbox: portal.nudgeOutbox,
        people: portal.people,
        directory: portal.directory,
        portalUrl,
        clock: portal.clock,
        secondOver: portal.secondOver,
      },
      { triggerSource, userName, request: { userAttributes, code } },
    );

  /** Somebody asks for a code; what the pool made and encrypted comes back. */
  async function forget(userId: string) {
    codes += 1;
    const code = String(100_000 + codes);
    const encrypted = Buffer.from(code).toString('base64');
    await call('CustomEmailSender_ForgotPassword', userId, encrypted);
    return { code, encrypted };
  }

  /** The pool took a code and the new password. */
  async function recover(userId: string, password = 'Recovered-By-Code-1'): Promise<void> {
    portal.directory.users.get(userId)!.password = password;
    await call('PostConfirmation_ConfirmForgotPassword', userId);
  }

  const mailsTo = (address: string) =>
    portal.mails.filter(({ destinations }) => destinations.includes(address));
  const waiting = () => portal.table.all().filter(({ pk }) => pk.startsWith('OUTBOX#'));

  return { ...desk, call, forget, recover, mailsTo, waiting };
}

export type TriggerDesk = Awaited<ReturnType<typeof triggerDesk>>;
