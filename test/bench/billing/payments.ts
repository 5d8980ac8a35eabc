import type { AuthorizerContext } from '../../../shared/http/authorise.ts';
import type { Invoice } from '../../../shared/invoices/invoice.ts';
import { invoiceRow, invoiceStore } from '../../../shared/invoices/invoice-store.ts';
import { newId } from '../../../shared/core/ids.ts';
import { line } from '../../support/desks/billing-desk.ts';
import { type Called, type CallOptions, MemoryPortal } from '../../support/memory/memory-portal.ts';
import { type Cost, Meter, sendsBatchesAtOnce } from '../meter.ts';
import { type Row, type Section, verdict } from '../report.ts';

const sizes = [1, 10, 90, 500];
/** What each invoice costs in the largest payment is held against this one. */
const [compared, largest] = [90, 500];
const mostOfCompared = 1.1;
const fewInvoices = 50;
const manyInvoices = 50_000;

/** An account with so many unpaid invoices. */
class BilledWorld {
  readonly portal = new MemoryPortal();
  readonly #meter: Meter;
  readonly #cached = new Map<string, AuthorizerContext>();
  accountId = '';
  owner = '';

  constructor(batchesAtOnce: boolean) {
    this.#meter = new Meter(this.portal.table, batchesAtOnce);
  }

  async begin(): Promise<void> {
    const { portal } = this;
    const { accountId, ownerId } = await portal.createAccount('Bench', 'owner@bench.test');
    Object.assign(this, { accountId, owner: ownerId });
    for (const user of ['stan', ownerId]) this.#cached.set(user, await portal.authorizer(user));
  }

  async call(user: string, method: string, path: string, options: CallOptions = {}): Promise<Called> {
    const whole = `/v1/accounts/${this.accountId}${path}`;
    const called = await this.portal.call(user, method, whole, {
      ...options,
      cached: this.#cached.get(user)!,
    });
    return requireDone(called);
  }

  async invoice(): Promise<string> {
    const body = { lines: [line(1000), line(250, 'GBP', '17.5')], dueOn: '2026-03-15' };
    return (await this.call('stan', 'POST', '/invoices', { body })).body.id;
  }

  /** What work costs, without the authoriser, and what it came to. */
  async measure(work: () => Promise<Called>): Promise<{ body: any; cost: Cost }> {
    let body: unknown;
    const cost = await this.#meter.of(async () => {
      ({ body } = requireDone(await work()));
    });
    return { body, cost };
  }

  /** Invoices written as rows, half of them paid. */
  async fill(count: number): Promise<void> {
    const { portal, accountId } = this;
    const model = (await invoiceStore(portal.table).get(accountId, await this.invoice()))!;
    const rows = Array.from({ length: count - 1 }, (_, made): Invoice => ({
      ...model,
      id: newId('invoice', portal.now),
      number: `2026-${String(made + 2).padStart(5, '0')}`,
      ...(made % 2 === 0 ? { status: 'paid', paid: model.total } : {}),
    }));
    for (let start = 0; start < rows.length; start += 100) {
      await portal.table.transact(rows.slice(start, start + 100).map(invoiceRow));
    }
  }
}

/** What is refused costs less than what was to be measured. */
function requireDone(called: Called): Called {
  if (called.status >= 200 && called.status < 300) return called;
  throw new Error(`Answered ${called.status}: ${JSON.stringify(called.body)}`);
}

type Work = 'sum up' | 'sum up all due' | 'pay' | 'settle';

/** Sums up so many invoices, sends the payer to the gateway, and takes its event that they have paid. */
async function payCosts(count: number, batchesAtOnce: boolean): Promise<Record<Work, Cost>> {
  const world = new BilledWorld(batchesAtOnce);
  await world.begin();
  const { portal, owner } = world;
  const invoices: string[] = [];
  while (invoices.length < count) invoices.push(await world.invoice());
  const sumUp = (asked: string[] | 'all-due') =>
    world.measure(() => world.call(owner, 'POST', '/mass-payments', { body: { invoices: asked } }));
  const named = await sumUp(invoices);
  const due = await sumUp('all-due');
  const { id } = due.body;
  const headers = { 'idempotency-key': 'bench' };
  const begun = await world.measure(() =>
    world.call(owner, 'POST', `/mass-payments/${id}/pay`, { body: { method: 'sandbox' }, headers }),
  );
  portal.gateway.act(id, 'pay');
  const event = portal.gateway.eventFor(id)!;
  const settled = await world.measure(() => portal.webhook('sandbox', event.body, event.headers));
  const { body } = await world.call(owner, 'GET', `/mass-payments/${id}`);
  const paid = body.invoices.filter((invoice: any) => invoice.balance.amount === invoice.allocation.amount);
  if (body.status !== 'succeeded' || paid.length !== count)
    throw new Error(`Nothing was paid: ${body.status}`);
  return { 'sum up': named.cost, 'sum up all due': due.cost, pay: begun.cost, settle: settled.cost };
}

async function payRows(batchesAtOnce: boolean): Promise<Row[]> {
  const costs = new Map<number, Record<Work, Cost>>();
  for (const count of sizes) costs.set(count, await payCosts(count, batchesAtOnce));
  const works: Work[] = ['sum up', 'sum up all due', 'pay', 'settle'];
  return works.flatMap((work) => [
    ...sizes.map((count) => payRow(work, count, costs.get(count)![work])),
    ratioRow(work, costs.get(compared)![work], costs.get(largest)![work]),
  ]);
}

function payRow(work: Work, count: number, cost: Cost): Row {
  const each = (amount: number, digits: number) => `${amount} | ${(amount / count).toFixed(digits)}`;
  const most = Math.ceil(count / 90) + 2;
  return {
    ...callsOf(work, count, cost),
    'items read': each(cost.items, 2),
    'items written': each(cost.written, 2),
    'bytes read': each(cost.bytesRead, 0),
    'bytes written': each(cost.bytesWritten, 0),
    'round trips': String(cost.roundTrips),
    ...(work === 'settle'
      ? { aim: `round trips <= ${most}`, '': verdict(cost.roundTrips <= most) }
      : { aim: '', '': '' }),
  };
}

function callsOf(work: string, count: number, { reads, transactions }: Cost): Row {
  return {
    work,
    invoices: count.toLocaleString('en'),
    calls: String(reads + transactions),
    transactions: String(transactions),
  };
}

/** What an invoice costs in the largest payment, beside one in a payment of one transaction. */
function ratioRow(work: Work, fewer: Cost, more: Cost): Row {
  const ratioOf = (of: keyof Cost) => more[of] / largest / (fewer[of] / compared);
  const ratios = {
    'items read': ratioOf('items'),
    'items written': ratioOf('written'),
    'bytes read': ratioOf('bytesRead'),
    'bytes written': ratioOf('bytesWritten'),
  };
  const missed = Object.entries(ratios).flatMap(([what, ratio]) => (ratio > mostOfCompared ? [what] : []));
  return {
    work: `${work}, each`,
    invoices: `${largest} : ${compared}`,
    ...Object.fromEntries(Object.entries(ratios).map(([what, ratio]) => [what, ratio.toFixed(2)])),
    aim: `each <= ${mostOfCompared.toFixed(2)}`,
    '': [verdict(missed.length === 0), missed.join(', ')].join(' ').trim(),
  };
}

async function listRows(batchesAtOnce: boolean): Promise<Row[]> {
  const lists: Record<string, Record<string, string>> = {
    'first page of all': {},
    'first page of the unpaid': { status: 'unpaid' },
  };
  const worlds = [];
  for (const count of [fewInvoices, manyInvoices]) {
    const world = new BilledWorld(batchesAtOnce);
    await world.begin();
    await world.fill(count);
    worlds.push(world);
  }
  const rows: Row[] = [];
  for (const [work, query] of Object.entries(lists)) {
    const costs: Cost[] = [];
    for (const world of worlds) {
      const { body, cost } = await world.measure(() =>
        world.call(world.owner, 'GET', '/invoices', { query }),
      );
      if (body.items.length !== 25) throw new Error(`A page of ${body.items.length}`);
      costs.push(cost);
    }
    const [few, many] = costs as [Cost, Cost];
    const same = few.reads === many.reads && few.items === many.items && many.transactions === 0;
    rows.push(listRow(work, fewInvoices, few), {
      ...listRow(work, manyInvoices, many),
      aim: `calls and items as of ${fewInvoices}`,
      '': verdict(same),
    });
  }
  return rows;
}

function listRow(work: string, count: number, cost: Cost): Row {
  return {
    ...callsOf(work, count, cost),
    'items read': String(cost.items),
    'items written': String(cost.written),
    'bytes read': String(cost.bytesRead),
    'bytes written': String(cost.bytesWritten),
    'round trips': String(cost.roundTrips),
  };
}

export const paymentsSection: Section = {
  name: 'payments',
  title: 'what paying many invoices at once asks of DynamoDB: all | per invoice',
  notes: [
    'Counted, not timed, without the authoriser. Settling: a gateway’s event says that it was paid. Bytes are those of',
    'the items as JSON, whole ones for an update too, as DynamoDB bills them; its indexes are left out. Every action of a',
    'transaction is an item written, a check too. Round trips follow one another: calls that do not wait for each other',
    'are one, and the hundreds of keys of one read are one or many as dynamo-table.ts sends them, which is tried out.',
    `"${largest} : ${compared}": all that a payment of ${largest} costs by ${largest}, divided by all that one of ${compared} costs by ${compared}.`,
  ],
  rows: async () => {
    const batchesAtOnce = await sendsBatchesAtOnce();
    return [...(await payRows(batchesAtOnce)), ...(await listRows(batchesAtOnce))];
  },
};
