import { beforeEach, describe, expect, test, vi } from 'vitest';
import { mailKinds } from '../../../shared/accounts/people.ts';
import { sentCopyKey } from '../../../shared/mail/sent/sent-copy.ts';
import { newId } from '../../../shared/core/ids.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let portal: MemoryPortal;
let accountId: string;
let ownerId: string;
let limited: string;
const email = 'carla@acme.test';

beforeEach(async () => {
  portal = new MemoryPortal();
  ({ accountId, ownerId } = await portal.createAccount('Acme', 'owner@acme.test'));
  ({ userId: limited } = await portal.createSubAccount(ownerId, accountId, email, ['emails', 'tickets']));
});

/** A mail of each kind to these addresses, as the outbox keeps it. */
async function send(to: string[], more: object = {}): Promise<Record<string, string>> {
  const ids: Record<string, string> = {};
  for (const kind of mailKinds) {
    portal.advance(60);
    const id = newId('email', portal.now);
    const text = `Text of ${kind}`;
    const copy = {
      id,
      kind,
      to,
      subject: `About ${kind}`,
      text,
      html: `<p>${text}</p>`,
      messageId: `<${id}>`,
    };
    const sentAt = portal.now.toISOString();
    await portal.table.transact([{ put: { ...copy, sentAt, ...more, ...sentCopyKey(accountId, id) } }]);
    ids[kind] = id;
  }
  return ids;
}

const emails = `/emails`;
const get = (userId: string, path = emails, query: Record<string, string> = {}) =>
  portal.call(userId, 'GET', `/v1/accounts/${accountId}${path}`, { query });
const kinds = async (userId: string): Promise<string[]> =>
  (await get(userId)).body.items.map(({ kind }: { kind: string }) => kind);

describe('the mail that was sent to an account', () => {
  test('is seen where it went to oneself, and of others by the permission of its kind', async () => {
    const theirs = await send(['owner@acme.test']);
    expect(await kinds(ownerId)).toEqual(mailKinds.toReversed());
    expect(await kinds(limited)).toEqual(['support', 'general']);
    for (const kind of mailKinds) {
      const isOpen = ['support', 'general'].includes(kind);
      expect([kind, (await get(limited, `${emails}/${theirs[kind]}`)).status]).toEqual([
        kind,
        isOpen ? 200 : 404,
      ]);
    }
    const own = await send(['owner@acme.test', 'Carla@Acme.test']);
    expect(await kinds(limited)).toEqual([...mailKinds.toReversed(), 'support', 'general']);
    expect((await get(limited, `${emails}/${own['invoice']}`)).body).toMatchObject({
      subject: 'About invoice',
      text: 'Text of invoice',
      sentOn: '2026-03-01',
    });
  });

  test('is listed in full pages of what is seen', async () => {
    for (let nth = 0; nth < 5; nth++) await send(['owner@acme.test']);
    const first = await get(limited, emails, { limit: '4' });
    expect(first.body.items).toHaveLength(4);
    const cursor = first.body.nextCursor as string;
    const second = await get(limited, emails, { limit: '6', cursor });
    expect(second.body.items).toHaveLength(6);
    expect(second.body.nextCursor).toBeNull();
  });

  test('with a code or a signed link is listed by kind, address and day alone', async () => {
    await portal.call(ownerId, 'POST', `/v1/accounts/${accountId}/contacts`, {
      body: { name: 'New', email: 'new@acme.test', subAccount: { permissions: ['tickets'] } },
    });
    await portal.deliver();
    const sent = portal.mails.at(-1)!;
    expect(sent.destinations).toEqual(['new@acme.test']);
    for (const userId of [ownerId, limited]) {
      const [listed] = (await get(userId)).body.items;
      const shown = { id: listed.id, kind: 'general', to: ['new@acme.test'], sentOn: '2026-03-01' };
      expect(listed).toEqual({ ...shown, sentAt: null, subject: null });
      const { body } = await get(userId, `${emails}/${listed.id}`);
      expect(body).toMatchObject({ ...listed, text: '', html: '' });
    }
  });
});
