import { beforeAll, describe, expect, test } from 'vitest';
import { type BillingDesk, billingDesk, gbp } from '../../support/desks/billing-desk.ts';
import {
  allOf,
  bookedIn,
  closeBooks,
  type Days,
  entriesOf,
  everyDay,
  pence,
  report,
  tableOf,
} from '../../support/desks/books-desk.ts';
import { isBuyer, rules, setTaxRules, untaxed } from '../../support/desks/tax-desk.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

/** A year of a provider with four clients, by the day; what every report says of it has to be what the journal says. */
const portal = new MemoryPortal();
const year: Days = { from: '2026-01-01', to: '2026-12-31' };
const months: Days[] = Array.from({ length: 12 }, (_, index) => {
  const month = `2026-${String(index + 1).padStart(2, '0')}`;
  return { from: `${month}-01`, to: `${month}-${new Date(Date.UTC(2026, index + 1, 0)).getUTCDate()}` };
});
let desks: BillingDesk[] = [];
/** What each month's receivables were on its last day. */
const receivablesThen: any[] = [];
const ages = ['notDue', 'days1To30', 'days31To60', 'days61To90', 'over90Days'];

const at = (month: Days, day: number) => {
  portal.now = new Date(`${month.from.slice(0, 8)}${String(day).padStart(2, '0')}T10:00:00Z`);
};
const dayOf = () => portal.now.toISOString().slice(0, 10);
let references = 0;
const bankMoney = (amount: number, receivedOn: string) => ({
  amount: gbp(amount),
  method: 'bank-transfer',
  reference: `FPS ${++references}`,
  receivedOn,
});
const done = async (called: Promise<{ status: number; body: any }>) => {
  const { status, body } = await called;
  expect([status, body]).toEqual([expect.toBeOneOf([200, 201]), expect.anything()]);
  return body;
};

/** What happens in an account in a month besides its invoice; each kind comes in turn. */
const happenings: ((desk: BillingDesk, month: Days) => Promise<void>)[] = [
  async (desk, month) => {
    await done(desk.staff('POST', '/payments', bankMoney(1717, `${month.from.slice(0, 8)}11`)));
  },
  async (desk) => {
    const { id } = await desk.summary('all-due');
    await desk.pay(id, 'sandbox');
    portal.gateway.act(id, 'pay');
    await desk.event(id);
  },
  async (desk) => {
    const { items } = await desk.get('/invoices', { status: 'unpaid' });
    await done(
      desk.staff('POST', `/invoices/${items[0].id}/credit-notes`, { amount: gbp(1003), reason: 'Outage' }),
    );
  },
  async (desk, month) => {
    // More than is due, for all that is.
    const { items } = await desk.get('/invoices', { status: 'unpaid' });
    const due = items.reduce((all: number, { balance }: any) => all + balance.amount, 0);
    await done(desk.staff('POST', '/payments', bankMoney(due + 999, `${month.from.slice(0, 8)}10`)));
  },
  async (desk) => {
    const { items } = await desk.get('/payments');
    const owedAgain = items.length % 2 === 0;
    await done(
      desk.staff('POST', `/payments/${items[0].id}/refunds`, {
        amount: gbp(501),
        reason: 'Sorry',
        owedAgain,
      }),
    );
  },
  async (desk) => {
    await done(desk.staff('POST', '/credit', { amount: gbp(700), reason: 'Goodwill' }));
    const { items } = await desk.get('/invoices', { status: 'unpaid' });
    await done(desk.owner('POST', `/invoices/${items[0].id}/credit`, { amount: gbp(333) }));
    await done(desk.staff('POST', '/credit', { amount: gbp(-101), reason: 'Too much' }));
  },
];

async function livesThrough(month: Days, index: number): Promise<void> {
  at(month, 5);
  // The month before last is closed; nothing of what follows is stopped by it.
  const closed = months[index - 2];
  if (closed) await done(closeBooks(portal, closed.to));
  for (const [which, desk] of desks.entries()) {
    at(month, 8 + which);
    await desk.invoice(0, {
      lines: [untaxed(3333 + 7 * index), untaxed(1999, { quantity: 3 }), untaxed(1001, { taxRate: '7' })],
      dueOn: `${month.from.slice(0, 8)}20`,
      taxIncluded: which === 3,
    });
  }
  const unassigned = await done(
    portal.call('stan', 'POST', '/v1/staff/unassigned-money', { body: bankMoney(4242, dayOf()) }),
  );
  for (const [which, desk] of desks.entries()) {
    at(month, 14 + which);
    await happenings[(index + which) % happenings.length]!(desk, month);
  }
  at(month, 25);
  if (index % 3 === 0) {
    await done(
      portal.call('stan', 'POST', `/v1/staff/unassigned-money/${unassigned.id}/assign`, {
        body: { accountId: desks[index % desks.length]!.accountId },
      }),
    );
  }
  at(month, Number(month.to.slice(8)));
  await portal.deliver();
  receivablesThen.push(await report(portal, '/reports/receivables', { to: month.to }));
}

beforeAll(async () => {
  portal.now = new Date('2026-01-02T10:00:00Z');
  await setTaxRules(
    portal,
    rules.map((rule) => ({ ...rule, from: rule.from.replace('2026-04', '2026-07') })),
  );
  for (const name of ['Home', 'Business', 'Consumer', 'Gross']) desks.push(await billingDesk(portal, name));
  const [, business, consumer, gross] = desks;
  await isBuyer(portal, desks[0]!.accountId, { country: 'DE' });
  await isBuyer(portal, business!.accountId, { country: 'FR', taxId: 'FR1' });
  await isBuyer(portal, consumer!.accountId, { country: 'FR' });
  await isBuyer(portal, gross!.accountId, { country: 'DE' });
  for (const [index, month] of months.entries()) await livesThrough(month, index);
}, 60_000);

describe('a year in the books', () => {
  test('had everything in it, and the books agree', async () => {
    const kinds = new Set(entriesOf(portal).map(({ kind }) => kind));
    expect([...kinds].toSorted()).toEqual(
      ['adjustment', 'credit', 'credit-note', 'invoice', 'payment', 'refund'].toSorted(),
    );
    for (const desk of desks) expect(await portal.books(desk.accountId)).toEqual([]);
  });

  test.each([...months, year])(
    'the tax of $from to $to is that of the journal, at every rate and country',
    async (days) => {
      const { taxes, sums } = await report(portal, '/reports/tax', { ...days });
      const of = (what: 'net' | 'tax') =>
        taxes.reduce((all: number, each: any) => all + each[what].amount, 0);
      expect(of('tax')).toBe(-bookedIn(portal, 'tax', days));
      expect(of('net')).toBe(-bookedIn(portal, 'revenue', days));
      expect(sums).toEqual([{ currency: 'GBP', net: gbp(of('net')), tax: gbp(of('tax')) }]);
      const rows = await tableOf(portal, '/reports/tax', { ...days });
      expect(pence(rows, 'tax')).toBe(of('tax'));
    },
  );

  test('reverse charge stands by itself: net at no tax', async () => {
    const { taxes } = await report(portal, '/reports/tax', { ...year });
    const france = taxes.filter(({ country }: any) => country === 'FR').map(({ rate }: any) => rate);
    expect(france).toEqual(['0', '7', '20']);
    const reversed = taxes.find(({ rate }: any) => rate === '0');
    expect(reversed).toMatchObject({ country: 'FR', tax: gbp(0) });
    expect(reversed.net.amount).toBeGreaterThan(0);
  });

  test.each([...months, year])(
    'the trial balance of $from to $to is its entries, debits and credits alike',
    async (days) => {
      const { sums } = await report(portal, '/reports/journal', { ...days });
      for (const { ledger, balance, debit, credit } of sums) {
        expect(balance.amount).toBe(debit.amount - credit.amount);
        expect(balance.amount, ledger).toBe(bookedIn(portal, ledger, days));
      }
      const sumOf = (what: string) => sums.reduce((all: number, each: any) => all + each[what].amount, 0);
      expect(sumOf('debit')).toBe(sumOf('credit'));
      const rows = await tableOf(portal, '/reports/journal', { ...days });
      expect([pence(rows, 'debit'), pence(rows, 'credit')]).toEqual([sumOf('debit'), sumOf('credit')]);
    },
  );

  test('the entries of a range come page by page, in the order of their days, each once', async () => {
    const days = { from: '2026-02-10', to: '2026-05-15' };
    const items = await allOf(portal, '/reports/journal', days);
    const expected = entriesOf(portal).filter(({ on }) => on >= days.from && on <= days.to);
    const inOrder = expected.toSorted((a, b) => (`${a.on}#${a.id}` < `${b.on}#${b.id}` ? -1 : 1));
    expect(items.map(({ id }) => id)).toEqual(inOrder.map(({ id }) => id));
  });

  test.each(months)(
    'what was owed at the end of $to is what the ledger of receivables held, by age',
    async (days) => {
      const then = receivablesThen[months.indexOf(days)];
      const now = await report(portal, '/reports/receivables', { to: days.to });
      // Asked for later it is the same: what happened since is taken back.
      expect(now).toEqual(then);
      const held = bookedIn(portal, 'receivable', { ...everyDay, to: days.to });
      expect(now.items.reduce((all: number, each: any) => all + each.total.amount, 0)).toBe(held);
      expect(now.sums[0].total).toEqual(gbp(held));
      for (const each of [...now.items, ...now.sums]) {
        expect(ages.reduce((all, age) => all + each[age].amount, 0)).toBe(each.total.amount);
      }
      const rows = await tableOf(portal, '/reports/receivables', { to: days.to });
      expect(pence(rows, 'total')).toBe(held);
    },
  );

  test('payments are what the ledgers of money took in, refunds apart', async () => {
    const payments = await allOf(portal, '/payments', { ...year });
    const received = payments.reduce((all, { amount, fee }) => all + amount.amount - fee.amount, 0);
    const back = payments.reduce((all, { refunded }) => all + refunded.amount, 0);
    const cash = bookedIn(portal, 'cash:bank-transfer', year) + bookedIn(portal, 'cash:sandbox', year);
    expect(received - back).toBe(cash);
    expect(pence(await tableOf(portal, '/payments', { ...year }), 'amount')).toBe(
      payments.reduce((all, { amount }) => all + amount.amount, 0),
    );
  });

  test('invoices less credit notes are revenue and tax, and numbers are without gaps', async () => {
    const invoices = await allOf(portal, '/invoices', { ...year });
    const notes = await allOf(portal, '/credit-notes', { ...year });
    const total = (of: any[]) => of.reduce((all, each) => all + each.total.amount, 0);
    const earned = bookedIn(portal, 'revenue', year) + bookedIn(portal, 'tax', year);
    expect(total(invoices) - total(notes)).toBe(-earned);
    const numbers = (of: any[]) => of.map(({ number }) => Number(number.slice(-5))).toReversed();
    for (const of of [invoices, notes]) expect(numbers(of)).toEqual(of.map((_, index) => index + 1));
  });

  test('each client’s statement closes with what it owes less its credit, and months follow on each other', async () => {
    for (const desk of desks) {
      const statements = [];
      for (const days of months) statements.push(await desk.get('/statement', { ...days }));
      const whole = await desk.get('/statement', { ...year });
      const { items } = await desk.get('/invoices', { limit: '100' });
      const owed = items.reduce((all: number, { balance }: any) => all + balance.amount, 0);
      const { balance } = await desk.get('/credit');
      expect(whole.closing).toEqual(gbp(owed - balance.amount));
      expect(statements[0].opening).toEqual(gbp(0));
      for (const [index, statement] of statements.entries()) {
        expect(statement.opening).toEqual(statements[index - 1]?.closing ?? gbp(0));
        const moved = statement.movements.reduce((all: number, { amount }: any) => all + amount.amount, 0);
        expect(statement.closing.amount - statement.opening.amount).toBe(moved);
      }
      expect(statements.at(-1).closing).toEqual(whole.closing);
      expect(statements.flatMap(({ movements }) => movements)).toEqual(whole.movements);
    }
  });

  test('nothing lies in the months that were closed that was written after', async () => {
    const late = entriesOf(portal).filter(({ on, at: written }) => on.slice(0, 7) < written.slice(0, 7));
    expect(late).toEqual([]);
  });
});
