import { readMessage, UnreadableMessage } from '../../shared/mail/message/read-message.ts';
import { addressRow } from '../../shared/accounts/people-store.ts';
import { MemoryPortal } from '../support/memory/memory-portal.ts';

/** What a message became, and why; with how long it took, in milliseconds, from its bytes to its record. */
export interface Handled {
  outcome: string;
  reason: string;
  ms: number;
}

/**
 * Handles a message, byte for byte as it is, in a portal that knows its sender: as a message of a client's own.
 * Throws what handling it throws, but for what the receiver expects.
 */
export async function handleAsKnownContact(raw: Uint8Array): Promise<Handled> {
  const portal = new MemoryPortal();
  const { accountId } = await portal.createAccount('Acme', 'owner@acme.test');
  const from = await readMessage(raw).then(
    (message) => message.from,
    () => null,
  );
  if (from !== null && from !== 'owner@acme.test') {
    await portal.table.transact([
      addressRow(from, { accountId, contactId: null, knownSince: portal.now.toISOString() }),
    ]);
  }
  const start = performance.now();
  const { outcome, reason } = await portal.receive(raw).catch((error: unknown) => {
    if (error instanceof UnreadableMessage) return { outcome: 'quarantined', reason: error.message };
    throw error;
  });
  return { outcome, reason, ms: performance.now() - start };
}
