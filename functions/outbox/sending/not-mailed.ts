import { heldBackRow } from '../../../shared/mail/sent/mail-to-address.ts';
import type { MailTask } from '../../../shared/mail/mail-task.ts';
import { commit, portalContext, type WriteDependencies } from '../../../shared/write/commit.ts';

/** Rows of one transaction. */
const atOnce = 50;

/**
 * Writes down, among the mail of each of these addresses, what it did not get and why: staff are asked. A task that runs
 * again says it once. `subject` is null where the mail was never written.
 */
export async function noteNotMailed(
  dependencies: WriteDependencies,
  taskId: string,
  { accountId, template }: MailTask,
  missed: readonly { email: string; reason: string }[],
  subject: string | null,
  now: Date,
): Promise<void> {
  for (let start = 0; start < missed.length; start += atOnce) {
    const actions = missed
      .slice(start, start + atOnce)
      .map(({ email, reason }) => heldBackRow(email, taskId, { accountId, template, subject, reason }, now));
    await commit(dependencies, portalContext(now), { actions, activity: [], outbox: [] });
  }
}
