import { expect, test } from 'vitest';
import { mailEventRows } from '../../../functions/mail-events/note-mail-event.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

test('staff see which addresses bounced for good, and nobody else is told', async () => {
  const portal = new MemoryPortal();
  const { accountId, ownerId } = await portal.createAccount('Acme', 'owner@acme.test');
  const contacts = `/v1/accounts/${accountId}/contacts`;
  for (const email of ['gone@acme.test', 'here@acme.test']) {
    await portal.call(ownerId, 'POST', contacts, { body: { name: email, email } });
  }
  const event = {
    eventType: 'Bounce',
    bounce: { bounceType: 'Permanent', bouncedRecipients: [{ emailAddress: 'Gone@Acme.test' }] },
  };
  await portal.table.transact(mailEventRows(JSON.stringify(event), portal.now));
  const seen = async (userId: string) => {
    const { body } = await portal.call(userId, 'GET', contacts);
    const items = body.items as { email: string; emailBounced?: boolean }[];
    return items.toSorted((a, b) => (a.email < b.email ? -1 : 1)).map((contact) => contact.emailBounced);
  };
  expect(await seen('stan')).toEqual([true, false]);
  expect(await seen(ownerId)).toEqual([undefined, undefined]);
});
