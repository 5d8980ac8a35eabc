import { toSeconds } from '../../core/clock.ts';
import { newVersion } from '../../core/ids.ts';
import { calledName, type Login, ownName } from '../people.ts';
import { absent, type Action, equals, type Key } from '../../table/table.ts';

declare module '../../write/outbox-task.ts' {
  interface OutboxTasks {
    /** Makes somebody the owner of an account, once they have accepted and all its people had their day. */
    'change-owner': { accountId: string; userId: string; id: string };
  }
}

/** How long everybody of an account knows of its new owner before there is one. */
const ownershipWaitSeconds = 24 * 60 * 60;

/** An account's next owner, in the partition of the person; the account names them as `nextOwner`. */
export interface Ownership {
  id: string;
  accountId: string;
  userId: string;
  /** As staff call the person; missing in rows of before. */
  name?: string;
  reason: string;
  /** Takes effect then, in Unix seconds, or when it is accepted, where that is later. */
  effectiveAtSeconds: number;
  /** Waits to be accepted by it. */
  invitation?: string;
  version: string;
}

export const ownershipPrefix = 'OWNERSHIP#';
export const ownershipKey = (userId: string, accountId: string): Key => ({
  pk: `USER#${userId}`,
  sk: `${ownershipPrefix}${accountId}`,
});

export function newOwnership(
  input: Pick<Ownership, 'accountId' | 'userId' | 'name' | 'reason' | 'invitation'>,
  now: Date,
): Ownership {
  const effectiveAtSeconds = toSeconds(now) + ownershipWaitSeconds;
  return { ...input, id: newVersion(), effectiveAtSeconds, version: newVersion() };
}

/** Fails if the one before it, if any, was accepted or replaced meanwhile. */
export function ownershipRow(ownership: Ownership, before: Ownership | undefined): Action {
  return {
    put: { ...ownership, ...ownershipKey(ownership.userId, ownership.accountId) },
    when: before ? equals({ version: before.version }) : absent,
  };
}

/** What the person who is to own an account is called: by their own word, else by that of staff. */
export function nextOwnersName(ownership: Ownership, login: Login): string {
  return ownName(login) ?? ownership.name ?? calledName(login);
}

/** It was withdrawn, or took effect. */
export function endedOwnershipRow({ userId, accountId, version }: Ownership): Action {
  return { delete: ownershipKey(userId, accountId), when: equals({ version }) };
}
