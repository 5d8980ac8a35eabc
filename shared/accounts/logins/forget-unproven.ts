import { toSeconds } from '../../core/clock.ts';
import { commit, portalContext, retryWhileStale, type WriteDependencies } from '../../write/commit.ts';
import { forgotten } from '../people.ts';
import { loginRow } from '../people-store.ts';
import type { LoginDependencies } from './admission.ts';

declare module '../../write/outbox-task.ts' {
  interface OutboxTasks {
    /** Takes away what opens a login that nothing of its own has proven, as its address was shown to be somebody's. */
    'forget-unproven': { userId: string };
  }
}

/**
 * The holder of an address was found out by another way than the login of that address: somebody else may have chosen its
 * password and be signed in with it. Password and sessions end; the person comes in by an invitation or a mailed code.
 */
export async function forgetUnproven(
  dependencies: WriteDependencies & LoginDependencies,
  { userId }: { userId: string },
  now: Date,
): Promise<void> {
  const { people, directory } = dependencies;
  await retryWhileStale(async () => {
    const login = await people.login(userId);
    if (!login || login.proven) return;
    await directory.forget(login);
    const ended = { ...forgotten(login), notBeforeSeconds: toSeconds(now) };
    const actions = [loginRow(ended, { version: login.version })];
    await commit(dependencies, portalContext(now), { actions, activity: [], outbox: [] });
  });
}
