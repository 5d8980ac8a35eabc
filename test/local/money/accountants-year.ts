import { expect } from 'vitest';
import type { Answered, PortalClient } from '../../support/local/portal-client.ts';
import { type Account, allOf, type Json, openAccount, password, staffEmail } from '../people.ts';
import { begin, gbp, once, press } from './money.ts';

/** What no other account of the cloud has, so that the lines of the tax report are these clients’ alone. */
const rates = { home: '17.3', abroad: '21.7' };
const taxRules = [
  { country: 'LU', rate: rates.home, from: '2000-01-01' },
  { country: 'FR', rate: rates.abroad, from: '2000-01-01' },
  {
    country: 'FR',
    business: true,
    rate: '0',
    words: 'Reverse charge: {buyerTaxId} owes the tax to {sellerTaxId}',
    from: '2000-01-01',
  },
];

/**
 * Walks through a year that is to come, month by month, with three clients: at home, a business abroad, a consumer abroad.
 * In the end statement, tax report, receivables and journal say the same to the cent.
 */
export async function accountantsYear(
  client: PortalClient,
  moveClock: (now: string) => Promise<void>,
): Promise<void> {
  const year = new Date().getUTCFullYear() + 1;
  const days = { from: `${year}-01-01`, to: `${year}-12-31` };
  let staff = '';
  const ask = (method: string, path: string, body?: unknown): Promise<Answered> =>
    client.call(staff, method, path, body);
  const done = async (method: string, path: string, body?: unknown): Promise<Json> => {
    const answer = await ask(method, path, body);
    expect([path, answer.status, answer.body]).toEqual([
      path,
      expect.toBeOneOf([200, 201]),
      expect.anything(),
    ]);
    return answer.body;
  };
  const { password: staffPassword } = client.portal.users.find(({ email }) => email === staffEmail)!;
  const clients: Account[] = [];
  /** Tokens are of their time. */
  const on = async (day: string): Promise<void> => {
    await moveClock(`${year}-${day}T10:00:00Z`);
    staff = await client.signIn(staffEmail, staffPassword);
    for (const each of clients) each.owner.token = await client.signIn(each.owner.email, password);
  };
  const sell = async (account: Account, amount: number): Promise<Json> => {
    const lines = [{ description: 'Hosting', quantity: 1, unitPrice: gbp(amount) }];
    return done('POST', `${account.path}/invoices`, { lines, dueOn: `${year}-12-01` });
  };
  const received = (amount: number, reference: string, day: string) => ({
    amount: gbp(amount),
    method: 'bank-transfer',
    reference,
    receivedOn: `${year}-${day}`,
  });
  const query = new URLSearchParams(days).toString();
  const settings = (body: object) => done('PUT', '/v1/staff/settings', body);

  await on('01-05');
  await settings({ 'tax.rules': taxRules, 'provider.taxId': 'LU12345678' });
  for (const address of [{ country: 'LU' }, { country: 'FR' }, { country: 'FR' }]) {
    const account = await openAccount(client);
    clients.push(account);
    await done('PATCH', account.path, { address });
  }
  const [home, business, consumer] = clients as [Account, Account, Account];
  await done('PATCH', business.path, { taxId: 'FR83404833048' });
  await client.until(async () => (await done('GET', business.path)).taxIdCheck?.state === 'valid');

  // Sales at home, to a business and to a consumer abroad.
  const sale = await sell(home, 10_000);
  expect([sale.tax, sale.total]).toEqual([gbp(1_730), gbp(11_730)]);
  const reversed = await sell(business, 20_000);
  expect(reversed).toMatchObject({ tax: gbp(0), buyer: { taxId: 'FR83404833048' } });
  const abroad = await sell(consumer, 5_005);
  // 1086.085 of a penny’s hundredths: rounded half away from zero.
  expect(abroad.tax).toEqual(gbp(1_086));

  await on('02-10');
  await done('POST', `${home.path}/invoices/${sale.id}/payments`, received(5_000, 'Part', '02-09'));
  await done('POST', `${consumer.path}/payments`, received(6_091, 'All', '02-10'));
  const { id: paying, page } = await begin(client, business, [reversed.id]);
  await press(page, 'pay');
  await once(client, business, paying, 'succeeded');

  await on('03-15');
  const note = await done('POST', `${home.path}/invoices/${sale.id}/credit-notes`, {
    amount: gbp(3_000),
    reason: 'An outage',
  });
  expect(note).toMatchObject({ total: gbp(3_000), back: gbp(0) });

  await on('04-20');
  const [payment] = await allOf(client, consumer.owner.token, `${consumer.path}/payments`);
  await done('POST', `${consumer.path}/payments/${payment!.id}/refunds`, {
    amount: gbp(1_000),
    reason: 'Sorry',
  });

  await on('05-20');
  await settings({ 'books.closedUntil': `${year}-04-30` });
  for (const amount of [1_000, 2_000, 3_000]) await sell(home, amount);
  const late = await ask('POST', `${home.path}/payments`, received(1, 'Late', '04-30'));
  expect(late).toMatchObject({ status: 400, body: { errors: [{ path: 'receivedOn' }] } });
  const { balance: open } = await done('GET', `${home.path}/invoices/${sale.id}`);
  const owed = open.amount + 1_173 + 2_346 + 3_519;
  // One payment for all that is open, and a pound too much.
  await done('POST', `${home.path}/payments`, received(owed + 100, 'Sum', '05-18'));
  await sell(home, 777);

  // The business’s bank takes its money back: it is owed again.
  await on('06-10');
  for (const [button, status] of [
    ['dispute', 'disputed'],
    ['lose', 'charged-back'],
  ] as const) {
    await press(page, button);
    await client.until(async () => {
      const [taken] = await allOf(client, business.owner.token, `${business.path}/payments`);
      return taken!.status === status;
    });
  }
  expect(await done('GET', `${business.path}/invoices/${reversed.id}`)).toMatchObject({
    status: 'unpaid',
    balance: gbp(20_000),
  });

  await on('12-31');
  const entries = (await allOf(client, staff, `/v1/staff/reports/journal?${query}`)).filter(({ accountId }) =>
    clients.some(({ id }) => id === accountId),
  );
  const booked = (ledger: string, ofAccount?: Account): number =>
    entries
      .filter(({ accountId }) => ofAccount === undefined || accountId === ofAccount.id)
      .flatMap(({ postings }) => postings)
      .filter((posting: Json) => posting.ledger === ledger)
      .reduce((all: number, { amount }: Json) => all + amount.amount, 0);

  const { taxes } = await done('GET', `/v1/staff/reports/tax?${query}`);
  const ours = taxes.filter(({ country }: Json) => country === 'LU' || country === 'FR');
  expect(ours.map(({ rate, country }: Json) => [country, rate])).toEqual([
    ['FR', '0'],
    ['LU', rates.home],
    ['FR', rates.abroad],
  ]);
  const sum = (what: 'net' | 'tax') => ours.reduce((all: number, each: Json) => all + each[what].amount, 0);
  expect([sum('tax'), sum('net')]).toEqual([-booked('tax'), -booked('revenue')]);

  const receivables = await allOf(client, staff, `/v1/staff/reports/receivables?to=${days.to}`);
  for (const account of clients) {
    const statement = (await client.call(account.owner.token, 'GET', `${account.path}/statement?${query}`))
      .body;
    const owes = booked('receivable', account);
    expect(statement.opening).toEqual(gbp(0));
    expect(statement.closing).toEqual(gbp(owes + booked('credit', account) + booked('unallocated', account)));
    expect(booked('unallocated', account)).toBe(0);
    const { balance } = (await client.call(account.owner.token, 'GET', `${account.path}/credit`)).body;
    expect(booked('credit', account) + balance.amount).toBe(0);
    const item = receivables.find(({ accountId }) => accountId === account.id);
    expect(item?.total.amount ?? 0).toBe(owes);
  }
  expect([booked('receivable', home), booked('credit', home)]).toEqual([911, -100]);
  expect(booked('receivable', business)).toBe(20_000);
  expect(await tableOf(client, staff, `/v1/staff/reports/tax?${query}`)).toContain('GBP,17.3,LU,');
}

async function tableOf(client: PortalClient, token: string, path: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, accept: 'text/csv' };
  const answer = await fetch(`${client.portal.apiUrl}${path}`, { headers });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/csv']);
  return answer.text();
}

/** Leaves the settings as they were for whoever comes next. */
export async function afterTheYear(client: PortalClient): Promise<void> {
  const staff = await client.token(staffEmail);
  await client.call(staff, 'PUT', '/v1/staff/settings', {
    'tax.rules': [],
    'provider.taxId': '',
    'books.closedUntil': null,
  });
}
