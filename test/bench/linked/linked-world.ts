import type { AuthorizerContext } from '../../../shared/http/authorise.ts';
import { gbp, line } from '../../support/desks/billing-desk.ts';
import { type Called, type CallOptions, MemoryPortal } from '../../support/memory/memory-portal.ts';
import { type Cost, Meter } from '../meter.ts';
import { staff } from '../routes/portal-world.ts';

const product = {
  id: 'prd_basic',
  name: 'Basic',
  kind: 'hosting',
  taxRate: '20',
  prices: [{ cycle: 'monthly', price: gbp(3100) }],
};

/** All that a main account can reach beneath it: what is closed costs less. */
const opened = { 'linkedAccounts.management': true, 'linkedAccounts.independentAccess': true };

/** An account with its owner. */
export interface Member {
  owner: string;
  /** Where its routes begin. */
  base: string;
  serviceIds: string[];
}

/** What a request costs without the authoriser, and what it answered. */
export interface Measured {
  cost: Cost;
  queries: number;
  body: any;
}

/** A main account with so many aggregated accounts beneath it: every row is written by the route that writes it. */
export class LinkedWorld {
  readonly portal = new MemoryPortal();
  readonly linked: Member[] = [];
  main: Member = { owner: '', base: '', serviceIds: [] };
  /** Of the main account, with what it takes to see services beneath it and no more. */
  person = '';
  readonly #meter: Meter;
  readonly #cached = new Map<string, AuthorizerContext>();
  #own = 0;

  private constructor(batchesAtOnce: boolean) {
    this.#meter = new Meter(this.portal.table, batchesAtOnce);
  }

  static async of(size: number, batchesAtOnce: boolean): Promise<LinkedWorld> {
    const world = new LinkedWorld(batchesAtOnce);
    const { accountId, ownerId } = await world.portal.createAccount('Main', 'owner@main.test');
    world.main = { owner: ownerId, base: `/v1/accounts/${accountId}`, serviceIds: [] };
    await world.call(staff, 'PUT', '/v1/staff/settings', { body: opened });
    await world.call(staff, 'PUT', '/v1/staff/products', { body: { items: [product] } });
    const permissions = ['linked-accounts', 'products'];
    const made = await world.portal.createSubAccount(ownerId, accountId, 'person@main.test', permissions);
    world.person = made.userId;
    for (let number = 0; number < size; number++) await world.#link(accountId, number);
    return world;
  }

  /** A request with the authoriser's answer in the gateway's cache. What is refused costs less: it is an error. */
  async call(user: string, method: string, path: string, options: CallOptions = {}): Promise<Called> {
    const cached = this.#cached.get(user) ?? (await this.portal.authorizer(user));
    this.#cached.set(user, cached);
    // Time goes on, so that ids are in the order in which things were made.
    this.portal.advance(1);
    const called = await this.portal.call(user, method, path, { ...options, cached });
    if (called.status >= 200 && called.status < 300) return called;
    throw new Error(`${method} ${path} answered ${called.status}: ${JSON.stringify(called.body)}`);
  }

  async get(user: string, path: string, options: CallOptions = {}): Promise<Measured> {
    return this.measure(user, async () => (await this.call(user, 'GET', path, options)).body);
  }

  /** What several requests of one person cost together. */
  async measure(user: string, work: () => Promise<unknown>): Promise<Measured> {
    const { calls } = this.portal.table;
    this.#cached.set(user, this.#cached.get(user) ?? (await this.portal.authorizer(user)));
    const before = calls.query;
    let body: unknown;
    const cost = await this.#meter.of(async () => {
      body = await work();
    });
    return { cost, queries: calls.query - before, body };
  }

  /** Two services of each account beneath. */
  async serve(): Promise<void> {
    const body = { name: 'Basic', productId: product.id, price: gbp(3100), cycle: 'monthly' };
    for (const { base, serviceIds } of this.linked) {
      while (serviceIds.length < 2) {
        const startOn = '2025-03-01';
        const service = { ...body, startOn, nextDueOn: '2026-04-01' };
        const made = await this.call(staff, 'POST', `${base}/services`, { body: service });
        serviceIds.push(made.body.id);
      }
    }
  }

  /** Three tickets and an order of each account beneath, in turns, by its own owner. */
  async keepBusy(): Promise<void> {
    for (const round of ['first', 'second', 'third']) {
      for (const each of this.linked) await this.ticket(each, `The ${round} question`);
    }
    for (const { owner, base } of this.linked) {
      const body = { productId: product.id, cycle: 'monthly' };
      await this.call(owner, 'POST', `${base}/cart/items`, { body });
      await this.call(owner, 'POST', `${base}/cart/checkout`, { body: {} });
    }
  }

  async ticket({ owner, base }: Member, subject: string): Promise<void> {
    await this.call(owner, 'POST', `${base}/tickets`, { body: { subject, message: 'How does this work?' } });
  }

  /** So many invoices and tickets that are the main account's own, in all. */
  async own(count: number): Promise<void> {
    const body = { lines: [line(1000), line(250, 'GBP', '17.5')], dueOn: '2026-03-15' };
    for (; this.#own < count; this.#own++) {
      await this.call(staff, 'POST', `${this.main.base}/invoices`, { body });
      await this.ticket(this.main, 'A question of our own');
    }
  }

  async #link(mainAccountId: string, number: number): Promise<void> {
    const name = `Linked ${String(number).padStart(4, '0')}`;
    const { accountId, ownerId } = await this.portal.createAccount(name, `owner-${number}@linked.test`);
    const path = `/v1/staff/accounts/${accountId}/main-account`;
    await this.call(staff, 'PUT', path, { body: { mainAccountId, kind: 'aggregated' } });
    this.linked.push({ owner: ownerId, base: `/v1/accounts/${accountId}`, serviceIds: [] });
  }
}
