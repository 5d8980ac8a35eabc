import type { Context } from '../context.ts';
import type { User } from '../state.ts';
import type { Metadata } from './triggers.ts';

interface Mail {
  to: string;
  subject: string;
  text: string;
  /** The occasion and the secret of the mail, for a function that mails instead of the pool. */
  source: string;
  code: string;
}

/** Mails a user, or lets the pool's function do it. */
export async function mailUser(
  context: Context,
  user: User,
  { to, subject, text, source, code }: Mail,
  metadata: Metadata,
): Promise<void> {
  const { triggers } = context;
  if (triggers.mails) await triggers.customEmailSender(user, source, code, metadata);
  else await context.sendMail(to, subject, text);
}
