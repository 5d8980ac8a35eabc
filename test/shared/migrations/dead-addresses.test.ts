import { beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../../../shared/migrations/migrate.ts';
import { migrations } from '../../../shared/migrations/migrations.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

let portal: MemoryPortal;

const at = '2026-02-01T10:00:00.000Z';
const markOf = (address: string, reason: string) => ({ pk: `EMAIL#${address}`, sk: 'BOUNCED', at, reason });

const upgrade = () =>
  migrate({
    table: portal.table,
    rows: portal.table,
    migrations,
    providerName: 'Annex',
    staffGroup: async () => [],
    pause: async () => {},
  });
const dead = async () => (await portal.call('stan', 'GET', '/v1/staff/dead-addresses')).body.items;

beforeEach(() => {
  portal = new MemoryPortal();
  portal.addStaff('stan');
  portal.table.load([
    markOf('gone@acme.test', 'bounced for good'),
    markOf('owner@acme.test', 'bounced: 5.2.2'),
    markOf('angry@acme.test', 'complained'),
  ]);
});

describe('marks from before the mail service alone made them', () => {
  test('that it made stay, and staff find them; those of notices by mail and of complaints go', async () => {
    await upgrade();
    expect(await dead()).toEqual([{ address: 'gone@acme.test', at, reason: 'bounced for good' }]);
    const rows = portal.table.all().filter(({ sk }) => sk === 'BOUNCED');
    expect(rows.map(({ pk }) => pk)).toEqual(['EMAIL#gone@acme.test']);
  });

  test('are the same after a second upgrade, and can be lifted before and after', async () => {
    expect((await portal.call('stan', 'DELETE', '/v1/staff/dead-addresses/angry@acme.test')).status).toBe(
      204,
    );
    await upgrade();
    await upgrade();
    expect(await dead()).toHaveLength(1);
    expect((await portal.call('stan', 'DELETE', '/v1/staff/dead-addresses/gone@acme.test')).status).toBe(204);
    expect(await dead()).toEqual([]);
  });
});
