import { checkDomains } from '../../../functions/registrar/check-domains.ts';
import { type Index, indexes, type Item } from '../../../shared/table/table.ts';
import { addCreditRows } from '../../../shared/invoices/ledger/credit.ts';
import { addDays, type Day, dayIn } from '../../../shared/core/day.ts';
import type { Account } from '../../../shared/accounts/people.ts';
import { accountRows } from '../../../shared/accounts/people-store.ts';
import { type Domain, renewableDomain } from '../../../shared/domains/domain.ts';
import { domainPriceRow } from '../../../shared/domains/domain-price-store.ts';
import { newDomainRows } from '../../../shared/domains/domain-store.ts';
import { actOn, reminderMark } from '../../../shared/schedule/steps.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';
import type { MemoryTable } from '../../../shared/table/memory-table.ts';
import { keyOf } from '../../../shared/table/table.ts';
import { type Cost, Meter } from '../meter.ts';
import { type Row, type Section, verdict } from '../report.ts';

const sizes = [1000, 10_000, 100_000];
const dueToday = 200;
const dueOfAccount = 2;
const domainsOfAccount = 10;
/** The dearest of the sizes is held against the cheapest. */
const mostOfCheapest = 1.1;
const oneDay = { accounts: 1000, domains: 10_000 };
const invoiceDaysBefore = 14;
/** What DynamoDB adds to a row that it keeps, for its keys. */
const bytesOfEachRow = 100;

/** What work costs as DynamoDB bills it. */
interface Units {
  read: number;
  written: number;
}

/**
 * Counts request units by the rules of on-demand tables: a read takes one for each 4 KB, half of it from an index; a
 * transaction two for each KB of a row, and each index that holds the row one more, or two where its keys move.
 */
class UnitMeter {
  #units: Units | null = null;

  /** `look` reads what stands in the table, unseen by any meter. */
  constructor(table: MemoryTable, look: MemoryTable['getMany']) {
    const [get, getMany] = [table.get.bind(table), table.getMany.bind(table)];
    const [query, transact] = [table.query.bind(table), table.transact.bind(table)];
    table.get = async (key) => {
      const item = await get(key);
      this.#read(blocks(bytesOf(item), 4));
      return item;
    };
    table.getMany = async (keys) => {
      const items = await getMany(keys);
      const byKey = new Map(keys.map(({ pk, sk }, index) => [`${pk}\n${sk}`, items[index]]));
      for (const item of byKey.values()) this.#read(blocks(bytesOf(item), 4));
      return items;
    };
    table.query = async (asked) => {
      const page = await query(asked);
      const bytes = page.items.reduce((all, item) => all + bytesOf(item), 0);
      this.#read(blocks(bytes, 4) / (asked.index ? 2 : 1));
      return page;
    };
    table.transact = async (actions) => {
      if (!this.#units) return transact(actions);
      const keys = actions.map(keyOf);
      const before = await look(keys);
      await transact(actions);
      const after = await look(keys);
      for (const [place, old] of before.entries()) this.#units.written += writtenUnits(old, after[place]);
    };
  }

  async of(work: () => Promise<unknown>): Promise<Units> {
    const units = { read: 0, written: 0 };
    this.#units = units;
    try {
      await work();
    } finally {
      this.#units = null;
    }
    return units;
  }

  #read(units: number): void {
    if (this.#units) this.#units.read += units;
  }
}

function bytesOf(item: Item | undefined): number {
  return item ? Buffer.byteLength(JSON.stringify(item)) : 0;
}

/** What is not there costs as much as the smallest. */
function blocks(bytes: number, kilobytes: number): number {
  return Math.max(1, Math.ceil(bytes / (kilobytes * 1024)));
}

function writtenUnits(before: Item | undefined, after: Item | undefined): number {
  const ofRow = 2 * blocks(Math.max(bytesOf(before), bytesOf(after)), 1);
  return indexes.reduce((all, index) => all + indexUnits(before, after, index), ofRow);
}

function indexUnits(before: Item | undefined, after: Item | undefined, index: Index): number {
  const [from, to] = [placeIn(before, index), placeIn(after, index)];
  if (from === to) {
    const same = from === null || JSON.stringify(before) === JSON.stringify(after);
    return same ? 0 : blocks(Math.max(bytesOf(before), bytesOf(after)), 1);
  }
  return (from === null ? 0 : blocks(bytesOf(before), 1)) + (to === null ? 0 : blocks(bytesOf(after), 1));
}

function placeIn(item: Item | undefined, index: Index): string | null {
  const [pk, sk] = [item?.[`${index}pk`], item?.[`${index}sk`]];
  return typeof pk === 'string' && typeof sk === 'string' ? `${pk}\n${sk}` : null;
}

interface Measured {
  cost: Cost;
  units: Units;
  /** Runs of the function: the first, and one for each part that was handed on. */
  invocations: number;
  mails: number;
}

/** Accounts with domains, written as rows. */
class RegisteredWorld {
  readonly portal = new MemoryPortal();
  readonly today: Day = dayIn('UTC', this.portal.now);
  readonly #actions: Parameters<MemoryTable['transact']>[0][number][] = [];
  #domains = 0;
  #handedOn = 0;
  #meters: { calls: Meter; units: UnitMeter } | null = null;

  constructor() {
    const { portal } = this;
    const job = portal.job.bind(portal);
    portal.job = () => {
      const made = job();
      return {
        ...made,
        handOn: async (part) => {
          this.#handedOn++;
          await made.handOn(part);
        },
      };
    };
    this.#actions.push(
      domainPriceRow({
        tld: 'com',
        prices: { GBP: { years: { 1: 1000 }, graceFee: 0, redemptionFee: 0 } },
        from: null,
        minYears: 1,
        maxYears: 10,
        maxTermYears: 10,
        maxAdvanceDays: 400,
        graceDays: 30,
        redemptionDays: 30,
      }),
    );
  }

  account(number: number, credit = 0): string {
    const id = `acct_${String(number).padStart(26, '0')}`;
    const preferences = { general: true, invoice: true, support: true, product: true, domain: true };
    const account: Account = {
      id,
      name: `Account ${number}`,
      address: { line1: '1 High Street', city: 'London', postcode: 'N1 1AA', country: 'GB' },
      taxId: null,
      currency: 'GBP',
      owner: {
        userId: `usr_${String(number).padStart(26, '0')}`,
        name: `Owner ${number}`,
        email: `owner-${number}@bench.test`,
        emailPreferences: preferences,
      },
      autoPayFromCredit: credit > 0,
      version: 'version-1',
      createdAt: this.portal.now.toISOString(),
    };
    this.#actions.push(...accountRows(account, 'new'));
    if (credit > 0) {
      const given = { amount: credit, currency: 'GBP', reason: 'To renew with', relatesTo: id };
      this.#actions.push(...addCreditRows(id, given, this.portal.now));
    }
    return id;
  }

  domain(accountId: string, dueOn: Day, reminded: string | null = null): void {
    const number = this.#domains++;
    const domain: Domain = {
      id: `dom_${String(number).padStart(26, '0')}`,
      accountId,
      name: `a-name-of-the-bench-${number}.com`,
      state: 'registered',
      registeredOn: '2020-01-01',
      expiresOn: dueOn,
      nextDueOn: dueOn,
      autoRenew: true,
      locked: false,
      nameservers: ['ns1.provider.test', 'ns2.provider.test'],
      invoicedFor: null,
      invoiceId: null,
      paidFor: null,
      reminded,
      checkedAt: this.portal.now.toISOString(),
      version: 'version-1',
      createdAt: this.portal.now.toISOString(),
    };
    this.portal.registrar.registrations.set(domain.name, dueOn);
    this.#actions.push(...newDomainRows(domain, actOn(renewableDomain(domain), invoiceDaysBefore)));
  }

  /** A domain to be invoiced today, and reminded of a while ago. */
  dueDomain(accountId: string): void {
    const dueOn = addDays(this.today, invoiceDaysBefore);
    this.domain(accountId, dueOn, reminderMark(dueOn, -30));
  }

  async write(): Promise<void> {
    const { table } = this.portal;
    for (let start = 0; start < this.#actions.length; start += 100) {
      await table.transact(this.#actions.slice(start, start + 100));
    }
    this.#actions.length = 0;
    const look = table.getMany.bind(table);
    const calls = new Meter(table);
    this.#meters = { calls, units: new UnitMeter(table, look) };
  }

  async measure(work: () => Promise<unknown>): Promise<Measured> {
    const { calls, units } = this.#meters!;
    const mailsBefore = this.portal.mails.length;
    this.#handedOn = 0;
    let cost: Cost | undefined;
    const spent = await units.of(async () => {
      cost = await calls.of(work);
    });
    return {
      cost: cost!,
      units: spent,
      invocations: 1 + this.#handedOn,
      mails: this.portal.mails.length - mailsBefore,
    };
  }

  /** Bytes that are paid for month by month: of each row in the table, and in each index that holds it. */
  kept(): number {
    let bytes = 0;
    for (const item of this.portal.table.each()) {
      const places = 1 + indexes.filter((index) => placeIn(item, index) !== null).length;
      bytes += places * (bytesOf(item) + bytesOfEachRow);
    }
    return bytes;
  }

  /** One run of the job, which has to do so many things of a kind. */
  async renewed(kind: string, count: number): Promise<Measured> {
    let items: { kind: string }[] = [];
    const measured = await this.measure(async () => {
      ({ items } = await this.portal.renew());
    });
    const done = items.filter((item) => item.kind === kind).length;
    if (done !== count) throw new Error(`${done} of ${count} done: ${kind}`);
    return measured;
  }
}

/** As many domains, of which always as many are due, of as many accounts. */
async function runOver(domains: number): Promise<Measured> {
  const world = new RegisteredWorld();
  const accounts = domains / domainsOfAccount;
  for (let account = 0; account < accounts; account++) {
    const id = world.account(account);
    const due = account < dueToday / dueOfAccount ? dueOfAccount : 0;
    for (let own = 0; own < domainsOfAccount; own++) {
      if (own < due) world.dueDomain(id);
      else world.domain(id, addDays(world.today, 45 + ((account * domainsOfAccount + own) % 320)));
    }
  }
  await world.write();
  return world.renewed('invoice', dueToday);
}

async function sizeRows(): Promise<Row[]> {
  const runs: Measured[] = [];
  for (const size of sizes) runs.push(await runOver(size));
  const ratioOf = (amounts: number[]) => Math.max(...amounts) / Math.min(...amounts);
  const calls = ratioOf(runs.map(callsOf));
  const items = ratioOf(runs.map(({ cost }) => cost.items));
  return [
    ...runs.map((run, index) => rowOf('a run', sizes[index]!, dueToday, run)),
    {
      work: 'a run, dearest : cheapest',
      calls: calls.toFixed(2),
      'items read': items.toFixed(2),
      aim: `calls, items read <= ${mostOfCheapest.toFixed(2)}`,
      '': verdict(calls <= mostOfCheapest && items <= mostOfCheapest),
    },
  ];
}

async function oneDayRows(): Promise<Row[]> {
  const { accounts, domains } = oneDay;
  const world = new RegisteredWorld();
  for (let account = 0; account < accounts; account++) {
    const id = world.account(account);
    for (let own = 0; own < domains / accounts; own++) world.dueDomain(id);
  }
  await world.write();
  const kept = world.kept();
  const run = await world.renewed('invoice', domains);
  const mails = await world.measure(() => world.portal.deliver());
  return [
    rowOf('a run, all due', domains, domains, run),
    rowOf('… its mails', domains, domains, mails),
    keptRow('domains and accounts at rest', domains, kept),
  ];
}

function keptRow(work: string, domains: number, bytes: number): Row {
  const count = domains.toLocaleString('en');
  return { work, domains: count, due: '0', 'bytes kept': `${bytes} | ${(bytes / domains).toFixed(0)}` };
}

/** Two domains each of a hundred accounts, from their first reminder until they are renewed. */
async function lifeRows(): Promise<Row[]> {
  const world = new RegisteredWorld();
  const { portal } = world;
  for (let account = 0; account < dueToday / dueOfAccount; account++) {
    const id = world.account(account, 1_000_000);
    for (let own = 0; own < dueOfAccount; own++) world.domain(id, addDays(world.today, 30));
  }
  await world.write();
  const keptBefore = world.kept();
  const rows: Row[] = [];
  const add = (work: string, run: Measured) => rows.push(rowOf(work, dueToday, dueToday, run));
  const days = (count: number) => portal.advance(count * 24 * 60 * 60);
  add('reminders of day -30', await world.renewed('reminder', dueToday));
  add('… their mails', await world.measure(() => portal.deliver()));
  days(30 - invoiceDaysBefore);
  add('invoices of day -14, paid from credit', await world.renewed('invoice', dueToday));
  add('… their mails, and renewals begun', await world.measure(() => portal.deliver()));
  const passed = await world.measure(async () => {
    while (portal.registrar.renewed.length < dueToday) await portal.passRenewals();
  });
  add('… passed to the registrar', passed);
  add('… mails that they are renewed', await world.measure(() => portal.deliver()));
  rows.push(keptRow('… left behind by it all', dueToday, world.kept() - keptBefore));
  days(7);
  const checked = await world.measure(async () => {
    for (let done = 0; done < dueToday;) {
      const found = await checkDomains(portal.registrarWork(), portal.now);
      if (found === 0) throw new Error(`${done} of ${dueToday} checked`);
      done += found;
    }
  });
  add('a check with the registrar', checked);
  return rows;
}

const callsOf = ({ cost }: Measured): number => cost.reads + cost.transactions;

function rowOf(work: string, domains: number, due: number, run: Measured): Row {
  const { cost, units, invocations, mails } = run;
  const each = (amount: number) => `${amount} | ${(amount / due).toFixed(2)}`;
  return {
    work,
    domains: domains.toLocaleString('en'),
    due: due.toLocaleString('en'),
    calls: each(callsOf(run)),
    transactions: String(cost.transactions),
    'items read': each(cost.items),
    'items written': each(cost.written),
    'read units': each(units.read),
    'write units': each(units.written),
    mails: String(mails),
    invocations: String(invocations),
  };
}

export const renewalsSection: Section = {
  name: 'renewals',
  title: 'what renewing domains asks of DynamoDB: all | per domain that is due',
  notes: [
    `Counted, not timed. "A run" is the job’s of one day over accounts of ${domainsOfAccount} domains; ${dueToday} domains of ${dueToday / dueOfAccount} accounts are due,`,
    'whatever the size. "All due": every domain on the same day. Below, one renewal from its first reminder on, then the',
    'weekly look at the registrar. Units are those of on-demand billing, indexes included; bytes are those of the items as',
    'JSON, a little more than DynamoDB counts, and kept ones have the 100 that it adds to each row. Invocations are those',
    'of the job: the first, and one for each part handed on, which run one after another here.',
  ],
  rows: async () => [...(await sizeRows()), ...(await oneDayRows()), ...(await lifeRows())],
};
