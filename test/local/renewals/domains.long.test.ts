import { describe, expect, inject, test } from 'vitest';
import { PortalClient } from '../../support/local/portal-client.ts';
import { asStaff, expectExplained, expectInvalid, statuses, ownerOf } from '../money/money.ts';
import { activityOf, addSubAccount, type Json, nobody, openAccount, problemType, sorted } from '../people.ts';
import { domainCalls } from './domain-calls.ts';

const client = new PortalClient(inject('portal'));

const asOwner = ownerOf(client);
const { addDomain, listed, setPrice } = domainCalls(client);

const namesOf = (items: Json[]): string[] => sorted(items.map((item) => item.name));

describe('the domains of an account', () => {
  test('have the status that their dates and the day give them', async () => {
    const account = await openAccount(client);
    const tld = 'statuses.dom';
    await setPrice(tld);
    const days = [30, 1, 0, -1, -10, -12, -29];
    const [far, tomorrow, today, yesterday, lateInGrace, redemption, lateInRedemption] = await Promise.all(
      days.map((offset) => addDomain(account, tld, offset)),
    );
    const set = async (status: string): Promise<Json> => {
      const domain = await addDomain(account, tld, 30);
      const patched = await asStaff(client, account, 'PATCH', `/domains/${domain.id}`, { status });
      expect(patched).toMatchObject({ status: 200, body: { id: domain.id, status } });
      return patched.body;
    };
    const [pending, cancelled, transferred] = await Promise.all(
      ['pending', 'cancelled', 'transferred-away'].map((status) => set(status)),
    );
    const all = await listed(account);
    const expected: [Json, string][] = [
      [far, 'active'],
      [tomorrow, 'active'],
      [today, 'active'],
      [yesterday, 'expired'],
      [lateInGrace, 'expired'],
      [redemption, 'redemption'],
      [lateInRedemption, 'redemption'],
      [pending, 'pending'],
      [cancelled, 'cancelled'],
      [transferred, 'transferred-away'],
    ];
    for (const [domain, status] of expected) {
      const item = all.find((one) => one.id === domain.id);
      expect(item.status, `${status}, expires on ${domain.expiresOn}`).toBe(status);
    }
    expect(all).toHaveLength(expected.length);
    const having = (...wanted: string[]): string[] =>
      namesOf(expected.filter(([, status]) => wanted.includes(status)).map(([domain]) => domain));
    for (const wanted of [
      ['active', 'expired'],
      ['redemption'],
      ['pending', 'cancelled', 'transferred-away'],
    ])
      expect(namesOf(await listed(account, `?status=${wanted.join(',')}`))).toEqual(having(...wanted));
    expectInvalid(await asOwner(account, 'GET', '/domains?status=active,lost'), 'status');
  });

  test('are listed page by page, filtered or not', async () => {
    const account = await openAccount(client);
    const tld = 'pages.dom';
    await setPrice(tld);
    const offsets = [40, -3, 41, -4, 42];
    const made = await Promise.all(offsets.map((offset) => addDomain(account, tld, offset)));
    for (const [query, wanted] of [
      ['', made],
      ['&status=active', made.filter((domain) => domain.status === 'active')],
    ] as const) {
      const found: Json[] = [];
      let cursor = '';
      do {
        const page = await asOwner(account, 'GET', `/domains?limit=2${query}${cursor}`);
        expect(page.body.items.length).toBeLessThanOrEqual(2);
        found.push(...page.body.items);
        cursor = page.body.nextCursor === null ? '' : `&cursor=${encodeURIComponent(page.body.nextCursor)}`;
      } while (cursor !== '');
      expect(namesOf(found), query).toEqual(namesOf([...wanted]));
    }
  });

  test('are shown to who may view domains, and to nobody of another account', async () => {
    const account = await openAccount(client);
    const stranger = await openAccount(client);
    const domain = await addDomain(account, 'viewed.dom', 100);
    const viewer = await addSubAccount(client, account, ['domains']);
    const other = await addSubAccount(client, account, ['tickets']);
    const one = `${account.path}/domains/${domain.id}`;
    expect((await client.call(viewer.token, 'GET', one)).body).toEqual(domain);
    for (const path of [`${account.path}/domains`, one]) {
      expectExplained(await client.call(other.token, 'GET', path), 'domains');
      expect((await client.call(nobody, 'GET', path)).status).toBe(401);
      expect((await client.call(stranger.owner.token, 'GET', path)).status).toBe(404);
    }
    const elsewhere = `/domains/${domain.id}`;
    const foreign = await asOwner(stranger, 'GET', elsewhere);
    const missing = await asOwner(stranger, 'GET', '/domains/dom_01HZZZZZZZZZZZZZZZZZZZZZZZ');
    for (const answer of [foreign, missing]) expect(answer.status).toBe(404);
    expect({ ...foreign.body, requestId: '' }).toEqual({ ...missing.body, requestId: '' });
    expect((await asOwner(stranger, 'PATCH', elsewhere, { locked: false })).status).toBe(404);
    expect((await asStaff(client, stranger, 'PATCH', elsewhere, { locked: false })).status).toBe(404);
    expect((await asOwner(account, 'GET', elsewhere)).body).toEqual(domain);
  });
});

describe('the settings of a domain', () => {
  const nameservers = ['ns1.elsewhere.test', 'ns2.elsewhere.test'];

  test('are changed by who may manage them; who may only view is told why not', async () => {
    const account = await openAccount(client);
    const { id } = await addDomain(account, 'settings.dom', 100, { locked: true });
    const path = `${account.path}/domains/${id}`;
    const manager = await addSubAccount(client, account, ['domains', 'manage-domains'], {
      name: 'Mona Manager',
    });
    const viewer = await addSubAccount(client, account, ['domains']);
    const before = await client.call(manager.token, 'GET', path);
    const refused = await client.call(viewer.token, 'PATCH', path, { nameservers });
    expect(refused).toMatchObject({
      status: 403,
      body: {
        type: problemType('permission-required'),
        requiredPermission: 'manage-domains',
        detail: expect.stringContaining('“Manage domain settings”'),
        areas: [{ permission: 'domains', label: 'View domains', href: `${account.path}/domains` }],
        requestAccess: { method: 'POST', href: `${account.path}/access-requests` },
      },
    });
    expect((await client.call(nobody, 'PATCH', path, { nameservers })).status).toBe(401);
    expect((await client.call(viewer.token, 'GET', path)).body).toEqual(before.body);

    const changed = await client.call(manager.token, 'PATCH', path, { nameservers, autoRenew: true });
    expect(changed).toMatchObject({
      status: 200,
      body: { ...before.body, nameservers, autoRenew: true },
    });
    const unlocked = await asOwner(account, 'PATCH', `/domains/${id}`, { locked: false });
    expect(unlocked.body).toEqual({ ...changed.body, locked: false });
    expect((await client.call(viewer.token, 'GET', path)).body).toEqual(unlocked.body);
    const log = (await activityOf(client, account)).filter((entry) => entry.subject.id === id);
    expect(log).toContainEqual(
      expect.objectContaining({
        actor: expect.objectContaining({ id: manager.id, name: 'Mona Manager' }),
        after: expect.objectContaining({ nameservers }),
      }),
    );
  });

  test('honour If-Match: a stale one changes nothing, none means no check', async () => {
    const account = await openAccount(client);
    const { id } = await addDomain(account, 'matched.dom', 100);
    const path = `/domains/${id}`;
    const stale = (await asOwner(account, 'GET', path)).headers.get('etag')!;
    expect(stale).toBeTruthy();
    const first = await asOwner(account, 'PATCH', path, { nameservers }, { 'if-match': stale });
    expect(first.status).toBe(200);
    const refused = await asOwner(account, 'PATCH', path, { locked: false }, { 'if-match': stale });
    expect(refused.status).toBe(412);
    expect((await asOwner(account, 'GET', path)).body).toEqual(first.body);
    const fresh = (await asOwner(account, 'GET', path)).headers.get('etag')!;
    expect(fresh).not.toBe(stale);
    const twice = await Promise.all(
      [true, false].map((autoRenew) =>
        asOwner(account, 'PATCH', path, { autoRenew, locked: false }, { 'if-match': fresh }),
      ),
    );
    const [won, lost] = statuses(twice);
    expect(won).toBe(200);
    expect([409, 412]).toContain(lost);
    expect((await asOwner(account, 'PATCH', path, { locked: true })).body.locked).toBe(true);
  });

  test('have two to thirteen different nameservers that are host names', async () => {
    const account = await openAccount(client);
    const domain = await addDomain(account, 'hosts.dom', 100);
    const path = `/domains/${domain.id}`;
    const many = Array.from({ length: 14 }, (_, index) => `ns${index}.elsewhere.test`);
    const bad: unknown[] = [
      [],
      many.slice(0, 1),
      many,
      ['ns1.elsewhere.test', 'ns1.elsewhere.test'],
      ['ns1.elsewhere.test', 'NS1.Elsewhere.Test'],
      ['ns1.elsewhere.test', ''],
      ['ns1.elsewhere.test', 'localhost'],
      ['ns1.elsewhere.test', '-ns.elsewhere.test'],
      ['ns1.elsewhere.test', 'ns_2.elsewhere.test'],
      ['ns1.elsewhere.test', 'ns2..elsewhere.test'],
      ['ns1.elsewhere.test', '192.0.2.1'],
      ['ns1.elsewhere.test', `${'a'.repeat(64)}.elsewhere.test`],
      ['ns1.elsewhere.test', 'ns2.elsewhere.test\r\nX: y'],
      ['ns1.elsewhere.test', 7],
      'ns1.elsewhere.test',
      null,
    ];
    for (const wrong of bad) {
      const refused = await asOwner(account, 'PATCH', path, { nameservers: wrong, locked: false });
      expectInvalid(refused, undefined, JSON.stringify(wrong));
      expect(refused.body.errors[0].path, JSON.stringify(wrong)).toMatch(/^nameservers(\.\d+)?$/);
    }
    for (const body of [{ locked: 'no' }, { autoRenew: 1 }, { name: 'mine.test' }, '{'])
      expectInvalid(await asOwner(account, 'PATCH', path, body), undefined, JSON.stringify(body));
    expect((await asOwner(account, 'GET', path)).body).toEqual(domain);
    for (const good of [many.slice(0, 13), many.slice(0, 2)]) {
      const changed = await asOwner(account, 'PATCH', path, { nameservers: good });
      expect(changed).toMatchObject({ status: 200, body: { nameservers: good } });
    }
  });
});
