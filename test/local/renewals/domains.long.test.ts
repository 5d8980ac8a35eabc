import { beforeAll, describe, expect, inject, test } from 'vitest';
import { type Answered, PortalClient } from '../../support/local/portal-client.ts';
import {
  asStaff,
  day,
  expectExplained,
  expectInvalid,
  expectStaffOnly,
  freshKey,
  gbp,
  statuses,
  ownerOf,
} from '../money/money.ts';
import {
  type Account,
  activityOf,
  addSubAccount,
  allOf,
  type Json,
  nobody,
  openAccount,
  problemType,
  sorted,
  staffEmail,
  unique,
} from '../people.ts';

const client = new PortalClient(inject('portal'));

let staff: string;

beforeAll(async () => {
  staff = await client.token(staffEmail);
});

/** Sets what a TLD costs, a year a thousand. */
async function setPrice(tld: string, more: object = {}): Promise<Answered> {
  const set = await client.call(staff, 'PUT', `/v1/staff/domain-prices/${tld}`, {
    currency: 'GBP',
    years: { 1: 1000, 2: 2000, 3: 3000 },
    minYears: 1,
    maxYears: 10,
    maxTermYears: 10,
    maxAdvanceDays: 365,
    graceDays: 10,
    graceFee: 0,
    redemptionDays: 20,
    redemptionFee: 0,
    ...more,
  });
  expect(set.status, JSON.stringify(set.body)).toBe(200);
  return set;
}

const wishes = (tld: string, offset: number, more: object = {}): Json => ({
  name: `${unique('d')}.${tld}`,
  registeredOn: day(-700),
  expiresOn: day(offset),
  autoRenew: false,
  ...more,
});

/** A domain that expires so many days from today. */
async function addDomain(account: Account, tld: string, offset: number, more: object = {}): Promise<Json> {
  const added = await asStaff(client, account, 'POST', '/domains', wishes(tld, offset, more));
  expect(added.status, JSON.stringify(added.body)).toBe(201);
  return added.body;
}

const asOwner = ownerOf(client);

const listed = (account: Account, query = ''): Promise<Json[]> =>
  allOf(client, account.owner.token, `${account.path}/domains${query}`);

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
      body: { tld, years: { 1: 1000 }, graceFee: 70, upcoming: [] },
    });
    const body = { currency: 'GBP', years: { 1: 5 } };
    const bad: object[] = [
      { currency: 'pounds' },
      { years: { 11: 5 } },
      { years: { 1: -5 } },
      { years: { 1: 1.5 } },
      { years: {} },
      { minYears: 0 },
      { minYears: 3, maxYears: 2 },
      { graceFee: -1 },
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
    expect((await client.call(staff, 'GET', path)).body).toMatchObject({ years: { 1: 1000 }, graceFee: 70 });
  });

  test('set a price with If-Match only over the one that they read', async () => {
    const path = '/v1/staff/domain-prices/overwritten.dom';
    await setPrice('overwritten.dom');
    const stale = (await client.call(staff, 'GET', path)).headers.get('etag')!;
    await setPrice('overwritten.dom', { graceFee: 80 });
    const body = { currency: 'GBP', years: { 1: 5 } };
    expect(stale).toBeTruthy();
    expect((await client.call(staff, 'PUT', path, body, { 'if-match': stale })).status).toBe(412);
    expect((await client.call(staff, 'GET', path)).body).toMatchObject({ years: { 1: 1000 }, graceFee: 80 });
  });
});

describe('the renewals of an account', () => {
  const renewals = async (account: Account): Promise<Map<string, Json>> => {
    const items = await allOf(client, account.owner.token, `${account.path}/domain-renewals`);
    return new Map(items.map((item) => [item.domainId, item]));
  };

  const yearsOf = (item: Json): number[] => item.options.map((option: Json) => option.years);

  test('say what each year costs, with the fees of being late; a fee of zero is zero', async () => {
    const account = await openAccount(client);
    await setPrice('fees.dom', { graceFee: 500, redemptionFee: 7000 });
    await setPrice('free.dom', { years: { 1: 1000, 2: 0 } });
    const add = (tld: string, offset: number): Promise<Json> => addDomain(account, tld, offset);
    const [active, today, expired, redeemed, freely, redeemedFreely] = await Promise.all([
      add('fees.dom', 30),
      add('fees.dom', 0),
      add('fees.dom', -5),
      add('fees.dom', -15),
      add('free.dom', -5),
      add('free.dom', -15),
    ]);
    const items = await renewals(account);
    const expected: [Json, string, number, [string, number] | null][] = [
      [active, 'active', 30, null],
      [today, 'active', 0, null],
      [expired, 'expired', -5, ['graceFee', 500]],
      [redeemed, 'redemption', -15, ['redemptionFee', 7000]],
      [freely, 'expired', -5, ['graceFee', 0]],
      [redeemedFreely, 'redemption', -15, ['redemptionFee', 0]],
    ];
    expect(items.size).toBe(expected.length);
    for (const [domain, status, daysUntilExpiry, fee] of expected) {
      const item = items.get(domain.id);
      const { name, expiresOn, nextDueOn } = domain;
      expect(item, name).toMatchObject({
        name,
        status,
        expiresOn,
        nextDueOn,
        daysUntilExpiry,
        renewable: true,
      });
      const prices = name.endsWith('fees.dom') ? { 1: 1000, 2: 2000, 3: 3000 } : { 1: 1000, 2: 0 };
      expect(item.options, name).toEqual(
        Object.entries(prices).map(([years, price]) => ({
          years: Number(years),
          price: gbp(price),
          ...(fee === null ? {} : { [fee[0]]: gbp(fee[1]) }),
          total: gbp(price + (fee?.[1] ?? 0)),
        })),
      );
    }
  });

  test('are offered within the years and the term of the TLD', async () => {
    const account = await openAccount(client);
    const years = Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [index + 1, (index + 1) * 100]),
    );
    await setPrice('range.dom', { years, minYears: 2, maxYears: 5 });
    await setPrice('term.dom', { years, maxTermYears: 3 });
    const ranged = await addDomain(account, 'range.dom', 30);
    const termed = await addDomain(account, 'term.dom', 30);
    const items = await renewals(account);
    expect(yearsOf(items.get(ranged.id))).toEqual([2, 3, 4, 5]);
    expect(yearsOf(items.get(termed.id))).toEqual([1, 2]);
  });

  test('say why a domain is not renewable, and leave out what cannot be at all', async () => {
    const account = await openAccount(client);
    await setPrice('early.dom', { maxAdvanceDays: 60 });
    const early = await addDomain(account, 'early.dom', 61);
    const intime = await addDomain(account, 'early.dom', 60);
    const late = await addDomain(account, 'early.dom', -31);
    const unpriced = await addDomain(account, 'unpriced.dom', 30);
    const gone = await addDomain(account, 'early.dom', 30);
    await asStaff(client, account, 'PATCH', `/domains/${gone.id}`, { status: 'transferred-away' });
    const items = await renewals(account);
    expect(items.get(intime.id)).toMatchObject({ renewable: true });
    expect(items.get(intime.id)).not.toHaveProperty('reason');
    expect(items.get(early.id)).toMatchObject({ renewable: false, reason: 'too-early', daysUntilExpiry: 61 });
    expect(items.get(unpriced.id)).toMatchObject({ renewable: false, reason: 'not-renewable' });
    expect(items.has(gone.id)).toBe(false);
    if (items.has(late.id))
      expect(items.get(late.id)).toMatchObject({ renewable: false, reason: 'past-redemption' });
    for (const refused of [early, late, unpriced, gone])
      expectInvalid(
        await asOwner(account, 'POST', '/cart/domain-renewals', {
          renewals: [{ domainId: refused.id, years: 1 }],
        }),
        'renewals.0.domainId',
        refused.name,
      );
  });

  test('cost what is said for the day: a price from a later day is upcoming until then', async () => {
    const account = await openAccount(client);
    const tld = 'dated.dom';
    await setPrice(tld);
    const { id } = await addDomain(account, tld, 30);
    const raised = await setPrice(tld, { years: { 1: 1500, 2: 2900 }, from: day(20) });
    expect(raised.body).toMatchObject({
      years: { 1: 1000 },
      upcoming: [{ years: { 1: 1500, 2: 2900 }, from: day(20) }],
    });
    const { options } = (await renewals(account)).get(id);
    expect(options[0]).toEqual({
      years: 1,
      price: gbp(1000),
      total: gbp(1000),
      changesOn: day(20),
      totalThen: gbp(1500),
    });
    await setPrice(tld, { years: { 1: 1100 }, from: day(0) });
    expect((await renewals(account)).get(id).options[0]).toMatchObject({ years: 1, total: gbp(1100) });
  });

  test('are for who may order', async () => {
    const account = await openAccount(client);
    const buyer = await addSubAccount(client, account, ['orders']);
    const viewer = await addSubAccount(client, account, ['domains', 'manage-domains']);
    const stranger = await openAccount(client);
    const path = `${account.path}/domain-renewals`;
    expect((await client.call(buyer.token, 'GET', path)).body).toEqual({ items: [], nextCursor: null });
    expectExplained(await client.call(viewer.token, 'GET', path), 'orders');
    expect((await client.call(stranger.owner.token, 'GET', path)).status).toBe(404);
    expect((await client.call(nobody, 'GET', path)).status).toBe(401);
  });
});
