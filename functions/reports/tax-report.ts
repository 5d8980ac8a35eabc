import type { CreditNote } from '../../shared/invoices/credit-notes/credit-note.ts';
import { chargedBy } from '../../shared/invoices/credit-notes/credit-note.ts';
import type { Invoice } from '../../shared/invoices/invoice.ts';
import type { Money } from '../../shared/core/money.ts';
import { wantsCsv } from '../../shared/http/lists/csv.ts';
import { csvReply } from '../../shared/http/lists/csv-reply.ts';
import { periodOf, readWhole } from '../../shared/http/lists/period.ts';
import type { DayRange } from '../../shared/table/by-day.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { DaysRequest } from './lists/list-of-days.ts';
import type { ReportsDependencies } from './reports-dependencies.ts';

/** Documents of a kind in one report: as many as a function reads in its time. */
const mostDocuments = 50_000;

/** Amounts in minor units. */
interface TaxSum {
  currency: string;
  rate: string;
  country: string | null;
  net: number;
  tax: number;
}

/** What of a document has one rate. */
interface Taxed {
  accountId: string;
  currency: string;
  rate: string;
  net: number;
  tax: number;
}

const headings = ['currency', 'rate', 'country', 'net', 'tax'];

/** Net and tax of the documents that were numbered on these days: invoices less credit notes. */
export async function showTaxReport(
  dependencies: ReportsDependencies,
  { context, query, raw }: Pick<DaysRequest, 'context' | 'raw'> & { query: Partial<DayRange> },
): Promise<Reply> {
  const range = periodOf(query, await dependencies.today(context.now));
  const taxes = await taxesOf(dependencies, range);
  const money = (amount: number, currency: string): Money => ({ amount, currency });
  if (wantsCsv(raw.headers)) {
    const rows = taxes.map(({ currency, rate, country, net, tax }) => [
      ...[currency, rate, country],
      ...[money(net, currency), money(tax, currency)],
    ]);
    return csvReply(headings, rows);
  }
  const shown = ({ net, tax, ...sum }: TaxSum) => ({
    ...sum,
    net: money(net, sum.currency),
    tax: money(tax, sum.currency),
  });
  const sums = summed(taxes, ({ currency }) => ({ currency, rate: '', country: null }));
  return { body: { ...range, taxes: taxes.map(shown), sums: sums.map(shown) } };
}

async function taxesOf({ invoices, notes, people }: ReportsDependencies, range: DayRange): Promise<TaxSum[]> {
  // Added up while they are read: only the sums of accounts are kept.
  const ofAccounts = new Map<string, Taxed>();
  const add = (taxed: Taxed): void => {
    const key = JSON.stringify([taxed.accountId, taxed.currency, taxed.rate]);
    const sum = ofAccounts.get(key);
    if (!sum) ofAccounts.set(key, taxed);
    else {
      sum.net += taxed.net;
      sum.tax += taxed.tax;
    }
  };
  await readWhole(
    (page) => invoices.numbered(range, page),
    mostDocuments,
    (invoice) => taxedOfInvoice(invoice).forEach(add),
  );
  await readWhole(
    (page) => notes.numbered(range, page),
    mostDocuments,
    (note) => taxedOfNote(note).forEach(add),
  );
  const ids = [...new Set([...ofAccounts.values()].map(({ accountId }) => accountId))];
  const accounts = ids.length === 0 ? [] : await people.accounts(ids);
  const countries = new Map(ids.map((id, index) => [id, accounts[index]?.address.country ?? null]));
  return summed([...ofAccounts.values()], ({ accountId, currency, rate }) => ({
    currency,
    rate,
    country: countries.get(accountId) ?? null,
  }));
}

function taxedOfInvoice({ accountId, currency, lines, taxIncluded }: Invoice): Taxed[] {
  return lines.map((line) => ({
    accountId,
    currency,
    rate: line.taxRate,
    ...chargedBy(line, taxIncluded),
  }));
}

function taxedOfNote({ accountId, currency, lines }: CreditNote): Taxed[] {
  return lines.map(({ taxRate, amount, tax }) => ({
    accountId,
    currency,
    rate: taxRate,
    net: -amount,
    tax: -tax,
  }));
}

/** Sums by currency, rate and country, in that order. */
function summed<T extends { net: number; tax: number }>(
  parts: readonly T[],
  keyOf: (part: T) => Omit<TaxSum, 'net' | 'tax'>,
): TaxSum[] {
  const sums = new Map<string, TaxSum>();
  for (const part of parts) {
    const key = keyOf(part);
    const text = JSON.stringify(key);
    const sum = sums.get(text) ?? { ...key, net: 0, tax: 0 };
    sum.net += part.net;
    sum.tax += part.tax;
    sums.set(text, sum);
  }
  const orderOf = ({ currency, rate, country }: TaxSum) =>
    `${currency} ${rate.split('.')[0]!.padStart(3, '0')} ${rate} ${country ?? ''}`;
  return [...sums.values()].toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}
