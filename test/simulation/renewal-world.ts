import { createHash } from 'node:crypto';
import type { RenewalWork } from '../../shared/renewals/renewal.ts';
import { type Action, type Item, TableBusy } from '../../shared/table/table.ts';
import { standingLines } from '../../shared/invoices/credit-notes/credit-note.ts';
import type { Invoice } from '../../shared/invoices/invoice.ts';
import { addDays } from '../../shared/core/day.ts';
import type { Order } from '../../shared/orders/order.ts';
import type { CallerContext } from '../../shared/http/authorise.ts';
import { type Domain, statusOn } from '../../shared/domains/domain.ts';
import { type Called, MemoryPortal } from '../support/memory/memory-portal.ts';
import { comPrice } from '../support/desks/domain-desk.ts';
import { Seeded } from '../support/faults/seeded.ts';

/** What is taken out, to see that the simulation notices: one guard at a time. */
export interface RenewalSabotage {
  transact?(actions: readonly Action[]): readonly Action[];
  torn?: boolean;
  /** The registrar is never asked how a registration stands. */
  noLook?: boolean;
}

class Lost extends Error {}

interface SimulatedAccount {
  accountId: string;
  currency: string;
  who: CallerContext;
}

const { GBP } = comPrice.prices;
const EUR = { years: { 1: 1207, 2: 2311, 3: 3299 }, graceFee: 613, redemptionFee: 9001 };
const prices = { ...comPrice, prices: { GBP, EUR } };

const firstDay = '2026-01-10';

/** Many accounts with domains, day after day; what is found wrong is collected in `wrongs`. */
export class RenewalWorld {
  readonly portal = new MemoryPortal();
  readonly random: Seeded;
  readonly wrongs: string[] = [];
  readonly accounts: SimulatedAccount[] = [];
  readonly domainIds: { account: SimulatedAccount; id: string }[] = [];
  faults = false;
  #staff!: CallerContext;
  readonly #reminders = new Map<string, number>();

  constructor(seed: number, sabotage: RenewalSabotage = {}) {
    this.random = new Seeded(seed);
    this.portal.now = new Date(`${firstDay}T07:00:00Z`);
    this.#watch(sabotage);
  }

  async begin(accounts: number, currencies: readonly string[]): Promise<void> {
    const { portal, random } = this;
    for (let made = 0; made < accounts; made++) {
      const name = `Client ${made}`;
      const { accountId, ownerId } = await portal.createAccount(name, `owner${made}@clients.test`);
      const currency = currencies[made % currencies.length]!;
      const account = { accountId, currency, who: await portal.authorizer(ownerId) };
      this.accounts.push(account);
      this.#staff ??= await portal.authorizer('stan');
      if (made === 0) await this.request(null, 'PUT', '/v1/staff/domain-prices/com', prices);
      if (currency !== 'GBP') await this.request(null, 'PATCH', `/v1/accounts/${accountId}`, { currency });
      if (random.chance(0.2)) await this.#payByItself(account);
      const sameDay = addDays(firstDay, random.between(5, 300));
      for (let domains = random.between(1, 3); domains > 0; domains--) {
        const expiresOn = random.chance(0.5) ? sameDay : addDays(firstDay, random.between(1, 380));
        const body = {
          name: `d${made}-${domains}.com`,
          registeredOn: '2020-01-01',
          expiresOn,
          autoRenew: random.chance(0.85),
        };
        const added = await this.request(null, 'POST', `/v1/accounts/${accountId}/domains`, body);
        this.domainIds.push({ account, id: added.body.id });
        portal.registrar.registrations.set(body.name, expiresOn);
      }
    }
  }

  /** The first account may steer those beneath it, and these may order. */
  async openLinked(): Promise<void> {
    await this.request(null, 'PUT', '/v1/staff/settings', { 'linkedAccounts.management': true });
  }

  /** Staff link an account beneath the first one, in another way than before, or unlink it. */
  async relink(): Promise<void> {
    const [main, ...others] = this.accounts;
    const { accountId } = this.random.pick(others);
    const path = `/v1/staff/accounts/${accountId}/main-account`;
    const kind = this.random.pick(['aggregated', 'aggregated', 'independent', null]);
    if (kind === null) await this.request(null, 'DELETE', path);
    else await this.request(null, 'PUT', path, { mainAccountId: main!.accountId, kind });
  }

  /** The first account's owner decides on the orders that wait for it. */
  async decide(): Promise<void> {
    const [main] = this.accounts;
    const base = `/v1/accounts/${main!.accountId}/orders`;
    const waiting = this.rows<Order>('ORDER#').filter(({ status }) => status === 'awaiting-main-account');
    for (const { id } of waiting) {
      const [what, body] = this.random.chance(0.8)
        ? ['approve', { paymentMethod: 'bank-transfer' }]
        : ['reject', { reason: 'Too dear' }];
      await this.attempt(() => this.request(main!, 'POST', `${base}/${id}/${what}`, body));
    }
  }

  async #payByItself(account: SimulatedAccount): Promise<void> {
    const base = `/v1/accounts/${account.accountId}`;
    await this.request(account, 'PATCH', base, { autoPayFromCredit: true });
    const amount = { amount: this.random.between(0, 8) * 500 + 500, currency: account.currency };
    await this.request(null, 'POST', `${base}/credit`, { amount, reason: 'In advance' });
  }

  /** A request by the account's owner, or by staff. */
  request(account: SimulatedAccount | null, method: string, path: string, body?: unknown): Promise<Called> {
    const cached = account?.who ?? this.#staff;
    return this.portal.call('', method, path, { body, cached });
  }

  /** Runs work that may be stopped by a table that fails; what it did by then stays. */
  async attempt<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      let cause: unknown = error;
      while (cause instanceof Error && !(cause instanceof Lost || cause instanceof TableBusy))
        cause = cause.cause;
      if (cause instanceof Lost || cause instanceof TableBusy) return null;
      throw error;
    }
  }

  #watch({ transact: changedBy, torn, noLook }: RenewalSabotage): void {
    const { table, registrar } = this.portal;
    table.before = async () => {
      if (!this.faults) return;
      for (let turns = this.random.between(0, 3); turns > 0; turns--) await Promise.resolve();
      if (this.random.chance(0.004)) throw new TableBusy(new Error('by chance'));
    };
    const transact = table.transact.bind(table);
    table.transact = async (actions) => {
      const changed = changedBy?.(actions) ?? actions;
      if (torn) for (const action of changed) await transact([action]);
      else await transact(changed);
      for (const action of changed) this.#countReminders(action);
      if (this.faults && this.random.chance(0.004)) throw new Lost();
    };
    registrar.mode = () =>
      this.faults
        ? this.random.pick(['ok', 'ok', 'ok', 'ok', 'fail', 'timeout', 'lost', 'lie', 'ok', 'ok'])
        : 'ok';
    if (noLook) registrar.look = async () => undefined;
  }

  #countReminders(action: Action): void {
    const task = 'put' in action ? (action.put['task'] as Record<string, any> | undefined) : undefined;
    if (task?.['template'] !== 'renewal-reminder') return;
    for (const item of task['data'].items as string[]) {
      const key = `${task['accountId']} ${item.split(':')[0]} ${kindOf(task['data'].when)}`;
      this.#reminders.set(key, (this.#reminders.get(key) ?? 0) + 1);
    }
  }

  rows<T>(prefix: string): (T & Item)[] {
    const found: Item[] = [];
    for (const item of this.portal.table.each()) if (item.sk.startsWith(prefix)) found.push(item);
    return found as (T & Item)[];
  }

  /** Lets what is under way come to its end. */
  async settle(): Promise<void> {
    this.faults = false;
    for (let hours = 0; hours < 60; hours++) {
      this.portal.now = new Date(this.portal.now.getTime() + 60 * 60_000);
      this.portal.nudged = [];
      await this.portal.sweep();
      await this.portal.passRenewals();
    }
  }

  async check(): Promise<string[]> {
    for (const { accountId } of this.accounts) {
      for (const difference of await this.portal.books(accountId))
        this.wrongs.push(JSON.stringify(difference));
    }
    for (const [reminder, count] of this.#reminders) {
      if (count > 1) this.wrongs.push(`Reminded ${count} times: ${reminder}`);
    }
    this.#checkPeriods();
    this.#checkRenewals();
    return this.wrongs;
  }

  /** Every period of every domain that renews by itself is invoiced once, and none is twice. */
  #checkPeriods(): void {
    const invoiced = new Map<string, number>();
    const currencies = new Map(this.accounts.map(({ accountId, currency }) => [accountId, currency]));
    const owners = new Map(this.rows<Domain>('DOMAIN#dom_').map(({ id, accountId }) => [id, accountId]));
    for (const invoice of this.rows<Invoice>('INVOICE#inv_')) {
      const { status, accountId, currency } = invoice;
      if (currency !== currencies.get(accountId)) this.wrongs.push(`${invoice.id} is in ${currency}`);
      if (status === 'cancelled') continue;
      // What a credit note has taken off is charged no more.
      for (const [, { relatesTo }] of standingLines(invoice)) {
        if (typeof relatesTo !== 'object' || relatesTo?.kind !== 'domain-renewal') continue;
        const whose = relatesTo.accountId ?? accountId;
        if (owners.get(relatesTo.id) !== whose) this.wrongs.push(`${relatesTo.id} was billed as ${whose}’s`);
        const period = `${relatesTo.id} ${relatesTo.on}`;
        invoiced.set(period, (invoiced.get(period) ?? 0) + 1);
      }
    }
    for (const [period, count] of invoiced) {
      if (count > 1) this.wrongs.push(`${period} was invoiced ${count} times`);
    }
    const today = this.portal.now.toISOString().slice(0, 10);
    for (const domain of this.rows<Domain>('DOMAIN#dom_')) {
      const due = domain.autoRenew && addDays(domain.expiresOn, -12) <= today;
      const gone = statusOn(domain, comPrice, today) === 'cancelled';
      if (due && !gone && !invoiced.has(`${domain.id} ${domain.expiresOn}`)) {
        this.wrongs.push(`${domain.name} was never invoiced for ${domain.expiresOn}`);
      }
    }
  }

  /** What was paid is extended once, by its years, and nothing else is. */
  #checkRenewals(): void {
    const { registrar } = this.portal;
    const times = new Map<string, number>();
    for (const { name, from } of registrar.renewed) {
      const key = `${name} ${from}`;
      times.set(key, (times.get(key) ?? 0) + 1);
    }
    const works = this.portal.table.all().filter((item) => item.pk.startsWith('RENEWAL#'));
    for (const work of works as unknown as RenewalWork[]) {
      const done = registrar.renewed.filter(
        ({ name, from }) => name === work.name && from === work.expiresOn,
      );
      if (work.status === 'failed') continue;
      if (work.status !== 'done') this.wrongs.push(`${work.name} ${work.expiresOn} is ${work.status}`);
      if (done.length !== 1 || done[0]!.years !== work.years) {
        this.wrongs.push(`${work.name} was renewed ${done.length} times from ${work.expiresOn}`);
      }
    }
    if (registrar.renewed.length > works.length) {
      this.wrongs.push(`${registrar.renewed.length} renewals for ${works.length} that were paid`);
    }
    const domains = this.rows<Domain>('DOMAIN#dom_');
    for (const { name, expiresOn } of domains) {
      const theirs = registrar.registrations.get(name);
      if (theirs !== expiresOn) this.wrongs.push(`${name}: we have ${expiresOn}, the registrar ${theirs}`);
    }
  }
}

/** Which of the reminders a text such as `in 7 days` is: late runs give one under another text. */
function kindOf(when: string): string {
  return createHash('sha256').update(when).digest('hex').slice(0, 8);
}
