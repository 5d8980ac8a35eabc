import { newVersion } from '../core/ids.ts';
import { memberKey } from '../table/keys.ts';
import type { Action } from '../table/table.ts';
import type { OutboxTask } from '../write/outbox-task.ts';
import { dismiss, type LoginDependencies } from './logins/admission.ts';
import type { Contact } from './people.ts';
import { contactRows } from './people-store.ts';

/** What the end of a contact's access writes, ready for its transaction. */
export interface EndedAccess {
  /** The contact as it is afterwards; null where it is removed. */
  contact: Contact | null;
  actions: Action[];
  outbox: OutboxTask[];
  /** Runs the write, then disables a login that has no account left. */
  complete(write: () => Promise<void>): Promise<void>;
}

/** Ends a contact's access, if it has one, and removes the contact where `after` is null. */
export async function endedAccess(
  dependencies: LoginDependencies,
  before: Contact,
  after: Contact | null,
  now: Date,
): Promise<EndedAccess> {
  const contact = after && { ...after, version: newVersion() };
  const rows = contactRows(before, contact);
  const { subAccount } = before;
  if (!subAccount || subAccount.ended) {
    return { contact, actions: rows, outbox: [], complete: (write) => write() };
  }
  const login = await dependencies.people.login(subAccount.userId);
  if (!login) throw new Error(`No login ${subAccount.userId} behind contact ${before.id}`);
  const leaving = dismiss(dependencies, login, now);
  const membership: Action = { delete: memberKey(subAccount.userId, before.accountId) };
  return {
    contact,
    actions: [...rows, membership, ...leaving.actions],
    outbox: leaving.outbox,
    complete: leaving.complete,
  };
}
