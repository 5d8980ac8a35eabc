import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  grossLeft,
  leftOfLine,
  lineIdOf,
  noteLines,
  standingLines,
  sumsOf,
  type Wanted,
} from '../../../../shared/invoices/credit-notes/credit-note.ts';
import { creditedOf, type Invoice, keptOf, totalsOf } from '../../../../shared/invoices/invoice.ts';

const invoiceOf = (
  lines: readonly { quantity: number; price: number; rate: string }[],
  taxIncluded: boolean,
): Invoice => {
  const given = lines.map(({ quantity, price, rate }) => ({
    description: 'Hosting',
    quantity,
    unitPrice: { amount: price, currency: 'GBP' },
    taxRate: rate,
  }));
  const totals = totalsOf(given, taxIncluded, () => ({ rate: '0', words: null }));
  return {
    ...totals,
    id: 'inv_1',
    accountId: 'acct_1',
    number: '2026-00001',
    status: 'unpaid',
    taxIncluded,
    issuedOn: '2026-03-01',
    dueOn: '2026-03-15',
    credited: 0,
    credit: 0,
    paid: 0,
    refunded: 0,
    heldBy: '',
    version: '1',
    createdAt: '2026-03-01T00:00:00Z',
    orderId: null,
  };
};

/** The invoice after a note, and the note's sums. */
function noted(invoice: Invoice, wanted: Wanted) {
  const taken = noteLines(invoice, wanted);
  const sums = sumsOf(taken.map(({ line }) => line));
  const lines = invoice.lines.map((line, at) => {
    const off = taken.find(({ index }) => index === at)?.line;
    if (!off) return line;
    const { net = 0, tax = 0 } = line.credited ?? {};
    return { ...line, credited: { net: net + off.amount, tax: tax + off.tax } };
  });
  return { after: { ...invoice, lines, credited: creditedOf(invoice) + sums.total }, sums };
}

const anInvoice = fc
  .record({
    lines: fc.array(
      fc.record({
        quantity: fc.integer({ min: 1, max: 12 }),
        price: fc.integer({ min: -20_000, max: 100_000 }),
        rate: fc.constantFrom('0', '5', '7.7', '17.5', '20', '21'),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    taxIncluded: fc.boolean(),
  })
  .map(({ lines: [first, ...others], taxIncluded }) => {
    // The first makes up for whatever the others take off.
    const discounts = others.reduce((all, { quantity, price }) => all + Math.min(0, quantity * price), 0);
    const price = Math.abs(first!.price) + 2 * Math.abs(discounts);
    return invoiceOf([{ ...first!, quantity: 1, price }, ...others], taxIncluded);
  })
  .filter(({ total }) => total > 0);

describe('credit notes of any kind, in any order,', () => {
  test('never take more off a line than it charged, and the last one takes the rest to the penny', () => {
    fc.assert(
      fc.property(anInvoice, fc.array(fc.nat(10_000), { maxLength: 8 }), (invoice, draws) => {
        let current = invoice;
        for (const [nth, draw] of draws.entries()) {
          const left = current.total - creditedOf(current);
          if (left === 0) break;
          const standing = standingLines(current).filter(
            ([, line]) => grossLeft(line, current.taxIncluded) > 0,
          );
          const [index, line] = standing[draw % standing.length]!;
          // No more than the invoice asks for, at the highest rate of tax.
          const net = Math.min(leftOfLine(line, current.taxIncluded).net, Math.floor(left / 1.21) - 1);
          const wanted: Wanted =
            nth % 2 === 0 || net <= 0
              ? { kind: 'amount', amount: 1 + (draw % left) }
              : { kind: 'lines', lines: [{ line: lineIdOf(index), amount: 1 + (draw % net) }] };
          const { after, sums } = noted(current, wanted);
          if (wanted.kind === 'amount') expect(sums.total).toBe(wanted.amount);
          for (const each of after.lines) {
            const rest = leftOfLine(each, after.taxIncluded);
            const sign = each.amount < 0 ? -1 : 1;
            expect(sign * rest.net).toBeGreaterThanOrEqual(0);
            expect(sign * rest.tax).toBeGreaterThanOrEqual(0);
          }
          current = after;
        }
        if (creditedOf(current) === invoice.total) return;
        const { after, sums } = noted(current, { kind: 'all' });
        expect(creditedOf(current) + sums.total).toBe(invoice.total);
        expect(sums.subtotal + sums.tax).toBe(sums.total);
        expect(standingLines(after).every(([, line]) => grossLeft(line, after.taxIncluded) === 0)).toBe(true);
      }),
    );
  });
});

describe('a discount', () => {
  const priced = (price: number, quantity = 1) => ({ quantity, price, rate: '20' });
  const invoice = invoiceOf([priced(10_000), priced(-1000, 2)], false);
  const wanting = (lines: { line: string; quantity?: number; amount?: number }[]) =>
    noteLines(invoice, { kind: 'lines', lines });

  test('comes off in proportion to what it lowered, each with its tax', () => {
    const taken = noteLines(invoice, { kind: 'amount', amount: 4800 });
    expect(taken.map(({ line: { amount, tax } }) => [amount, tax])).toEqual([
      [5000, 1000],
      [-1000, -200],
    ]);
  });

  test('goes with all that is left, so that the notes come to the total', () => {
    const { after, sums } = noted(invoice, { kind: 'amount', amount: 1 });
    expect(sums.total).toBe(1);
    expect(noted(after, { kind: 'all' }).sums.total).toBe(9599);
  });

  test('by units goes with the line that it lowered', () => {
    const sums = sumsOf(
      wanting([
        { line: '1', amount: 5000 },
        { line: '2', quantity: 1 },
      ]).map(({ line }) => line),
    );
    expect(sums).toMatchObject({ subtotal: 4000, tax: 800, total: 4800 });
  });

  test.each([
    ['whole', {}],
    ['by units', { quantity: 1 }],
    ['by an amount', { amount: 500 }],
  ])('is not taken off alone, which would charge more: %s', (_, part) => {
    expect(() => wanting([{ line: '2', ...part }])).toThrow(
      expect.objectContaining({ kind: 'invalid-request' }),
    );
  });

  test('lets no line give back more than the invoice came to', () => {
    expect(() => wanting([{ line: '1', amount: 8001 }])).toThrow(
      expect.objectContaining({ kind: 'given-back' }),
    );
    expect(sumsOf(wanting([{ line: '1' }]).map(({ line }) => line)).total).toBe(9600);
  });

  test('of more than it is, is refused', () => {
    const more = () => wanting([{ line: '1' }, { line: '2', amount: 2001 }]);
    expect(more).toThrow(expect.objectContaining({ kind: 'given-back' }));
    const units = () => wanting([{ line: '1' }, { line: '2', quantity: 3 }]);
    expect(units).toThrow(expect.objectContaining({ kind: 'given-back' }));
  });
});

describe('an invoice of before credit notes, of which something was given back,', () => {
  const { credited: _, ...before } = invoiceOf([{ quantity: 1, price: 10_000, rate: '0' }], false);
  const refunded = { ...before, status: 'paid', paid: 10_000, refunded: 4000 } as Invoice;

  test.each<Wanted>([{ kind: 'all' }, { kind: 'lines', lines: [{ line: '1' }] }])(
    'has no more taken off than is left of it: %o',
    (wanted) => {
      expect(noted(refunded, wanted).sums.total).toBe(6000);
    },
  );

  test('is refused more, and keeps nothing to give back once it was cancelled', () => {
    const note = () => noteLines(refunded, { kind: 'lines', lines: [{ line: '1', amount: 6001 }] });
    expect(note).toThrow(expect.objectContaining({ kind: 'given-back' }));
    expect(keptOf(refunded)).toBe(6000);
    expect(keptOf({ ...before, status: 'cancelled', paid: 3000 })).toBe(0);
  });
});

describe('a part of a line', () => {
  const invoice = invoiceOf([{ quantity: 3, price: 1000, rate: '17.5' }], false);

  test('by units has their price and tax', () => {
    const [{ line }] = noteLines(invoice, { kind: 'lines', lines: [{ line: '1', quantity: 2 }] }) as any;
    expect(line).toMatchObject({ quantity: 2, amount: 2000, tax: 350, taxRate: '17.5' });
  });

  test.each([
    ['more units than there are', { quantity: 4 }],
    ['more than it charged', { amount: 3001 }],
  ])('is refused with what is left where it is %s', (_, wanted) => {
    const note = () => noteLines(invoice, { kind: 'lines', lines: [{ line: '1', ...wanted }] });
    expect(note).toThrow(expect.objectContaining({ kind: 'given-back' }));
  });

  test.each(['0', '2', '01', 'x', '', '1e3', '-1'])(
    'of a line that the invoice has not is refused: %j',
    (line) => {
      const note = () => noteLines(invoice, { kind: 'lines', lines: [{ line }] });
      expect(note).toThrow(expect.objectContaining({ kind: 'invalid-request' }));
    },
  );
});
