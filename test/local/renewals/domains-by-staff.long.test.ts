import { beforeAll, describe, expect, inject, test } from 'vitest';
import { PortalClient } from '../../support/local/portal-client.ts';
import { asStaff, day, expectInvalid, expectStaffOnly, freshKey, statuses, ownerOf } from '../money/money.ts';
import { nobody, openAccount, staffEmail, unique } from '../people.ts';
import { domainCalls, wishes } from './domain-calls.ts';

const client = new PortalClient(inject('portal'));

const asOwner = ownerOf(client);
const { addDomain, listed, setPrice } = domainCalls(client);

let staff: string;

beforeAll(async () => {
  staff = await client.token(staffEmail);
});

describe('staff', () => {
  test('add domains, each name once; nobody else does', async () => {
    const account = await openAccount(client);
    const other = await openAccount(client);
    const wish = wishes('added.dom', 100, {
      nextDueOn: day(90),
      autoRenew: true,
      locked: false,
      nameservers: ['ns1.elsewhere.test', 'ns2.elsewhere.test'],
    });
    expectStaffOnly(await asOwner(account, 'POST', '/domains', wish));
    expect(await listed(account)).toEqual([]);
    const key = freshKey();
    const added = await asStaff(client, account, 'POST', '/domains', wish, key);
    expect(added).toMatchObject({
      status: 201,
      body: { id: expect.stringMatching(/^dom_/), status: 'active', ...wish },
    });
    const again = await asStaff(client, account, 'POST', '/domains', wish, key);
    expect(again).toMatchObject({ status: 201, body: added.body });
    const otherBody = { ...wish, name: `${unique('d')}.added.dom` };
    expect((await asStaff(client, account, 'POST', '/domains', otherBody, key)).status).toBe(422);
    for (const where of [account, other])
      expect((await asStaff(client, where, 'POST', '/domains', wish)).status).toBe(409);
    expect(await listed(account)).toEqual([added.body]);
    expect(await listed(other)).toEqual([]);

    const plain = wishes('added.dom', 100);
    const answers = await Promise.all(
      [account, other].map((where) => asStaff(client, where, 'POST', '/domains', plain)),
    );
    expect(statuses(answers)).toEqual([201, 409]);
    expect(answers.find((answer) => answer.status === 201)!.body).toMatchObject({ nextDueOn: day(100) });

    const bad: [string, object][] = [
      ['expiresOn', { expiresOn: '2026-02-30' }],
      ['registeredOn', { registeredOn: '01/02/2024' }],
      ['nextDueOn', { nextDueOn: 'soon' }],
      ['name', { name: 'no-dot' }],
      ['name', { name: 'two..dots.dom' }],
      ['expiresOn', { expiresOn: undefined }],
    ];
    for (const [path, wrong] of bad)
      expectInvalid(
        await asStaff(client, account, 'POST', '/domains', { ...wishes('added.dom', 50), ...wrong }),
        path,
        JSON.stringify(wrong),
      );
  });

  test('correct dates and status, which no owner does', async () => {
    const account = await openAccount(client);
    const domain = await addDomain(account, 'corrected.dom', 100);
    const path = `/domains/${domain.id}`;
    for (const wish of [
      { expiresOn: day(4000) },
      { nextDueOn: day(4000) },
      { status: 'cancelled' },
      { locked: false, expiresOn: day(4000) },
    ])
      expectStaffOnly(await asOwner(account, 'PATCH', path, wish));
    expect((await asOwner(account, 'GET', path)).body).toEqual(domain);
    const corrected = await asStaff(client, account, 'PATCH', path, {
      expiresOn: day(200),
      nextDueOn: day(190),
    });
    expect(corrected).toMatchObject({ status: 200, body: { expiresOn: day(200), nextDueOn: day(190) } });
    await asStaff(client, account, 'PATCH', path, { status: 'transferred-away' });
    expect((await asOwner(account, 'GET', path)).body.status).toBe('transferred-away');
    await asStaff(client, account, 'PATCH', path, { status: 'active' });
    expect((await asOwner(account, 'GET', path)).body).toEqual(corrected.body);
    for (const wrong of [{ status: 'redemption' }, { status: 'expired' }, { expiresOn: '2027-02-29' }])
      expectInvalid(await asStaff(client, account, 'PATCH', path, wrong), undefined, JSON.stringify(wrong));
  });

  test('set what a TLD costs, and nobody else reads or sets it there', async () => {
    const tld = 'priced.dom';
    const account = await openAccount(client);
    const path = `/v1/staff/domain-prices/${tld}`;
    await setPrice(tld, { graceFee: 70 });
    const read = await client.call(staff, 'GET', path);
    expect(read).toMatchObject({
      status: 200,
      body: { tld, prices: { GBP: { years: { 1: 1000 }, graceFee: 70 } }, upcoming: [] },
    });
    const body = { prices: { GBP: { years: { 1: 5 } } } };
    const bad: object[] = [
      { prices: {} },
      { prices: { pounds: { years: { 1: 5 } } } },
      ...[{ 11: 5 }, { 1: -5 }, { 1: 1.5 }, {}].map((years) => ({ prices: { GBP: { years } } })),
      { prices: { GBP: { years: { 1: 5 }, graceFee: -1 } } },
      { currency: 'GBP' },
      { minYears: 0 },
      { minYears: 3, maxYears: 2 },
      { from: 'tomorrow' },
    ];
    for (const wrong of bad)
      expectInvalid(
        await client.call(staff, 'PUT', path, { ...body, ...wrong }),
        undefined,
        JSON.stringify(wrong),
      );
    for (const method of ['GET', 'PUT'])
      expectStaffOnly(
        await client.call(account.owner.token, method, path, method === 'PUT' ? body : undefined),
      );
    expect((await client.call(nobody, 'GET', path)).status).toBe(401);
    expect((await client.call(staff, 'GET', path)).body).toMatchObject({
      prices: { GBP: { years: { 1: 1000 }, graceFee: 70 } },
    });
  });

  test('set a price with If-Match only over the one that they read', async () => {
    const path = '/v1/staff/domain-prices/overwritten.dom';
    await setPrice('overwritten.dom');
    const stale = (await client.call(staff, 'GET', path)).headers.get('etag')!;
    await setPrice('overwritten.dom', { graceFee: 80 });
    const body = { prices: { GBP: { years: { 1: 5 } } } };
    expect(stale).toBeTruthy();
    expect((await client.call(staff, 'PUT', path, body, { 'if-match': stale })).status).toBe(412);
    expect((await client.call(staff, 'GET', path)).body).toMatchObject({
      prices: { GBP: { years: { 1: 1000 }, graceFee: 80 } },
    });
  });
});
