import { beforeEach, describe, expect, test } from 'vitest';
import { interrupt } from '../../support/faults/stoppages.ts';
import { type Family, family, type Member } from './linked-portal.ts';

let here: Family;
let dollars: Member;

beforeEach(async () => {
  here = await family();
  dollars = await here.join('Dollars', { currency: 'USD' });
});

const usd = (amount: number) => ({ amount, currency: 'USD' });
const currencyOf = async (account: Member) => (await here.portal.people.account(account.id))!.currency;
const change = (account: Member, currency: string) => here.staff('PATCH', account.base, { currency });
const credited = (account: Member) =>
  here.staff('POST', `${account.base}/credit`, { amount: usd(100), reason: 'Goodwill' });

describe('an account that is linked to one with another currency', () => {
  const effects = { currency: { before: 'USD', after: 'GBP' } };

  test('has that one’s from then on, which a dry run says and does not do', async () => {
    const dry = await here.link(dollars, here.main, 'aggregated', { dryRun: 'true' });
    expect(dry).toMatchObject({ status: 200, body: { dryRun: true, effects } });
    expect(await currencyOf(dollars)).toBe('USD');
    expect(await here.link(dollars, here.main, 'aggregated')).toMatchObject({
      status: 200,
      body: { effects },
    });
    expect(await currencyOf(dollars)).toBe('GBP');
    const { items } = (await dollars.get('/activity')).body;
    expect(items).toContainEqual(
      expect.objectContaining({ after: expect.objectContaining({ currency: 'GBP' }) }),
    );
    await here.orderedFor(here.main, dollars);
    await here.agree();
  });

  test('is refused while anything of it is open in its own, a dry run too, and says what', async () => {
    await credited(dollars);
    for (const dryRun of ['true', 'false']) {
      const refused = await here.link(dollars, here.main, 'independent', { dryRun });
      expect(refused).toMatchObject({ status: 409, body: { open: ['credit'] } });
      expect(refused.body.detail).toContain('USD');
    }
    expect(await here.account(dollars)).toMatchObject({ mainAccountId: null, currency: 'USD' });
    expect(await here.account(here.main)).toMatchObject({ linkedAccounts: 3 });
  });

  test('is refused where something of it is begun at that moment', async () => {
    for (let nth = 1; ; nth++) {
      here = await family();
      dollars = await here.join('Dollars', { currency: 'USD' });
      const link = () => here.link(dollars, here.main, 'aggregated');
      const { acted, other } = await interrupt(here.portal, nth, link, () => credited(dollars));
      const { balance, otherBalances } = (await dollars.get('/credit')).body;
      expect([nth, otherBalances]).toEqual([nth, []]);
      const isLinked = acted.status === 200;
      expect([nth, balance.currency, other?.came.status ?? 400]).toEqual([
        nth,
        isLinked ? 'GBP' : 'USD',
        isLinked ? 400 : 201,
      ]);
      if (!other) break;
    }
  });

  test('in the same currency changes nothing', async () => {
    const linked = await here.link(here.stranger, here.main, 'aggregated');
    expect(linked.body.effects.currency).toBeNull();
  });
});

describe('the currency of a linked account', () => {
  test('is its main account’s, of whichever kind the link is', async () => {
    for (const account of [here.north, here.west]) {
      const refused = await change(account, 'EUR');
      expect(refused.status).toBe(409);
      expect(refused.body.detail).toContain('linked');
      expect(await currencyOf(account)).toBe('GBP');
    }
  });

  test('changes with that of its main account, and all their owners are told', async () => {
    expect((await change(here.main, 'EUR')).status).toBe(200);
    for (const account of [here.main, here.north, here.west, here.south]) {
      expect(await currencyOf(account)).toBe('EUR');
    }
    await here.portal.deliver();
    const told = here.portal.mails.flatMap(({ destinations }) => destinations);
    expect(told.toSorted()).toEqual(['main', 'north', 'south', 'west'].map((name) => `owner@${name}.test`));
    expect(await currencyOf(here.stranger)).toBe('GBP');
  });

  test('changes along where the list of linked accounts lags behind for a moment', async () => {
    const { table } = here.portal;
    const query = table.query.bind(table);
    let lagging = 2;
    table.query = async (asked) => {
      const page = await query(asked);
      if (!asked.pk.startsWith('LINKED-TO#') || lagging-- <= 0) return page;
      return { items: page.items.slice(1), next: null };
    };
    expect((await change(here.main, 'EUR')).status).toBe(200);
    for (const account of [here.north, here.west, here.south]) expect(await currencyOf(account)).toBe('EUR');
  });

  test('keeps its main account in it while anything of one of them is open', async () => {
    await here.service(here.west);
    const refused = await change(here.main, 'EUR');
    expect(refused).toMatchObject({ status: 409, body: { open: ['services'] } });
    expect(refused.body.detail).toContain('West');
    expect(await currencyOf(here.north)).toBe('GBP');
  });

  test('is one with its main account’s after a link and a change at once, whichever is interrupted', async () => {
    for (let nth = 1; ; nth++) {
      here = await family();
      const link = () => here.link(here.stranger, here.main, 'aggregated');
      const { other } = await interrupt(here.portal, nth, () => change(here.main, 'EUR'), link);
      const linked = [here.north, here.west, here.south, here.stranger];
      const currencies = await Promise.all([here.main, ...linked].map(currencyOf));
      if (!other) break;
      expect([nth, new Set(currencies).size]).toEqual([nth, 1]);
    }
  });

  test('is left alone with more linked accounts than change in one go', async () => {
    for (let made = 3; made < 21; made++) {
      const account = await here.join(`Further${made}`);
      expect((await here.link(account, here.main, 'independent')).status).toBe(200);
    }
    const refused = await change(here.main, 'EUR');
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('21 linked accounts');
    const last = (await here.linked(here.main)).at(-1)!;
    await here.staff('DELETE', `/v1/staff/accounts/${last.id}/main-account`);
    expect((await change(here.main, 'EUR')).status).toBe(200);
  });
});
