import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { areaOf } from '../../../functions/activity/activity-view.ts';
import { activityEntry } from '../../../shared/write/activity.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let portal: MemoryPortal;
let accountId: string;
let ownerId: string;

beforeEach(async () => {
  portal = new MemoryPortal();
  ({ accountId, ownerId } = await portal.createAccount('Acme', 'owner@acme.test'));
});

const owner = { kind: 'owner', id: 'usr_owner', name: 'Olive Owner' } as const;

/** Writes entries, the first one first. */
async function write(actions: string[], actor: Parameters<typeof activityEntry>[1] = owner): Promise<void> {
  for (const action of actions) {
    portal.advance(1);
    const subject = { kind: 'thing', id: 'thing', name: 'Thing' };
    const entry = { accountId, action, subject, before: null, after: { note: action } };
    await portal.table.transact([activityEntry(entry, actor, portal.now)]);
  }
}

const reader = async (...permissions: string[]) =>
  (
    await portal.createSubAccount(ownerId, accountId, `${permissions.length}@acme.test`, [
      'contacts',
      ...permissions,
    ])
  ).userId;

const page = (userId: string, query: Record<string, string> = {}) =>
  portal.call(userId, 'GET', `/v1/accounts/${accountId}/activity`, { query });
const read = async (userId: string, query: Record<string, string> = {}): Promise<string[]> =>
  (await page(userId, query)).body.items.map((entry: { action: string }) => entry.action);

describe('the activity log', () => {
  test('shows a reader the areas that it holds, and changes of access to all who read it', async () => {
    const [limited, more] = [await reader(), await reader('tickets', 'invoices')];
    const since = (await read('stan')).length;
    await write([
      'profile.changed',
      'ticket.replied',
      'invoice.issued',
      'sub-account.changed',
      'domain.renewed',
    ]);
    const seen = async (userId: string) =>
      (await read(userId, { limit: '100' })).filter((action) => !/created|activated|accepted/.test(action));
    expect(await seen(limited)).toEqual(['sub-account.changed']);
    expect(await seen(more)).toEqual(['sub-account.changed', 'invoice.issued', 'ticket.replied']);
    expect((await read(ownerId, { limit: '100' })).length).toBe(since + 5);
  });

  test('shows what nobody has given an area to the owner and staff alone', async () => {
    const all = await reader('tickets', 'invoices', 'profile', 'products', 'domains', 'orders', 'documents');
    await write(['novelty.begun']);
    expect(await read(all)).not.toContain('novelty.begun');
    expect(await read(ownerId)).toContain('novelty.begun');
    expect(await read('stan')).toContain('novelty.begun');
  });

  test('shows nobody of the account who of the staff has a ticket, and no address of theirs', async () => {
    const body = { subject: 'Broken', message: 'It is.' };
    const { id } = (await portal.call(ownerId, 'POST', `/v1/accounts/${accountId}/tickets`, { body })).body;
    const assigned = await portal.call('stan', 'POST', `/v1/accounts/${accountId}/tickets/${id}/assign`, {
      body: { assignee: 'stan@portal.test' },
    });
    expect(assigned.status).toBe(200);
    await write(['ticket.closed'], { kind: 'staff', id: 'stan@portal.test', name: 'stan@portal.test' });
    const { body: log } = await page(ownerId);
    expect(JSON.stringify(log)).not.toContain('stan@portal.test');
    expect(log.items[0].actor).toEqual({ kind: 'staff', id: 'staff', name: 'Staff' });
    expect(log.items.map((entry: { action: string }) => entry.action)).not.toContain('ticket.assigned');
    expect(await read('stan')).toContain('ticket.assigned');
  });

  test('fills its pages with what is shown, and ends where nothing more is', async () => {
    const limited = await reader();
    await write(
      Array.from({ length: 160 }, (_, nth) => (nth % 40 === 0 ? 'contact.changed' : 'ticket.replied')),
    );
    const shown = await read(limited, { limit: '100' });
    expect(shown.filter((action) => action === 'contact.changed')).toHaveLength(4);
    const found: string[] = [];
    let cursor: string | null = '';
    let pages = 0;
    while (cursor !== null) {
      const { body } = await page(limited, cursor === '' ? { limit: '3' } : { limit: '3', cursor });
      found.push(...body.items.map((entry: { action: string }) => entry.action));
      if (body.nextCursor !== null) expect(body.items).toHaveLength(3);
      cursor = body.nextCursor as string | null;
      pages++;
    }
    expect(found).toEqual(shown);
    expect(pages).toBe(Math.ceil(shown.length / 3));
  });
});

test('every action that the portal logs is of an area', () => {
  const actions = ['functions', 'shared'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => {
        const source = readFileSync(join(folder, file), 'utf8');
        return [...source.matchAll(/(?:action: |[aA]ctivity\([^']*|activityOf\([^']*)'([a-z-]+\.[a-z-]+)'/g)];
      })
      .map(([, action]) => action!),
  );
  expect(actions.length).toBeGreaterThan(30);
  expect([...new Set(actions)].filter((action) => areaOf(action) === undefined)).toEqual([]);
});
