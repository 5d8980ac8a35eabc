import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import type { Money } from '../../shared/core/money.ts';
import { wantsCsv } from '../../shared/http/lists/csv.ts';
import { csvReply } from '../../shared/http/lists/csv-reply.ts';
import { periodOf, wholePages } from '../../shared/http/lists/period.ts';
import { chargedBy, type CreditNote } from '../../shared/invoices/credit-notes/credit-note.ts';
import type { Invoice } from '../../shared/invoices/invoice.ts';
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
  /** The buyer's; null where it is not known. */
  country: string | null;
  net: number;
  tax: number;
}

/** Net and tax of the documents that were numbered on these days: invoices less credit notes. */
export async function showTaxReport(
  dependencies: ReportsDependencies,
  { context, query, raw }: Pick<DaysRequest, 'context' | 'raw'> & { query: Parameters<typeof periodOf>[0] },
): Promise<Reply> {
  const range = periodOf(query, await dependencies.today(context.now));
  const taxes = (await taxesOf(dependencies, range)).map(taxView);
  if (!wantsCsv(raw.headers)) return { body: { ...range, taxes, sums: sumsOf(taxes) } };
  const rows = taxes.map(({ currency, rate, country, net, tax }) => [currency, rate, country, net, tax]);
  return csvReply(['currency', 'rate', 'country', 'net', 'tax'], rows);
}

async function taxesOf({ invoices, notes, people }: ReportsDependencies, range: DayRange): Promise<TaxSum[]> {
  const sums = new Map<string, TaxSum>();
  for await (const page of wholePages((part) => invoices.numbered(range, part), mostDocuments)) {
    const countryOf = await buyersCountry(people, page);
    for (const invoice of page) {
      for (const line of invoice.lines) {
        addTo(sums, invoice, line.taxRate, countryOf(invoice), chargedBy(line, invoice.taxIncluded));
      }
    }
  }
  for await (const page of wholePages((part) => notes.numbered(range, part), mostDocuments)) {
    const corrected = await invoices.ofAccounts(page);
    const countryOf = await buyersCountry(people, corrected);
    for (const [index, note] of page.entries()) {
      for (const { taxRate, amount, tax } of note.lines) {
        addTo(sums, note, taxRate, countryOf(corrected[index]), { net: -amount, tax: -tax });
      }
    }
  }
  return [...sums.values()].toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

function addTo(
  sums: Map<string, TaxSum>,
  { currency }: Invoice | CreditNote,
  rate: string,
  country: string | null,
  { net, tax }: { net: number; tax: number },
): void {
  const key = JSON.stringify([currency, rate, country]);
  const sum = sums.get(key) ?? { currency, rate, country, net: 0, tax: 0 };
  sums.set(key, { ...sum, net: sum.net + net, tax: sum.tax + tax });
}

/** By currency, rate and country. */
const orderOf = ({ currency, rate, country }: TaxSum): string =>
  `${currency} ${rate.split('.')[0]!.padStart(3, '0')} ${rate} ${country ?? ''}`;

/** Where the buyer of each invoice was when it was issued; of those of before that was kept, where its account is now. */
async function buyersCountry(
  people: Pick<PeopleStore, 'accounts'>,
  invoices: readonly (Invoice | undefined)[],
): Promise<(invoice: Invoice | undefined) => string | null> {
  const older = invoices.flatMap((invoice) => (invoice && !invoice.buyer ? [invoice.accountId] : []));
  const ids = [...new Set(older)];
  const accounts = ids.length === 0 ? [] : await people.accounts(ids);
  const countries = new Map(ids.map((id, index) => [id, accounts[index]?.address.country]));
  return (invoice) => {
    if (!invoice) return null;
    const { buyer, accountId } = invoice;
    return (buyer ? buyer.address.country : countries.get(accountId)) ?? null;
  };
}

function taxView({ currency, net, tax, ...sum }: TaxSum) {
  const money = (amount: number): Money => ({ amount, currency });
  return { currency, ...sum, net: money(net), tax: money(tax) };
}

/** Of each currency. */
function sumsOf(taxes: readonly ReturnType<typeof taxView>[]) {
  return [...Map.groupBy(taxes, ({ currency }) => currency)].map(([currency, ofCurrency]) => {
    const sum = (amounts: readonly Money[]): Money => ({
      amount: amounts.reduce((all, { amount }) => all + amount, 0),
      currency,
    });
    return {
      currency,
      net: sum(ofCurrency.map(({ net }) => net)),
      tax: sum(ofCurrency.map(({ tax }) => tax)),
    };
  });
}
