import { beforeEach, describe, expect, test } from 'vitest';
import { gbp } from '../../support/desks/billing-desk.ts';
import { type Family, family } from '../linked-accounts/linked-portal.ts';

let here: Family;

beforeEach(async () => {
  here = await family();
});

const search = (q: string, query: Record<string, string> = {}) =>
  here.staff('GET', '/v1/staff/accounts', undefined, { query: { q, ...query } });

const found = async (q: string): Promise<string[]> => {
  const { status, body } = await search(q);
  expect(status).toBe(200);
  return body.items.map(({ name }: { name: string }) => name);
};

describe('staff find an account', () => {
  test('by the address of its owner or of a contact, whole and in any case', async () => {
    await here.north.post('/contacts', { name: 'Bea Books', email: 'books@elsewhere.test' });
    expect(await found('Owner@North.test')).toEqual(['North']);
    expect(await found('books@elsewhere.test')).toEqual(['North']);
    expect(await found('books@elsewhere')).toEqual([]);
  });

  test('in each account that an address belongs to, page by page', async () => {
    for (const account of [here.main, here.north, here.west]) {
      await account.post('/contacts', { name: 'Bea Books', email: 'books@elsewhere.test' });
    }
    const first = (await search('books@elsewhere.test', { limit: '2' })).body;
    const query = { limit: '2', cursor: first.nextCursor };
    const second = (await search('books@elsewhere.test', query)).body;
    const names = [...first.items, ...second.items].map(({ name }: { name: string }) => name);
    expect(names.toSorted()).toEqual(['Main', 'North', 'West']);
    expect(second.nextCursor).toBeNull();
  });

  test('by a domain, an invoice’s number, a ticket’s number, and its id', async () => {
    await here.domain(here.north, 'northern-lights', '2026-09-01');
    const lines = [{ description: 'Work', quantity: 1, unitPrice: gbp(100) }];
    const invoice = await here.staff('POST', `${here.west.base}/invoices`, { lines, dueOn: '2026-04-01' });
    const ticket = await here.south.post('/tickets', { subject: 'Help', message: 'Now.' });
    expect(await found('Northern-Lights.com')).toEqual(['North']);
    expect(await found(invoice.body.number)).toEqual(['West']);
    expect(await found(ticket.body.number)).toEqual(['South']);
    expect(await found(here.main.id)).toEqual(['Main']);
    expect(await found('nothing.com')).toEqual([]);
    expect(await found('2026-99999')).toEqual([]);
  });

  test('by the number that a draft took when it was issued', async () => {
    const lines = [{ description: 'Work', quantity: 1, unitPrice: gbp(100) }];
    const body = { lines, dueOn: '2026-04-01', draft: true };
    const draft = await here.staff('POST', `${here.west.base}/invoices`, body);
    const issued = await here.staff('POST', `${here.west.base}/invoices/${draft.body.id}/issue`);
    expect(await found(issued.body.number)).toEqual(['West']);
  });

  test('by the beginnings of words of its name, each account once', async () => {
    await here.join('Beta-Berlin-Bakery', { name: 'Beta Berlin Bäckerei GmbH' });
    await here.join('Berlin', { name: 'Berlin Water' });
    expect(await found('ber')).toEqual(['Berlin Water', 'Beta Berlin Bäckerei GmbH']);
    expect(await found('B')).toEqual(['Berlin Water', 'Beta Berlin Bäckerei GmbH']);
    expect(await found('wat BERL')).toEqual(['Berlin Water']);
    expect(await found('bäck')).toEqual(['Beta Berlin Bäckerei GmbH']);
    expect(await found('erlin')).toEqual([]);
    expect(await found('…')).toEqual([]);
  });

  test('by the name that it has now', async () => {
    await here.portal.call(here.west.ownerId, 'PATCH', here.west.base, { body: { name: 'Far West' } });
    expect(await found('far')).toEqual(['Far West']);
    expect(await found('west')).toEqual(['Far West']);
    await here.portal.call(here.west.ownerId, 'PATCH', here.west.base, { body: { name: 'Sunset' } });
    expect(await found('west')).toEqual([]);
  });

  test('once, where it is found exactly and by its name, on pages of any size', async () => {
    await here.domain(here.north, 'shop', '2026-09-01');
    await here.staff('PATCH', here.north.base, { name: 'shop.com' });
    await here.portal.call(here.west.ownerId, 'PATCH', here.west.base, { body: { name: 'Shop Computers' } });
    for (const limit of ['1', '2', '25']) {
      const names: string[] = [];
      let cursor: string | undefined;
      do {
        const { body } = await search('shop.com', { limit, ...(cursor ? { cursor } : {}) });
        expect(body.items.length).toBeLessThanOrEqual(Number(limit));
        names.push(...body.items.map(({ name }: { name: string }) => name));
        cursor = body.nextCursor ?? undefined;
      } while (cursor);
      expect(names.toSorted()).toEqual(['Shop Computers', 'shop.com']);
    }
  });
});

describe('staff look up one account', () => {
  const one = (id: string) => here.staff('GET', `/v1/staff/accounts/${id}`);

  test('with its owner, status and main account', async () => {
    const { status, body, headers } = await one(here.south.id);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: here.south.id,
      name: 'South',
      owner: { id: here.south.ownerId, email: 'owner@south.test', proven: false },
      status: 'blocked',
      mainAccount: { id: here.main.id, name: 'Main', kind: 'aggregated' },
    });
    expect(headers['etag']).toBeTruthy();
    expect((await one(here.main.id)).body).toMatchObject({ status: 'new', mainAccount: null });
  });

  test('whose owner is proven once they chose their password by the mailed link', async () => {
    const owner = { name: 'Nora', email: 'nora@newco.test' };
    const made = await here.staff('POST', '/v1/staff/accounts', { name: 'Newco', owner });
    await here.portal.acceptInvitation(made.body.owner.id, made.body.id);
    expect((await one(made.body.id)).body.owner).toMatchObject({ email: owner.email, proven: true });
  });

  test('and are told where there is none', async () => {
    expect((await one('acct_nothing')).status).toBe(404);
    const tried = await here.portal.call(here.main.ownerId, 'GET', `/v1/staff/accounts/${here.main.id}`);
    expect(tried.status).toBe(403);
  });
});
