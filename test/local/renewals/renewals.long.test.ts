import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningPortal, startPortal } from '../../../infra/portal/portal.ts';
import { type Answered, type Mailed, PortalClient } from '../../support/local/portal-client.ts';
import {
  adjustCredit,
  asStaff,
  creditOf,
  day,
  expectInvalid,
  expectStaffOnly,
  freshKey,
  gbp,
  payAll,
  readInvoice,
} from '../money/money.ts';
import {
  type Account,
  addContact,
  allOf,
  type Json,
  nobody,
  openAccount,
  password,
  sorted,
  staffEmail,
  unique,
} from '../people.ts';

// A cloud of its own: the job is about every account, and the last test moves the clock.
let cloud: RunningPortal;
let client: PortalClient;

const tld = 'renew.test';

beforeAll(async () => {
  cloud = await startPortal({ demo: true });
  client = new PortalClient(cloud.portal);
  const staff = await client.token(staffEmail);
  const set = await client.call(staff, 'PUT', `/v1/staff/domain-prices/${tld}`, {
    prices: { GBP: { years: { 1: 1000, 2: 1900 } } },
    maxAdvanceDays: 365,
  });
  expect(set.status).toBe(200);
}, 170_000);

afterAll(() => cloud.close());

interface Ran {
  time: string;
  items: Json[];
  handedOn?: number;
}

const run = (event: object = {}): Promise<Ran> => client.invoke('renewals', event);

/** What a run says of an account. */
const about = (ran: Ran, account: Account): Json[] =>
  ran.items.filter((item) => item.accountId === account.id);

/** The start of the day so many days from today. */
const at = (offset: number): string => `${day(offset)}T06:00:00Z`;

async function addDomain(account: Account, expiresIn: number, more: object = {}): Promise<Json> {
  const added = await asStaff(client, account, 'POST', '/domains', {
    name: `${unique('r')}.${tld}`,
    registeredOn: day(-700),
    expiresOn: day(expiresIn),
    ...more,
  });
  expect(added.status, JSON.stringify(added.body)).toBe(201);
  return added.body;
}

const asOwner = (account: Account, method: string, path: string, body?: unknown): Promise<Answered> =>
  client.call(account.owner.token, method, `${account.path}${path}`, body, freshKey());

/** The account's invoices, the oldest first, in full. */
async function invoicesOf(account: Account): Promise<Json[]> {
  const listed = await allOf(client, account.owner.token, `${account.path}/invoices`);
  return Promise.all(listed.toReversed().map(({ id }) => readInvoice(client, account, id)));
}

const mentions = (invoice: Json): string[] =>
  sorted(invoice.lines.map((line: Json) => /\S+\.renew\.test/.exec(line.description)?.[0] ?? ''));

const mailsTo = async (account: Account, text: string): Promise<Mailed[]> =>
  (await client.mails()).filter(
    (mail) =>
      mail.envelope.to.includes(account.owner.email) && `${mail.subject}\n${mail.text}`.includes(text),
  );

const domainOf = async (account: Account, { id }: Json): Promise<Json> =>
  (await asOwner(account, 'GET', `/domains/${id}`)).body;

/** Renews by hand, from credit. */
async function renewByHand(account: Account, domain: Json, years = 1): Promise<Json> {
  const renewals = [{ domainId: domain.id, years }];
  const cart = await asOwner(account, 'POST', '/cart/domain-renewals', { renewals });
  expect(cart.status, JSON.stringify(cart.body)).toBe(200);
  await adjustCredit(client, account, cart.body.total.amount);
  const done = await asOwner(account, 'POST', '/cart/checkout', { paymentMethod: 'credit' });
  expect(done.status, JSON.stringify(done.body)).toBe(201);
  return done.body;
}

const yearOn = (on: string, years: number): RegExp => new RegExp(`^${Number(on.slice(0, 4)) + years}-`);

const extended = (account: Account, domain: Json, years = 1): Promise<unknown> =>
  client.until(async () => yearOn(domain.expiresOn, years).test((await domainOf(account, domain)).expiresOn));

describe('the daily job', () => {
  test('makes one invoice of what an account has due on a day, and one however often it runs', async () => {
    const account = await openAccount(client);
    const [one, two, later, far] = await Promise.all(
      [10, 10, 12, 40].map((offset) => addDomain(account, offset)),
    );
    const service = await asStaff(client, account, 'POST', '/services', {
      name: 'Hosting',
      price: gbp(700),
      cycle: 'monthly',
      startOn: day(-20),
      nextDueOn: day(10),
    });
    expect(service.status).toBe(201);

    const dry = await run({ dryRun: true });
    expect(about(dry, account).filter((item) => item.kind === 'invoice')).toHaveLength(4);
    expect(await invoicesOf(account)).toEqual([]);
    expect(about(await run({ dryRun: true }), account)).toEqual(about(dry, account));

    const runs = await Promise.all([run(), run()]);
    for (const ran of runs)
      expect(ran).toEqual({
        time: expect.any(String),
        items: expect.any(Array),
        handedOn: expect.any(Number),
      });
    const texts = (...told: Ran[]): string[] =>
      sorted(told.flatMap((ran) => about(ran, account)).map((item) => JSON.stringify(item)));
    expect([...new Set(texts(...runs))]).toEqual(texts(dry));
    for (const domain of [one, two, later])
      expect(about(dry, account)).toContainEqual({
        accountId: account.id,
        kind: 'invoice',
        subject: { type: 'domain', id: domain.id, name: domain.name },
        on: expect.any(String),
        amount: gbp(1000),
      });
    const made = await client.until(async () => {
      const found = await invoicesOf(account);
      return found.length >= 2 && found;
    });
    expect(made).toHaveLength(2);
    const byDay = new Map(made.map((invoice) => [invoice.dueOn, invoice]));
    const together = byDay.get(day(10));
    expect(mentions(together)).toEqual(sorted(['', one.name, two.name]));
    expect(together).toMatchObject({ status: 'unpaid', subtotal: gbp(2700) });
    expect(mentions(byDay.get(day(12)))).toEqual([later.name]);
    expect((await domainOf(account, one)).expiresOn).toBe(one.expiresOn);

    const again = await Promise.all([run(), run()]);
    for (const repeated of again)
      expect(about(repeated, account).filter((item) => item.kind === 'invoice')).toEqual([]);
    // The last of what the runs hand on is done once an account made after them has its invoice.
    const marker = await openAccount(client);
    await addDomain(marker, 10);
    await run();
    await client.until(async () => (await invoicesOf(marker)).length === 1);
    expect(await invoicesOf(account)).toEqual(made);
    expect(mentions({ lines: made.flatMap((invoice) => invoice.lines) })).not.toContain(far.name);

    await payAll(client, account, [together.id]);
    await Promise.all([extended(account, one), extended(account, two)]);
    expect((await domainOf(account, later)).expiresOn).toBe(later.expiresOn);
  });

  test('reminds of what does not renew by itself, and makes no invoice of it', async () => {
    const account = await openAccount(client);
    const contact = await addContact(client, account, { emailPreferences: { domain: true } });
    const spared = await addContact(client, account, { emailPreferences: { domain: false } });
    const [one, two] = await Promise.all(
      [7, 7].map((offset) => addDomain(account, offset, { autoRenew: false })),
    );
    const ran = about(await run(), account);
    expect(ran.map((item) => item.kind)).toEqual(['reminder', 'reminder']);
    expect(sorted(ran.map((item) => item.subject.id))).toEqual(sorted([one.id, two.id]));
    const [mail] = await client.mailsWith(one.name);
    expect(mail!.text).toContain(two.name);
    expect(sorted(mail!.envelope.to)).toEqual(sorted([account.owner.email, contact.email]));
    expect(mail!.envelope.to).not.toContain(spared.email);
    expect(about(await run(), account)).toEqual([]);

    // The next that is due, and after silence the latest alone.
    const next = about(await run({ time: at(6) }), account);
    expect(next.map((item) => [item.kind, item.on])).toEqual([
      ['reminder', day(6)],
      ['reminder', day(6)],
    ]);
    await client.mailsWith(one.name, 2);
    const silent = about(await run({ time: at(15) }), account);
    expect(silent.map((item) => [item.kind, item.on])).toEqual([
      ['reminder', day(14)],
      ['reminder', day(14)],
    ]);
    expect(await client.mailsWith(one.name, 3)).toHaveLength(3);
    expect(await client.mailsWith(two.name, 3)).toHaveLength(3);
    expect(await invoicesOf(account)).toEqual([]);
  });

  test('says beforehand to staff what it will invoice, and when', async () => {
    const account = await openAccount(client);
    const domain = await addDomain(account, 30);
    const kept = await addDomain(account, 30, { autoRenew: false });
    const staff = await client.token(staffEmail);
    const path = '/v1/staff/renewals/preview';
    const preview = async (days: number): Promise<Json[]> => {
      const answer = await client.call(staff, 'GET', `${path}?days=${days}`);
      expect(answer).toMatchObject({ status: 200, body: { time: expect.stringMatching(/Z$/) } });
      return about(answer.body, account).filter((item) => item.kind === 'invoice');
    };
    expect(await preview(15)).toEqual([]);
    const item = {
      accountId: account.id,
      kind: 'invoice',
      subject: { type: 'domain', id: domain.id, name: domain.name },
      on: day(16),
      amount: gbp(1000),
    };
    expect(await preview(17)).toEqual([item]);
    const dry = await run({ time: at(16), dryRun: true });
    expect(about(dry, account).filter((one) => one.kind === 'invoice')).toEqual([item]);
    expect(about(dry, account)).toContainEqual(
      expect.objectContaining({ kind: 'reminder', subject: expect.objectContaining({ id: kept.id }) }),
    );
    expect(await invoicesOf(account)).toEqual([]);
    expect(await mailsTo(account, domain.name)).toEqual([]);

    const reads = (token: string | null, query = ''): Promise<Answered> =>
      client.call(token, 'GET', `${path}${query}`);
    expectStaffOnly(await reads(account.owner.token));
    expect((await reads(nobody)).status).toBe(401);
    for (const days of ['-1', '366', 'many'])
      expectInvalid(await reads(staff, `?days=${days}`), 'days', days);
  });

  test('refuses a time that is none, or over a year away, and writes nothing', async () => {
    const account = await openAccount(client);
    await addDomain(account, 5);
    const url = `${client.portal.lambdaUrl}/2015-03-31/functions/renewals/invocations`;
    const accepted: string[] = [];
    for (const time of [
      'tomorrow',
      '2026-02-30T00:00:00Z',
      '2027-13-01T00:00:00Z',
      5,
      '',
      at(370),
      at(-370),
    ]) {
      const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ time }) });
      const body = (await answer.json()) as Json;
      if (!answer.headers.has('x-amz-function-error') || !body.errorMessage) accepted.push(String(time));
    }
    expect(await invoicesOf(account)).toEqual([]);
    expect(accepted).toEqual([]);
  });

  test('pays from credit where the account asked for it', async () => {
    const [asked, silent] = [await openAccount(client), await openAccount(client)];
    expect((await asOwner(asked, 'PATCH', '', { autoPayFromCredit: true })).status).toBe(200);
    expectInvalid(await asOwner(silent, 'PATCH', '', { autoPayFromCredit: 'yes' }), 'autoPayFromCredit');
    const domains = await Promise.all([asked, silent].map((account) => addDomain(account, 3)));
    for (const account of [asked, silent]) await adjustCredit(client, account, 1500);
    await run();
    await client.until(async () => (await invoicesOf(silent)).length === 1);
    await client.until(async () => (await invoicesOf(asked)).length === 1);
    const ran = await run({ time: at(3) });
    expect(about(ran, silent).map((item) => item.kind)).not.toContain('auto-pay');
    await extended(asked, domains[0]);
    expect(await invoicesOf(asked)).toMatchObject([{ status: 'paid', balance: gbp(0) }]);
    expect(await creditOf(client, asked)).toBe(500);
    expect(await invoicesOf(silent)).toMatchObject([{ status: 'unpaid', balance: gbp(1000) }]);
    expect(await creditOf(client, silent)).toBe(1500);
  });

  test('is spared what was renewed by hand, whose line leaves the unpaid invoice', async () => {
    const account = await openAccount(client);
    const [one, two] = await Promise.all([10, 10].map((offset) => addDomain(account, offset)));
    await run();
    const [invoice] = await client.until(async () => {
      const found = await invoicesOf(account);
      return found.length > 0 && found;
    });
    expect(mentions(invoice)).toEqual(sorted([one.name, two.name]));
    await renewByHand(account, one, 2);
    expect(await readInvoice(client, account, invoice.id)).toMatchObject({
      status: 'unpaid',
      lines: [{ description: expect.stringContaining(two.name) }],
      total: gbp(1000),
      balance: gbp(1000),
    });
    await renewByHand(account, two);
    expect(await readInvoice(client, account, invoice.id)).toMatchObject({ status: 'cancelled' });
    await Promise.all([extended(account, one, 2), extended(account, two, 1)]);
    expect(about(await run(), account)).toEqual([]);
    expect(about(await run({ time: at(10), dryRun: true }), account)).toEqual([]);
    expect((await invoicesOf(account)).map((made) => made.status)).toEqual(['cancelled', 'paid', 'paid']);
    expect(await creditOf(client, account)).toBe(0);
  });

  test('leaves alone what stands in an unpaid order, until that is cancelled', async () => {
    const account = await openAccount(client);
    const domain = await addDomain(account, 10);
    await run();
    const [invoice] = await client.until(async () => {
      const found = await invoicesOf(account);
      return found.length > 0 && found;
    });
    await asOwner(account, 'POST', '/cart/domain-renewals', {
      renewals: [{ domainId: domain.id, years: 2 }],
    });
    const { order } = (await asOwner(account, 'POST', '/cart/checkout', {})).body;
    expect(await readInvoice(client, account, invoice.id)).toMatchObject({ status: 'cancelled' });
    expect(about(await run(), account)).toEqual([]);
    const cancelled = await asOwner(account, 'POST', `/orders/${order.id}/cancel`);
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    expect(about(await run(), account)).toMatchObject([{ kind: 'invoice', subject: { id: domain.id } }]);
    await client.until(async () => (await invoicesOf(account)).length === 3);
    const due = (await invoicesOf(account)).filter((made) => made.status === 'unpaid');
    expect(due).toMatchObject([{ total: gbp(1000), dueOn: day(10) }]);
  });
});

describe('a registrar', () => {
  const modeIs = (mode: string): Promise<void> => client.control('registrar', { mode });

  const moveClock = (hours: number): Promise<void> =>
    client.control('clock', { now: new Date(Date.now() + hours * 3_600_000).toISOString() });

  /** Moves the clock of everything so many hours on from the real one, and signs in again. */
  async function hoursLater(account: Account, hours: number): Promise<void> {
    await moveClock(hours);
    client = new PortalClient(cloud.portal);
    account.owner.token = await client.signIn(account.owner.email, password);
  }

  test('that fails or does not answer is asked again until each renewal is made once', async () => {
    const account = await openAccount(client);
    const [failed, unanswered] = await Promise.all([50, 50].map((offset) => addDomain(account, offset)));
    await modeIs('fail');
    const { order } = await renewByHand(account, failed);
    await client.invoke('registrar', {});
    await modeIs('timeout');
    await renewByHand(account, unanswered);
    await client.invoke('registrar', {});
    expect((await domainOf(account, failed)).expiresOn).toBe(failed.expiresOn);
    await modeIs('ok');
    await hoursLater(account, 20);
    await client.until(async () => {
      await client.invoke('registrar', {});
      const read = await Promise.all([failed, unanswered].map((domain) => domainOf(account, domain)));
      return read.every((domain) => yearOn(failed.expiresOn, 1).test(domain.expiresOn));
    });
    await client.invoke('registrar', {});
    for (const domain of [failed, unanswered]) {
      const { expiresOn } = await domainOf(account, domain);
      expect(expiresOn).toMatch(yearOn(domain.expiresOn, 1));
      const told = await client.until(async () => {
        const found = (await mailsTo(account, domain.name)).filter((mail) => mail.text.includes(expiresOn));
        return found.length > 0 && found;
      });
      expect(told).toHaveLength(1);
    }
    expect((await asOwner(account, 'GET', `/orders/${order.id}`)).body.status).toBe('active');
    expect(await creditOf(client, account)).toBe(0);
    expect(await client.invoke('books-check', {})).toMatchObject({ differences: [] });
  });
});
