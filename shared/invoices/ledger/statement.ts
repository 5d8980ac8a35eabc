import type { Account } from '../../accounts/people.ts';
import type { PeopleStore } from '../../accounts/people-store.ts';
import type { Day } from '../../core/day.ts';
import { idPrefixes } from '../../core/ids.ts';
import { invalid } from '../../core/problem.ts';
import type { DayRange } from '../../table/by-day.ts';
import type { Position, Table } from '../../table/table.ts';
import { chargedBy, type CreditNote, lineAt } from '../credit-notes/credit-note.ts';
import { creditNoteStore } from '../credit-notes/credit-note-store.ts';
import type { Invoice, InvoiceLine } from '../invoice.ts';
import type { InvoiceStore } from '../invoice-store.ts';
import { type JournalEntry, type Ledger, readJournal } from './journal.ts';

/** What changed the balance of an account. Amounts in minor units; above zero the account owes more. */
export interface Movement {
  id: string;
  on: Day;
  /** `invoice`, `credit-note`, `payment`, `refund`, `adjustment` and whatever else the journal books. */
  kind: string;
  /** The document or payment behind it; a payment has no number. */
  relatesTo: { kind: 'invoice' | 'credit-note' | 'payment'; id: string; number: string | null } | null;
  /** How money came or went; null where none did. */
  method: string | null;
  /** What staff said of an adjustment. */
  reason: string | null;
  amount: number;
  /** After it. */
  balance: number;
}

/** What a main account was charged for an account beneath it, and what was credited of that, with tax. */
export interface Subtotal {
  accountId: string;
  accountName: string;
  charged: number;
  credited: number;
}

/**
 * An account's statement in one currency. A balance is what the account owes, less its credit and what of its money is on
 * its way to invoices: below zero we owe the account.
 */
export interface Statement extends DayRange {
  accountId: string;
  accountName: string;
  currency: string;
  opening: number;
  movements: Movement[];
  closing: number;
  /** For each account beneath that something was charged or credited for. */
  subtotals: Subtotal[];
}

export interface StatementDependencies {
  table: Table;
  invoices: InvoiceStore;
  people: PeopleStore;
}

/** The ledgers that are between the account and us; all others are ours. */
const ofAccount: ReadonlySet<Ledger> = new Set<Ledger>(['receivable', 'credit', 'unallocated']);

const mostMovements = 5000;

/**
 * What happened between the account and us on these days, from its journal. Entries that move money from one pocket of the
 * account to another, such as credit that is applied to an invoice, change no balance and are left out.
 * @throws Problem where the days have too many movements for one statement
 */
export async function statementOf(
  dependencies: StatementDependencies,
  { id: accountId, name: accountName }: Pick<Account, 'id' | 'name'>,
  { from, to }: DayRange,
  currency: string,
): Promise<Statement> {
  const entries = await entriesOf(dependencies.table, accountId, currency, to);
  const opening = sumOf(entries.filter(({ on }) => on < from));
  const moving = entries.filter((entry) => entry.on >= from && amountOf(entry) !== 0);
  if (moving.length > mostMovements) {
    const message = `must be later: these days have more than ${mostMovements} movements`;
    throw invalid([{ path: 'from', code: 'out-of-range', message }]);
  }
  const documents = await documentsOf(dependencies, accountId, moving);
  let balance = opening;
  const movements = moving.map((entry): Movement => {
    const amount = amountOf(entry);
    balance += amount;
    const { id, on, kind } = entry;
    const relatesTo = relationOf(entry, documents);
    const reason = kind === 'adjustment' ? entry.relatesTo : null;
    return { id, on, kind, relatesTo, method: methodOf(entry), reason, amount, balance };
  });
  const subtotals = await subtotalsOf(dependencies, moving, documents);
  return { accountId, accountName, currency, from, to, opening, movements, closing: balance, subtotals };
}

/** The account's entries up to a day, in the order of days. */
async function entriesOf(
  table: Table,
  accountId: string,
  currency: string,
  to: Day,
): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  let after: Position | undefined;
  do {
    const page = await readJournal(table, accountId, { limit: 1000, after });
    entries.push(...page.items.filter((entry) => entry.currency === currency && entry.on <= to));
    after = page.next ?? undefined;
  } while (after);
  // Money that came by bank may be dated before what was written earlier; of one day the order stays.
  return entries.toSorted((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0));
}

/** By how much an entry changes what the account owes, less what it has. */
function amountOf({ postings }: JournalEntry): number {
  let amount = 0;
  for (const posting of postings) if (ofAccount.has(posting.ledger)) amount += posting.amount;
  return amount;
}

const sumOf = (entries: readonly JournalEntry[]): number =>
  entries.reduce((all, entry) => all + amountOf(entry), 0);

const cashPrefix = 'cash:';

function methodOf({ postings }: JournalEntry): string | null {
  const cash = postings.find(({ ledger }) => ledger.startsWith(cashPrefix));
  return cash ? cash.ledger.slice(cashPrefix.length) : null;
}

interface Documents {
  invoices: ReadonlyMap<string, Invoice>;
  notes: ReadonlyMap<string, CreditNote>;
}

const isOf = (kind: keyof typeof idPrefixes, id: string) => id.startsWith(`${idPrefixes[kind]}_`);

/** The invoices and notes that entries name, and the invoices of those notes. */
async function documentsOf(
  { table, invoices }: StatementDependencies,
  accountId: string,
  entries: readonly JournalEntry[],
): Promise<Documents> {
  const named = [...new Set(entries.map(({ relatesTo }) => relatesTo))];
  const noteIds = named.filter((id) => isOf('creditNote', id));
  const foundNotes = noteIds.length === 0 ? [] : await creditNoteStore(table).getMany(accountId, noteIds);
  const notes = foundNotes.flatMap((note) => note ?? []);
  const invoiceIds = new Set([
    ...named.filter((id) => isOf('invoice', id)),
    ...notes.map(({ invoiceId }) => invoiceId),
  ]);
  const found = invoiceIds.size === 0 ? [] : await invoices.getMany(accountId, [...invoiceIds]);
  return {
    invoices: new Map(found.flatMap((invoice) => (invoice ? [[invoice.id, invoice]] : []))),
    notes: new Map(notes.map((note) => [note.id, note])),
  };
}

function relationOf({ relatesTo: id }: JournalEntry, { invoices, notes }: Documents): Movement['relatesTo'] {
  if (isOf('invoice', id)) return { kind: 'invoice', id, number: invoices.get(id)?.number ?? null };
  if (isOf('creditNote', id)) return { kind: 'credit-note', id, number: notes.get(id)?.number ?? null };
  return isOf('payment', id) ? { kind: 'payment', id, number: null } : null;
}

/** What was charged for each account beneath, by the lines that name it, and credited of these. */
async function subtotalsOf(
  { people }: StatementDependencies,
  entries: readonly JournalEntry[],
  { invoices, notes }: Documents,
): Promise<Subtotal[]> {
  const sums = new Map<string, { charged: number; credited: number }>();
  const add = (line: InvoiceLine | undefined, what: 'charged' | 'credited', amount: number) => {
    const accountId = typeof line?.relatesTo === 'object' ? line.relatesTo?.accountId : undefined;
    if (accountId === undefined) return;
    const sum = sums.get(accountId) ?? { charged: 0, credited: 0 };
    sum[what] += amount;
    sums.set(accountId, sum);
  };
  for (const { kind, relatesTo } of entries) {
    const invoice = kind === 'invoice' ? invoices.get(relatesTo) : undefined;
    for (const line of invoice?.lines ?? []) {
      const { net, tax } = chargedBy(line, invoice!.taxIncluded);
      add(line, 'charged', net + tax);
    }
    const note = kind === 'credit-note' ? notes.get(relatesTo) : undefined;
    for (const { line, amount, tax } of note?.lines ?? []) {
      add(lineAt(invoices.get(note!.invoiceId), line), 'credited', amount + tax);
    }
  }
  const ids = [...sums.keys()].toSorted();
  const accounts = ids.length === 0 ? [] : await people.accounts(ids);
  return ids.map((accountId, index) => ({
    accountId,
    accountName: accounts[index]?.name ?? '',
    ...sums.get(accountId)!,
  }));
}
