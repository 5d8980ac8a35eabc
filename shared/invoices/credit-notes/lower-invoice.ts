import type { Account } from '../../accounts/people.ts';
import type { Day } from '../../core/day.ts';
import { toInstant } from '../../core/clock.ts';
import { newId } from '../../core/ids.ts';
import { moneyText } from '../../core/money.ts';
import { firstSpoken } from '../../language/choose.ts';
import type { Phrase } from '../../language/phrase.ts';
import { text } from '../../language/text.ts';
import { conflict } from '../../core/problem.ts';
import type { Action } from '../../table/table.ts';
import type { Change } from '../../write/commit.ts';
import { type DocumentRef, documentsTask } from '../documents/document-task.ts';
import { balanceOf, creditedOf, type Invoice, type InvoiceLine, statusOf } from '../invoice.ts';
import { billingMail } from '../invoice-mail.ts';
import { invoiceChanged } from '../invoice-store.ts';
import { addCreditRows } from '../ledger/credit.ts';
import { journalRow, type NewPosting } from '../ledger/journal.ts';
import type { Numbers } from '../numbers.ts';
import { paidTask } from '../paid-task.ts';
import { invoiceActivity } from '../raise-invoice.ts';
import {
  type CreditNote,
  isOff,
  lineIdOf,
  noteLines,
  type NoteLine,
  sumsOf,
  type Wanted,
} from './credit-note.ts';
import { creditNoteRow } from './credit-note-store.ts';

/** What every credit note needs; the account is the one that the invoice was given to. */
export interface NoteContext {
  account: Pick<Account, 'id' | 'name' | 'language'>;
  numbers: Numbers;
  portalUrl: string;
  today: Day;
  now: Date;
}

interface NoteTerms {
  /** As somebody wrote it, or words of ours, which the note says in its own language. */
  reason: string | Phrase;
  /** Where the money goes that the account has paid and owes no longer. */
  to: 'credit' | 'gateway';
}

export type Lowered = Change & { after: Invoice; note: CreditNote };

/**
 * The one way in which an issued invoice comes to charge less: a credit note. It lowers the balance first; what was paid
 * beyond the rest becomes account credit at once or, `to` the gateway, waits for its refund as a balance below zero.
 * Fails where the invoice has changed, or another note took the number.
 * @throws Problem `given-back` where that much is not left to be taken off
 */
export async function lowered(
  context: NoteContext,
  before: Invoice,
  wanted: Wanted,
  { reason, to }: NoteTerms,
): Promise<Lowered> {
  const { now } = context;
  const { id, accountId, currency } = before;
  const lines = noteLines(before, wanted);
  const sums = sumsOf(lines.map(({ line }) => line));
  const balance = balanceOf(before);
  const back = Math.max(0, sums.total - Math.max(0, balance));
  const given = await newNote(context, before, lines, { reason, to, back });
  const toCredit = to === 'credit' ? back : 0;
  const changed = changedBy(before, given.note, lines, before.refunded + toCredit);
  const { after } = changed;
  const postings: NewPosting[] = [
    { ledger: 'revenue', amount: sums.subtotal },
    { ledger: 'tax', amount: sums.tax },
    { ledger: 'receivable', amount: balanceOf(after) - balance, invoiceId: id },
    { ledger: 'credit', amount: -toCredit },
  ];
  const day = await context.numbers.bookDay(now);
  const relatesTo = given.note.id;
  const credit = { amount: toCredit, currency, reason: `Credit note ${given.note.number}`, relatesTo: id };
  return {
    after,
    note: given.note,
    actions: [
      changed.action,
      ...given.actions,
      ...journalRow(accountId, { kind: 'credit-note', currency, postings, relatesTo }, day),
      ...(toCredit > 0 ? addCreditRows(accountId, credit, now) : []),
    ],
    activity: [
      invoiceActivity(
        after,
        after.status === 'cancelled' ? 'invoice.cancelled' : 'invoice.credited',
        { status: before.status, credited: { amount: creditedOf(before), currency } },
        { status: after.status, credited: { amount: creditedOf(after), currency } },
      ),
    ],
    outbox: [
      documentsTask([noteRef(given.note)]),
      noteMail(context, after, given.note),
      // The rest may be paid by now: it is fulfilled as after any payment.
      ...(before.status === 'unpaid' && after.status === 'paid' ? paidTask(accountId, [after]) : []),
    ],
  };
}

/**
 * The note that comes with money that was given back already: as much comes off as went back, so that the balance stays.
 * The payer is told of the refund, not of the note.
 */
export async function refundedBy(
  context: NoteContext,
  before: Invoice,
  amount: number,
  reason: string,
): Promise<{ after: Invoice; note: CreditNote; actions: Action[] }> {
  const lines = noteLines(before, { kind: 'amount', amount });
  const { note, actions } = await newNote(context, before, lines, { reason, to: 'gateway', back: amount });
  const { after, action } = changedBy(before, note, lines, before.refunded + amount);
  return { after, note, actions: [action, ...actions] };
}

/** The lines of an unpaid invoice that bill something that is not to be delivered any more; null where none is left. */
export async function withoutLines(
  context: NoteContext,
  before: Invoice,
  isRemoved: (line: InvoiceLine) => boolean,
  reason: string | Phrase,
): Promise<Lowered | null> {
  const removed = before.lines.flatMap((line, index) =>
    isRemoved(line) && !isOff(line, before.taxIncluded) ? [{ line: lineIdOf(index) }] : [],
  );
  if (before.status !== 'unpaid' || removed.length === 0) return null;
  return lowered(context, before, { kind: 'lines', lines: removed }, { reason, to: 'credit' });
}

/** Matches the line that bills an item, such as a domain's renewal. */
export const isLineFor =
  (kind: string, id: string) =>
  ({ relatesTo }: InvoiceLine): boolean =>
    typeof relatesTo === 'object' && relatesTo?.kind === kind && relatesTo.id === id;

/** The most notes of one invoice. */
const mostNotes = 200;

/** As the task that has it printed names it. */
export function noteRef({ accountId, id }: CreditNote): DocumentRef {
  return { kind: 'credit-note', accountId, id };
}

async function newNote(
  { account, numbers, today, now }: NoteContext,
  { id: invoiceId, accountId, number: invoiceNumber, currency, creditNotes = [] }: Invoice,
  lines: readonly { line: NoteLine }[],
  { reason, to, back }: NoteTerms & { back: number },
): Promise<{ note: CreditNote; actions: Action[] }> {
  if (creditNotes.length >= mostNotes)
    throw conflict(`Invoice ${invoiceNumber} has ${mostNotes} credit notes.`);
  const { number, actions } = await numbers.next('credit-note');
  const language = firstSpoken(account.language);
  const noted = lines.map(({ line }) => line);
  const note: CreditNote = {
    id: newId('creditNote', now),
    accountId,
    number,
    invoiceId,
    invoiceNumber: invoiceNumber ?? '',
    issuedOn: today,
    currency,
    lines: noted,
    ...sumsOf(noted),
    reason: typeof reason === 'string' ? reason : text(language, reason.key, reason.values),
    language,
    back,
    to,
    createdAt: toInstant(now),
  };
  return { note, actions: [creditNoteRow(note), ...actions] };
}

function changedBy(
  before: Invoice,
  { id, number, issuedOn, total }: CreditNote,
  noted: readonly { index: number; line: NoteLine }[],
  refunded: number,
) {
  const byIndex = new Map(noted.map(({ index, line }) => [index, line]));
  const lines = before.lines.map((line, index) => {
    const off = byIndex.get(index);
    if (!off) return line;
    const { net = 0, tax = 0 } = line.credited ?? {};
    return { ...line, credited: { net: net + off.amount, tax: tax + off.tax } };
  });
  const changes = {
    lines,
    credited: creditedOf(before) + total,
    creditNotes: [...(before.creditNotes ?? []), { id, number, issuedOn, total }],
    refunded,
  };
  const status = statusOf({ ...before, ...changes });
  return invoiceChanged(before, { ...changes, status });
}

function noteMail({ account, portalUrl }: NoteContext, invoice: Invoice, note: CreditNote) {
  const { number, total, back, currency, reason, lines, to } = note;
  return billingMail('credit-note', account, {
    number,
    invoice: invoice.number ?? '',
    total: moneyText({ amount: total, currency }),
    balance: moneyText({ amount: Math.max(0, balanceOf(invoice)), currency }),
    // What goes back through the gateway is told once it is there.
    toCredit: to === 'credit' && back > 0 ? moneyText({ amount: back, currency }) : '',
    reason,
    lines: lines.slice(0, 50).map((line) => line.description),
    invoiceUrl: `${portalUrl}/invoices/${invoice.id}`,
  });
}
