import { describe, expect, inject, test } from 'vitest';
import { PortalClient } from '../../support/local/portal-client.ts';
import { asStaff, day, expectExplained, expectInvalid, gbp, ownerOf } from '../money/money.ts';
import { type Account, addSubAccount, allOf, type Json, nobody, openAccount } from '../people.ts';
import { domainCalls } from './domain-calls.ts';

const client = new PortalClient(inject('portal'));

const asOwner = ownerOf(client);
const { addDomain, setPrice } = domainCalls(client);

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
      prices: { GBP: { years: { 1: 1000 } } },
      upcoming: [{ prices: { GBP: { years: { 1: 1500, 2: 2900 } } }, from: day(20) }],
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
