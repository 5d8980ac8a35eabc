import { beforeEach, describe, expect, test } from 'vitest';
import { gbp } from '../../support/desks/billing-desk.ts';
import { type Family, family } from './linked-portal.ts';

let here: Family;

beforeEach(async () => {
  here = await family({});
});

const names = async (query?: Record<string, string>) =>
  (await here.linked(here.main, query)).map(({ name }) => name);

const north = async () => (await here.linked(here.main)).find(({ name }) => name === 'North');

describe('the list of linked accounts', () => {
  test('tells of each account beneath, by name, while management is off', async () => {
    const west = { line1: '1 West Street', city: 'Bristol', country: 'GB' };
    await here.portal.call(here.west.ownerId, 'PATCH', here.west.base, { body: { address: west } });
    const listed = await here.main.get('/linked-accounts');
    expect(listed).toMatchObject({ status: 200, body: { nextCursor: null } });
    const shown = (name: 'north' | 'south' | 'west', extra: object) => ({
      id: here[name].id,
      name: here[name].name,
      kind: 'aggregated',
      status: 'new',
      address: {},
      activeServices: 0,
      billingMode: 'recurring',
      totalServiceCost: gbp(0),
      linkedAt: '2026-03-01T10:00:00.000Z',
      accountId: here[name].id,
      accountName: here[name].name,
      href: here[name].base,
      ...extra,
    });
    expect(listed.body.items).toEqual([
      shown('north', {}),
      shown('south', { status: 'blocked' }),
      shown('west', { kind: 'independent', address: west }),
    ]);
  });

  test('is empty where nothing is linked, and gone with what is unlinked', async () => {
    expect((await here.stranger.get('/linked-accounts')).body).toEqual({ items: [], nextCursor: null });
    expect((await here.north.get('/linked-accounts')).body.items).toEqual([]);
    await here.unlink(here.north);
    expect(await names()).toEqual(['South', 'West']);
  });

  test('follows what the accounts are called and how they are billed', async () => {
    await here.portal.call(here.west.ownerId, 'PATCH', here.west.base, { body: { name: 'Alpha' } });
    await here.note(here.north, { billingMode: 'prepaid' });
    expect(await names()).toEqual(['Alpha', 'North', 'South']);
    expect(await north()).toMatchObject({ billingMode: 'prepaid' });
  });

  test('says since when, also after the time has moved on', async () => {
    here.at('2026-03-05');
    await here.link(here.stranger, here.main, 'independent');
    const linkedAt = (await here.linked(here.main)).map((item) => [item.name, item.linkedAt.slice(0, 10)]);
    expect(linkedAt).toEqual([
      ['North', '2026-03-01'],
      ['South', '2026-03-01'],
      ['Stranger', '2026-03-05'],
      ['West', '2026-03-01'],
    ]);
  });

  test('needs linked-accounts, and the refusal says so', async () => {
    const allowed = await here.person(['linked-accounts'], 'a@main.test');
    const refused = await here.person(['products', 'orders'], 'b@main.test');
    const path = `${here.main.base}/linked-accounts`;
    expect((await here.portal.call(allowed.userId, 'GET', path)).body.items).toHaveLength(3);
    expect(await here.portal.call(refused.userId, 'GET', path)).toMatchObject({
      status: 403,
      body: { requiredPermission: 'linked-accounts' },
    });
  });

  test('comes in pages, of which each account is on one', async () => {
    for (const name of ['Beta', 'Gamma', 'Zeta'])
      await here.link(await here.join(name), here.main, 'aggregated');
    const seen: string[][] = [];
    let cursor: string | null = null;
    do {
      const query: Record<string, string> = cursor === null ? { limit: '2' } : { limit: '2', cursor };
      const { status, body } = await here.main.get('/linked-accounts', query);
      expect(status).toBe(200);
      seen.push(body.items.map(({ name }: { name: string }) => name));
      cursor = body.nextCursor;
    } while (cursor !== null && seen.length < 10);
    expect(seen.every((page) => page.length <= 2)).toBe(true);
    expect(seen.flat()).toEqual(['Beta', 'Gamma', 'North', 'South', 'West', 'Zeta']);
  });

  test('refuses a status that there is not, and a cursor of its own making', async () => {
    expect((await here.main.get('/linked-accounts', { status: 'gone' })).status).toBe(400);
    expect((await here.main.get('/linked-accounts', { cursor: 'x' })).status).toBe(400);
    expect((await here.main.get('/linked-accounts', { limit: '0' })).status).toBe(400);
  });
});

describe('what an account’s services cost a month', () => {
  test('is the sum over the active ones before tax, a year’s price by its twelfth', async () => {
    await here.service(here.north);
    await here.service(here.north, { price: gbp(1000), quantity: 3 });
    await here.service(here.north, { price: gbp(12_000), cycle: 'annually', nextDueOn: '2027-03-01' });
    expect(await north()).toMatchObject({
      activeServices: 3,
      totalServiceCost: gbp(3100 + 3000 + 1000),
      status: 'active',
    });
    const others = (await here.linked(here.main)).filter(({ name }) => name !== 'North');
    expect(others.map(({ totalServiceCost }) => totalServiceCost)).toEqual([gbp(0), gbp(0)]);
  });

  test.each(['pending', 'paused', 'cancelled'])('leaves out what is %s', async (status) => {
    await here.service(here.north, { price: gbp(500) });
    await here.service(here.north, { status, ...(status === 'pending' ? { startOn: '2026-04-01' } : {}) });
    expect(await north()).toMatchObject({ activeServices: 1, totalServiceCost: gbp(500) });
  });

  test('follows what becomes of a service', async () => {
    await here.set({ 'linkedAccounts.management': true });
    const { id } = await here.service(here.north);
    const cost = async () => (await north()).totalServiceCost.amount;
    const path = `/services/${id}`;
    expect((await here.north.post(`${path}/pause`, {})).status).toBe(200);
    expect(await cost()).toBe(0);
    expect((await here.north.post(`${path}/resume`)).status).toBe(200);
    expect(await cost()).toBe(3100);
    expect((await here.north.post(`${path}/change`, { productId: 'prd_big', mode: 'self' })).status).toBe(
      200,
    );
    expect(await cost()).toBe(6200);
    await here.staff('PATCH', `${here.north.base}${path}`, { quantity: 2 });
    expect(await cost()).toBe(12_400);
    const cancelled = await here.north.post(`${path}/cancel`, { when: 'now', reason: 'Moving' });
    expect(cancelled.status).toBe(200);
    expect(await north()).toMatchObject({ activeServices: 0, totalServiceCost: gbp(0) });
  });

  test('follows the days on which services begin, resume and end', async () => {
    await here.service(here.north, { status: 'pending', startOn: '2026-04-01', price: gbp(100) });
    const pausing = await here.service(here.north, { price: gbp(20) });
    await here.north.post(`/services/${pausing.id}/pause`, { until: '2026-03-21' });
    const ending = await here.service(here.north, { price: gbp(3) });
    await here.north.post(`/services/${ending.id}/cancel`, { when: 'period-end', reason: 'Moving' });
    const costs: [string, number][] = [];
    for (const day of ['2026-03-20', '2026-03-21', '2026-04-02']) {
      here.at(day);
      costs.push([day, (await north()).totalServiceCost.amount]);
    }
    expect(costs).toEqual([
      ['2026-03-20', 3],
      ['2026-03-21', 23],
      ['2026-04-02', 120],
    ]);
  });

  test('is the same for one that had its services before it was linked', async () => {
    await here.service(here.stranger);
    await here.link(here.stranger, here.main, 'aggregated');
    const stranger = (await here.linked(here.main)).find(({ name }) => name === 'Stranger');
    expect(stranger).toMatchObject({ activeServices: 1, totalServiceCost: gbp(3100), status: 'active' });
  });
});

describe('an account’s status', () => {
  test('is new until it has an active service', async () => {
    expect(await north()).toMatchObject({ status: 'new' });
    await here.service(here.north, { status: 'pending', startOn: '2026-04-01' });
    expect(await north()).toMatchObject({ status: 'new' });
    await here.service(here.north);
    expect(await north()).toMatchObject({ status: 'active' });
  });

  test.each(['blocked', 'inactive'])('is %s as staff noted it, whatever its services', async (status) => {
    await here.service(here.north);
    await here.note(here.north, { status });
    expect(await north()).toMatchObject({ status, activeServices: 1, totalServiceCost: gbp(3100) });
  });

  test('picks those of the list that are shown with it', async () => {
    await here.service(here.north);
    await here.note(here.stranger, { status: 'inactive' });
    await here.link(here.stranger, here.main, 'independent');
    const picked: Record<string, string[]> = {};
    for (const status of ['new', 'active', 'blocked', 'inactive']) picked[status] = await names({ status });
    expect(picked).toEqual({
      new: ['West'],
      active: ['North'],
      blocked: ['South'],
      inactive: ['Stranger'],
    });
  });

  test('picks in pages too', async () => {
    for (const name of ['Beta', 'Gamma', 'Zeta']) {
      const account = await here.join(name, { status: 'inactive' });
      await here.link(account, here.main, 'aggregated');
    }
    const seen: string[] = [];
    let query: Record<string, string> = { limit: '2', status: 'inactive' };
    for (let page = 0; page < 10; page++) {
      const { body } = await here.main.get('/linked-accounts', query);
      expect(body.items.length).toBeLessThanOrEqual(2);
      seen.push(...body.items.map(({ name }: { name: string }) => name));
      if (body.nextCursor === null) break;
      query = { ...query, cursor: body.nextCursor };
    }
    expect(seen).toEqual(['Beta', 'Gamma', 'Zeta']);
  });
});
