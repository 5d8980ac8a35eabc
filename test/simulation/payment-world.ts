import { AsyncLocalStorage } from 'node:async_hooks';
import { isActive, type MassPayment } from '../../shared/payments/mass-payment.ts';
import type { UnassignedMoney } from '../../functions/payments/bank/unassigned-store.ts';
import type { Taking } from '../../shared/payments/gateways/gateway.ts';
import { isUnshared, type Payment } from '../../shared/payments/payment.ts';
import { type Action, type Item, TableBusy } from '../../shared/table/table.ts';
import type { CreditNote } from '../../shared/invoices/credit-notes/credit-note.ts';
import type { Invoice } from '../../shared/invoices/invoice.ts';
import type { JournalEntry } from '../../shared/invoices/ledger/journal.ts';
import type { CallerContext } from '../../shared/http/authorise.ts';
import { line } from '../support/desks/billing-desk.ts';
import { type Called, MemoryPortal } from '../support/memory/memory-portal.ts';
import { Seeded } from '../support/faults/seeded.ts';

/** What is taken out of the portal, to see that the simulation notices: one guard at a time. */
export interface Sabotage {
  /** Changes a transaction on its way to the table. */
  transact?(actions: readonly Action[]): readonly Action[];
  /** Writes a transaction's rows one by one, so that it can stop between two of them. */
  torn?: boolean;
  /** The key under which a gateway is asked to charge. */
  chargeKey?(key: string): string;
  noJanitor?: boolean;
  /** What the gateway tells of what it took back. */
  takings?(told: readonly Taking[]): Taking[];
}

class Died extends Error {}

interface Running {
  /** Ends the process that this work runs in, at its next call. */
  die: (() => void) | null;
  /** A function does not outlive its time, however the clock leaps. */
  diesAt: number;
}

const functionMs = 60_000;

/**
 * A portal with one account whose calls wait, fail, land without an answer and die, all by one seed; and a gateway that
 * keeps its own ledger. What is found wrong is collected in `wrongs`.
 */
export class PaymentWorld {
  readonly portal = new MemoryPortal();
  readonly random: Seeded;
  readonly wrongs: string[] = [];
  faults = true;
  accountId = '';
  base = '';
  readonly #sabotage: Sabotage;
  readonly #running = new AsyncLocalStorage<Running>();
  readonly #who = new Map<string, CallerContext>();
  #keys = 0;

  constructor(seed: number, sabotage: Sabotage = {}) {
    this.random = new Seeded(seed);
    this.#sabotage = sabotage;
  }

  async begin(): Promise<void> {
    const { portal } = this;
    const { accountId, ownerId } = await portal.createAccount('Acme', 'owner@acme.test');
    this.accountId = accountId;
    this.base = `/v1/accounts/${accountId}`;
    this.#who.set('owner', await portal.authorizer(ownerId));
    this.#who.set('staff', await portal.authorizer('stan'));
    for (let count = this.random.between(2, 5); count > 0; count--) await this.#invoice();
    await this.call('staff', 'POST', '/credit', {
      amount: { amount: this.random.between(1, 20) * 100, currency: 'GBP' },
      reason: 'Welcome',
    });
    portal.gateway.fee = this.random.pick([0, 3]);
    this.#breakThings();
  }

  async #invoice(): Promise<void> {
    const amount = this.random.between(1, 30) * 100;
    await this.call('staff', 'POST', '/invoices', { lines: [line(amount)], dueOn: '2026-03-15' });
  }

  /** One request; it may die half way, and nobody ever hears of it again. */
  async call(
    who: 'owner' | 'staff',
    method: string,
    path: string,
    body?: unknown,
    key?: string,
  ): Promise<Called> {
    return this.callAnywhere(who, method, `${this.base}${path}`, body, key);
  }

  /** The same, of a path that need not be in the account. */
  async callAnywhere(
    who: 'owner' | 'staff',
    method: string,
    path: string,
    body?: unknown,
    key?: string,
  ): Promise<Called> {
    const cached = this.#who.get(who)!;
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    return this.portal.call(who, method, path, { body, cached, headers });
  }

  key(): string {
    return `key-${++this.#keys}`;
  }

  /** Runs work in a process of its own, which may die; null where it did. */
  async process<T>(work: () => Promise<T>): Promise<T | null> {
    const running: Running = { die: null, diesAt: this.portal.now.getTime() + functionMs };
    const death = new Promise<null>((resolve) => {
      running.die = () => resolve(null);
    });
    try {
      return await Promise.race([this.#running.run(running, work), death]);
    } catch (error) {
      if (error instanceof Died || error instanceof TableBusy) return null;
      throw error;
    }
  }

  #breakThings(): void {
    const { table, gateway } = this.portal;
    table.before = () => this.#strike();
    const transact = table.transact.bind(table);
    table.transact = async (actions) => {
      const changed = this.#sabotage.transact?.(actions) ?? actions;
      if (this.#sabotage.torn) {
        for (const action of changed) await transact([action]);
      } else await transact(changed);
      // It has landed; whoever asked may never hear of it.
      if (this.faults && this.random.chance(0.01)) throw new Died();
    };
    gateway.before = async (call) => {
      await this.#strike();
      if (call === 'start') this.#requireNothingUnknown();
      if (this.faults && this.random.chance(0.05))
        throw new Error('The line broke before the gateway heard of it');
    };
    gateway.after = async (call) => {
      await this.#strike();
      // Payers can be faster than the answer that sent them there.
      if (call === 'start' && this.faults && this.random.chance(0.3)) await this.#payEarly();
      if (this.faults && this.random.chance(0.08)) throw new Error('The answer was lost');
    };
    const start = gateway.start.bind(gateway);
    const { chargeKey } = this.#sabotage;
    if (chargeKey) gateway.start = (charge) => start({ ...charge, key: chargeKey(charge.key) });
    const told = gateway.takings.bind(gateway);
    const { takings } = this.#sabotage;
    if (takings) gateway.takings = async (charge) => takings(await told(charge));
  }

  async #payEarly(): Promise<void> {
    const { gateway } = this.portal;
    const key = [...gateway.charges.keys()].at(-1)!;
    gateway.act(key, 'pay');
    const event = gateway.eventFor(key);
    if (event) await this.process(() => this.portal.webhook('sandbox', event.body, event.headers));
  }

  /** Lets others go first; then, at times, the table is busy or the process is gone. */
  async #strike(): Promise<void> {
    if (!this.faults) return;
    for (let turns = this.random.between(0, 6); turns > 0; turns--) await Promise.resolve();
    if (this.random.chance(0.01)) throw new TableBusy(new Error('by chance'));
    const running = this.#running.getStore();
    const isLate = running !== undefined && this.portal.now.getTime() > running.diesAt;
    if (running && (isLate || this.random.chance(0.008))) {
      running.die?.();
      await new Promise(() => {});
    }
  }

  /** Nothing is charged for an invoice while another charge for it may still be taken. */
  #requireNothingUnknown(): void {
    const open = this.#rows<MassPayment>('MASS-PAYMENT#').filter((payment) =>
      isActive(payment, this.portal.now),
    );
    const seen = new Map<string, string>();
    for (const payment of open) {
      for (const { id } of payment.items) {
        if (seen.has(id))
          this.wrongs.push(`${id} is being paid by ${seen.get(id)} and ${payment.id} at once`);
        seen.set(id, payment.id);
      }
    }
  }

  #rows<T>(prefix: string): (T & Item)[] {
    return this.portal.table.all().filter((item) => item.sk.startsWith(prefix)) as (T & Item)[];
  }

  /** Lets everything come to its end: no more faults, payers decide, the janitor runs for hours. */
  async settle(): Promise<void> {
    const { portal, random } = this;
    this.faults = false;
    for (let round = 0; round < 12; round++) {
      for (const [key, charge] of portal.gateway.charges) {
        if (charge.status === 'pending') portal.gateway.act(key, random.pick(['pay', 'decline']));
      }
      for (const { id, status } of portal.gateway.took.values()) {
        if (status === 'open') portal.gateway.decide(id, { status: random.pick(['won', 'lost']) });
      }
      portal.now = new Date(portal.now.getTime() + 61 * 60_000);
      if (!this.#sabotage.noJanitor) await portal.lookAfterPayments();
    }
  }

  /** What must be true at the end. */
  async check(): Promise<string[]> {
    const { portal, accountId, wrongs } = this;
    for (const difference of await portal.books(accountId)) wrongs.push(JSON.stringify(difference));
    const payments = this.#rows<Payment>('PAYMENT#').filter((each) => each.method === 'sandbox');
    this.#checkGateway(payments);
    this.#checkTakings(payments);
    this.#checkPayments();
    this.#checkBankMoney();
    this.#checkInvoices();
    const open = this.#rows<MassPayment>('MASS-PAYMENT#').filter(({ status }) =>
      ['processing', 'settling'].includes(status),
    );
    for (const { id, status } of open) wrongs.push(`${id} is ${status} for ever`);
    const balance = Number(this.#rows('CREDIT#GBP')[0]?.['balance'] ?? 0);
    if (balance < 0) wrongs.push(`The credit is ${balance}`);
    return wrongs;
  }

  #checkGateway(payments: readonly Payment[]): void {
    const { gateway } = this.portal;
    const postings = this.#rows<JournalEntry>('JOURNAL#').flatMap((entry) => entry.postings);
    const cash = postings.filter(({ ledger }) => ledger === 'cash:sandbox');
    const ours = cash.reduce((all, { amount }) => all + amount, 0);
    const theirs = gateway.total(this.accountId);
    if (ours !== theirs) this.wrongs.push(`We have ${ours} at the gateway, it says ${theirs}`);
    for (const { reference, taken, amount } of gateway.charges.values()) {
      const known = payments.filter((payment) => payment.reference === reference);
      if (taken > 1) this.wrongs.push(`${reference} was taken ${taken} times`);
      if (known.length !== taken) this.wrongs.push(`${reference} is ${known.length} payments`);
      if (known.some((payment) => payment.amount !== amount.amount)) this.wrongs.push(`${reference} differs`);
    }
  }

  /** What the gateway took back is booked as it stands there, each once, and borne by somebody. */
  #checkTakings(payments: readonly Payment[]): void {
    for (const { id, charge, status, taken, feeAmount } of this.portal.gateway.took.values()) {
      const { reference } = this.portal.gateway.charges.get(charge)!;
      const known = payments.flatMap((each) =>
        each.reference === reference ? (each.takings ?? []).filter((taking) => taking.id === id) : [],
      );
      const same = known.filter(
        (each) => each.status === status && each.taken === taken && each.feeAmount === feeAmount,
      );
      if (known.length !== 1 || same.length !== 1) {
        this.wrongs.push(`${id} is ${status} with ${taken}: ${JSON.stringify(known)}`);
      }
    }
    for (const { id, takings = [] } of payments) {
      if (takings.some(isUnshared)) this.wrongs.push(`${id}: what was taken is shared by nobody for ever`);
    }
  }

  #checkPayments(): void {
    const noted = this.#rows<Payment>('PAYMENT#').filter((each) => each.method === 'cash');
    const references = noted.map((each) => each.reference);
    if (new Set(references).size < references.length) this.wrongs.push('The same cash was noted twice');
    const receipts = this.#rows('TASK').filter(
      (row) => (row['task'] as { template?: string }).template === 'payment-received',
    );
    const urls = receipts.map((row) => (row['task'] as { data: { paymentUrl: string } }).data.paymentUrl);
    for (const payment of this.#rows<Payment>('PAYMENT#')) {
      const pending = payment.refunds.filter((refund) => refund.status === 'pending');
      if (pending.length > 0) this.wrongs.push(`${payment.id} has a refund that is pending for ever`);
      const { id, amount, allocations, toCredit } = payment;
      const told = urls.filter((url) => url.endsWith(`/${id}`)).length;
      if (told !== 1) this.wrongs.push(`${id} has ${told} receipts`);
      const owned = allocations.reduce((all, part) => all + part.amount, 0) + toCredit;
      if (owned !== amount) this.wrongs.push(`${id}: ${amount - owned} belongs to nobody`);
    }
  }

  /** What came by bank is one payment, or waits to be one. */
  #checkBankMoney(): void {
    const payments = this.#rows<Payment>('PAYMENT#').filter((each) => each.method === 'bank');
    const unassigned = this.#rows<UnassignedMoney>('umon_');
    const waiting = unassigned.filter(({ status }) => status === 'unassigned');
    const references = [...payments, ...waiting].map(({ reference }) => reference);
    if (new Set(references).size < references.length) this.wrongs.push('The same transfer was noted twice');
    for (const { id, paymentId, status } of unassigned) {
      const became = payments.filter((payment) => payment.id === paymentId).length;
      if (became !== (status === 'assigned' ? 1 : 0))
        this.wrongs.push(`${id} is ${status}: ${became} payments`);
    }
  }

  #checkInvoices(): void {
    const invoices = this.#rows<Invoice>('INVOICE#inv_');
    const notes = this.#rows<CreditNote>('CREDIT-NOTE#cn_');
    for (const { id, status, paid, credit, total, refunded, credited = 0 } of invoices) {
      const noted = notes.filter(({ invoiceId }) => invoiceId === id);
      const off = noted.reduce((all, note) => all + note.total, 0);
      const owed = total - credited - credit - paid + refunded;
      const kept = paid + credit - refunded;
      if (kept > total) this.wrongs.push(`${id} is paid ${kept} of ${total}`);
      if (owed < 0 || (status === 'unpaid') !== owed > 0)
        this.wrongs.push(`${id} is ${status} with ${owed} owed`);
      if (refunded > paid + credit) this.wrongs.push(`${id}: ${refunded} of ${paid + credit} was given back`);
      if (off !== credited || off > total) this.wrongs.push(`${id}: ${off} of ${credited} is on notes`);
    }
    const more = invoices.flatMap(({ lines }) => lines.map(({ description }) => description));
    const raised = more.filter((description) => description.startsWith('More'));
    if (new Set(raised).size < raised.length) this.wrongs.push('One request raised two invoices');
    this.#checkNumbers(invoices, '');
    this.#checkNumbers(notes, 'CN-');
  }

  #checkNumbers(documents: readonly { number: string | null }[], prefix: string): void {
    const numbers = documents.map(({ number }) => String(number)).toSorted();
    const expected = numbers.map((_, index) => `${prefix}2026-${String(index + 1).padStart(5, '0')}`);
    if (numbers.join() !== expected.join()) this.wrongs.push(`Numbers: ${numbers.join()}`);
  }
}
