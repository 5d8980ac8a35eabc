import { newVersion } from '../../core/ids.ts';
import type { LoginDirectory } from '../logins/directory.ts';
import { normalAddress } from '../keys.ts';
import type { AddressChange, Login } from '../people.ts';
import type { PeopleStore } from '../people-store.ts';

declare module '../../write/outbox-task.ts' {
  interface OutboxTasks {
    /** Gives a login the address that its row says waits, once it has waited long enough. */
    'change-address': { userId: string };
  }
}

/** How long a confirmed change waits, in which the old address may stop it; until then the old one signs in. */
export const addressWaitSeconds = 72 * 60 * 60;

/** A change that waits for its code. */
export function newAddressChange(email: string): AddressChange {
  return { id: newVersion(), email: normalAddress(email), effectiveAtSeconds: null };
}

/** The login without a change of its address. */
export function withoutChange(login: Login): Login {
  const { addressChange: _, ...without } = login;
  return without;
}

/** Whether a login can have this address: it is no other login's, and nobody else's in the accounts of this one. */
export async function isFree(
  { people, directory }: { people: PeopleStore; directory: Pick<LoginDirectory, 'describe'> },
  { userId }: Login,
  email: string,
): Promise<boolean> {
  const [known, { memberships }, described] = await Promise.all([
    people.byAddress(email),
    people.loginWithMemberships(userId),
    directory.describe(email),
  ]);
  const own = new Set(memberships.map(({ accountId }) => accountId));
  return (
    known.userId === null &&
    !known.accounts.some(({ accountId }) => own.has(accountId)) &&
    (described === undefined || described.userId === userId)
  );
}
