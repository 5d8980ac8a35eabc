import { beforeEach, describe, expect, test } from 'vitest';
import { type Family, family, type Member } from './linked-portal.ts';

let here: Family;

beforeEach(async () => {
  here = await family();
});

const nothing = { invoices: [], orders: [], services: [], domains: [] };
const activity = async (account: Member) => (await account.get('/activity')).body.items;

/** All that a refused link must leave as it was. */
async function links(): Promise<unknown> {
  const { body } = await here.staff('GET', '/v1/staff/accounts');
  return body.items.map(({ id, mainAccountId, linkKind, linkedAccounts }: any) => ({
    id,
    mainAccountId,
    linkKind,
    linkedAccounts,
  }));
}

describe('linking', () => {
  test('says where the account was and where it is now', async () => {
    const linked = await here.link(here.stranger, here.main, 'independent');
    expect(linked).toMatchObject({
      status: 200,
      body: {
        accountId: here.stranger.id,
        dryRun: false,
        before: null,
        after: { mainAccountId: here.main.id, mainAccountName: 'Main', kind: 'independent' },
        effects: nothing,
      },
    });
    expect(await here.account(here.stranger)).toMatchObject({
      mainAccountId: here.main.id,
      linkKind: 'independent',
      linkedAccounts: 0,
    });
    expect(await here.account(here.main)).toMatchObject({ mainAccountId: null, linkedAccounts: 4 });
  });

  test('again with the other kind changes the kind', async () => {
    const changed = await here.link(here.north, here.main, 'independent');
    expect(changed).toMatchObject({
      status: 200,
      body: { before: { kind: 'aggregated' }, after: { mainAccountId: here.main.id, kind: 'independent' } },
    });
    expect(await here.account(here.north)).toMatchObject({ linkKind: 'independent' });
    expect(await here.account(here.main)).toMatchObject({ linkedAccounts: 3 });
    const north = (await here.linked(here.main)).find(({ id }) => id === here.north.id);
    expect(north).toMatchObject({ kind: 'independent' });
  });

  test('is undone by unlinking, after which the account may be linked to another one', async () => {
    expect(await here.unlink(here.north)).toMatchObject({
      status: 200,
      body: { dryRun: false, before: { mainAccountId: here.main.id, kind: 'aggregated' }, after: null },
    });
    expect(await here.account(here.north)).toMatchObject({ mainAccountId: null, linkKind: null });
    expect((await here.linked(here.main)).map(({ name }) => name)).toEqual(['South', 'West']);
    expect(await here.link(here.north, here.stranger, 'aggregated')).toMatchObject({ status: 200 });
    expect(await here.account(here.stranger)).toMatchObject({ linkedAccounts: 1 });
  });

  test.each(['true', 'false'])('with dryRun=%s says the same; true does nothing of it', async (dryRun) => {
    const tables = { before: here.portal.table.all(), after: [] as unknown[] };
    const said = await here.link(here.stranger, here.main, 'aggregated', { dryRun });
    const after = { mainAccountId: here.main.id, mainAccountName: 'Main', kind: 'aggregated' };
    expect(said).toMatchObject({ status: 200, body: { dryRun: dryRun === 'true', before: null, after } });
    const unlinked = await here.unlink(here.north, { dryRun });
    expect(unlinked).toMatchObject({ status: 200, body: { dryRun: dryRun === 'true', after: null } });
    tables.after = here.portal.table.all();
    const names = (await here.linked(here.main)).map(({ name }) => name);
    if (dryRun === 'true') {
      expect(tables.after).toEqual(tables.before);
      expect(names).toEqual(['North', 'South', 'West']);
    } else expect(names).toEqual(['South', 'Stranger', 'West']);
  });

  test('and unlinking stand in the activity of both accounts, by whom, with before and after', async () => {
    const counts = async () => [(await activity(here.main)).length, (await activity(here.stranger)).length];
    const [ofMain, ofStranger] = await counts();
    await here.link(here.stranger, here.main, 'aggregated');
    expect(await counts()).toEqual([ofMain! + 1, ofStranger! + 1]);
    const [linked] = await activity(here.stranger);
    expect(linked).toMatchObject({ actor: { kind: 'staff' } });
    expect(JSON.stringify(linked.after)).toContain(here.main.id);
    await here.unlink(here.stranger);
    expect(await counts()).toEqual([ofMain! + 2, ofStranger! + 2]);
    const [unlinked] = await activity(here.stranger);
    expect(JSON.stringify(unlinked.before)).toContain(here.main.id);
  });

  test('is staff’s alone', async () => {
    const path = `/v1/staff/accounts/${here.stranger.id}/main-account`;
    const body = { mainAccountId: here.main.id, kind: 'aggregated' };
    for (const { ownerId } of [here.main, here.stranger]) {
      expect((await here.portal.call(ownerId, 'PUT', path, { body })).status).toBe(403);
    }
    const own = `/v1/staff/accounts/${here.north.id}/main-account`;
    expect((await here.portal.call(here.north.ownerId, 'DELETE', own)).status).toBe(403);
    expect(await here.account(here.north)).toMatchObject({ mainAccountId: here.main.id });
  });
});

describe('a link that cannot be', () => {
  interface Wrong {
    name: string;
    status: number;
    link: (of: Family) => [{ id: string }, { id: string }];
  }
  const wrong: Wrong[] = [
    { name: 'to itself', status: 400, link: (of) => [of.stranger, of.stranger] },
    { name: 'to a missing account', status: 400, link: (of) => [of.stranger, { id: 'acct_none' }] },
    { name: 'of a missing account', status: 404, link: (of) => [{ id: 'acct_none' }, of.main] },
    { name: 'to a second main account', status: 409, link: (of) => [of.north, of.stranger] },
    { name: 'beneath a linked account', status: 409, link: (of) => [of.stranger, of.north] },
    { name: 'of one that has accounts beneath it', status: 409, link: (of) => [of.main, of.stranger] },
    { name: 'in a circle', status: 409, link: (of) => [of.main, of.north] },
  ];

  test.each(wrong)('$name is $status, tried or done, and nothing is written', async ({ status, link }) => {
    const before = await links();
    const [account, main] = link(here);
    for (const kind of ['aggregated', 'independent']) {
      for (const dryRun of ['true', 'false']) {
        expect((await here.link(account, main, kind, { dryRun })).status).toBe(status);
      }
    }
    expect(await links()).toEqual(before);
  });

  test('is of no other kind than the two', async () => {
    expect((await here.link(here.stranger, here.main, 'loose')).status).toBe(400);
    expect(await here.account(here.stranger)).toMatchObject({ mainAccountId: null });
  });

  test('two at once never make a second main account, a second level or a circle', async () => {
    const [a, b, c] = [await here.join('A'), await here.join('B'), await here.join('C')];
    const once = async (...tries: [Member, Member][]) => {
      const answers = await Promise.all(tries.map(([beneath, of]) => here.link(beneath, of, 'aggregated')));
      expect(answers.map(({ status }) => status).toSorted((x, y) => x - y)).toEqual([200, 409]);
      for (const member of [a, b, c]) {
        const { mainAccountId, linkedAccounts } = await here.account(member);
        expect(mainAccountId === null || linkedAccounts === 0).toBe(true);
        if (mainAccountId !== null) expect((await here.unlink(member)).status).toBe(200);
      }
    };
    await once([a, b], [a, c]);
    await once([a, b], [b, c]);
    await once([a, b], [b, a]);
  });
});

describe('what linking does to what is open', () => {
  test('services and domains are billed to the main account from their next period on', async () => {
    const service = await here.service(here.stranger);
    const domain = await here.domain(here.stranger, 'one', '2026-05-11');
    const effects = (billedTo: string) => ({
      services: [{ id: service.id, name: 'Basic (monthly)', nextDueOn: '2026-04-01', billedTo }],
      domains: [{ id: domain.id, name: 'one.com', nextDueOn: '2026-05-11', billedTo }],
    });
    const dryRun = { dryRun: 'true' };
    const independent = await here.link(here.stranger, here.main, 'independent', dryRun);
    expect(independent.body.effects).toMatchObject(effects(here.stranger.id));
    const tried = await here.link(here.stranger, here.main, 'aggregated', dryRun);
    expect(tried.body.effects).toMatchObject(effects(here.main.id));
    const linked = await here.link(here.stranger, here.main, 'aggregated');
    expect(linked.body.effects).toEqual(tried.body.effects);
    expect((await here.unlink(here.stranger, dryRun)).body.effects).toMatchObject(effects(here.stranger.id));
  });

  test('invoices stay with the account that owes them', async () => {
    await here.service(here.stranger);
    here.at('2026-03-20');
    await here.portal.renew();
    const [invoice] = await here.invoices(here.stranger, { status: 'unpaid' });
    const linked = await here.link(here.stranger, here.main, 'aggregated');
    expect(linked.body.effects.invoices).toMatchObject([
      { id: invoice.id, number: invoice.number, balance: invoice.balance, owedBy: here.stranger.id },
    ]);
    expect(await here.invoices(here.stranger)).toMatchObject([{ id: invoice.id, status: 'unpaid' }]);
    expect(await here.invoices(here.main)).toEqual([]);
  });

  test('what the main account owes for it stays with the main account when it leaves', async () => {
    const { order } = await here.ordered(here.north);
    const pay = { paymentMethod: 'bank-transfer' };
    const approved = await here.decide(here.main.ownerId, here.main, order.id, 'approve', pay);
    const { invoice } = approved.body;
    const left = await here.unlink(here.north);
    expect(left.body.effects).toMatchObject({
      invoices: [{ id: invoice.id, owedBy: here.main.id }],
      orders: [{ id: order.id, status: 'awaiting-payment', becomes: 'awaiting-payment' }],
    });
    expect(await here.invoices(here.main)).toMatchObject([{ id: invoice.id, status: 'unpaid' }]);
    expect(await here.invoices(here.north)).toEqual([]);
    await here.paid(here.main, invoice);
    expect(await here.orders(here.north)).toMatchObject([{ id: order.id, status: 'awaiting-activation' }]);
  });

  const leaving: [string, (query?: Record<string, string>) => ReturnType<Family['unlink']>][] = [
    ['unlinking', (query) => here.unlink(here.north, query)],
    ['becoming independent', (query) => here.link(here.north, here.main, 'independent', query)],
  ];

  test.each(leaving)('%s cancels the orders that wait for the main account, told first', async (_, leave) => {
    const { order } = await here.ordered(here.north);
    const told = await leave({ dryRun: 'true' });
    const effects = [{ id: order.id, status: 'awaiting-main-account', becomes: 'cancelled' }];
    expect(told.body.effects.orders).toEqual(effects);
    expect(await here.orders(here.north)).toMatchObject([{ id: order.id, status: 'awaiting-main-account' }]);
    expect((await leave()).body.effects.orders).toEqual(effects);
    expect(await here.orders(here.north)).toMatchObject([{ id: order.id, status: 'cancelled' }]);
    await here.give(here.main, 3720);
    const pay = { paymentMethod: 'credit' };
    for (const account of [here.main, here.north]) {
      const late = await here.decide(here.main.ownerId, account, order.id, 'approve', pay);
      expect(late.status).toBeGreaterThanOrEqual(400);
    }
    expect(await here.invoices(here.main)).toEqual([]);
    expect(await here.credit(here.main)).toBe(3720);
    await here.agree();
  });

  test('an order that is approved while the account leaves is either paid for or cancelled', async () => {
    const { order } = await here.ordered(here.north);
    await here.give(here.main, 3720);
    const pay = { paymentMethod: 'credit' };
    const [left, approved] = await Promise.all([
      here.unlink(here.north),
      here.decide(here.main.ownerId, here.main, order.id, 'approve', pay),
    ]);
    expect(left.status).toBe(200);
    const [{ status }] = (await here.orders(here.north)) as [any];
    expect(status === 'cancelled').toBe(approved.status >= 400);
    expect(await here.credit(here.main)).toBe(approved.status >= 400 ? 3720 : 0);
    await here.agree();
  });
});
