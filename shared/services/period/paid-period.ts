import type { Phrase } from '../../language/phrase.ts';
import { cycleMonths } from '../../products/product.ts';
import { addMonths, type Day, daysBetween } from '../../core/day.ts';
import type { Account } from '../../accounts/people.ts';
import { leftOfLine, lineIdOf } from '../../invoices/credit-notes/credit-note.ts';
import { isLineFor, lowered } from '../../invoices/credit-notes/lower-invoice.ts';
import type { Invoice } from '../../invoices/invoice.ts';
import { type LoadedService, type ManageDependencies, noRows, type Rows } from '../load-service.ts';
import type { PaidLine, Service } from '../service.ts';

/** A line that paid for the current period, and what its days from some day on are worth: net, rounded down. */
export interface PaidRest {
  invoice: Invoice;
  lineIndex: number;
  unused: number;
}

/**
 * What the rest of the current period is worth: by the lines that paid for it, the last first. `isWhole` tells whether
 * they paid for all of it: a service that staff added, or that came from elsewhere, was paid elsewhere.
 */
export async function paidRests(
  { invoices }: ManageDependencies,
  service: Service,
  since: Day,
): Promise<{ rests: PaidRest[]; isWhole: boolean }> {
  const lines = service.periodPaid ?? (await lineOfBefore({ invoices }, service));
  const daysLeft = Math.max(0, daysBetween(since, service.nextDueOn!));
  const rests: PaidRest[] = [];
  for (const { accountId, invoiceId, lineIndex, days } of lines.toReversed()) {
    const invoice = await invoices.get(accountId, invoiceId);
    const line = invoice?.lines[lineIndex];
    if (invoice?.status !== 'paid' || !line || days === 0) continue;
    const { net } = leftOfLine(line, invoice.taxIncluded);
    const share = (BigInt(Math.max(0, net)) * BigInt(Math.min(daysLeft, days))) / BigInt(days);
    rests.push({ invoice, lineIndex, unused: Number(share) });
  }
  return { rests, isWhole: lines.some(({ ofChange }) => !ofChange) };
}

/** The line of a period that was paid before services remembered theirs; among the payer's newest invoices. */
async function lineOfBefore(
  { invoices }: Pick<ManageDependencies, 'invoices'>,
  { id, periodPaidBy, nextDueOn, cycle, anchorDay }: Service,
): Promise<PaidLine[]> {
  if (!periodPaidBy || nextDueOn === null) return [];
  const begins = addMonths(nextDueOn, -cycleMonths[cycle], anchorDay);
  const filter = { status: 'paid' as const, drafts: false, today: begins };
  const { items } = await invoices.list(periodPaidBy, filter, { limit: 100, after: undefined });
  return items.flatMap((invoice) =>
    invoice.lines.flatMap((line, lineIndex): PaidLine[] => {
      const { relatesTo } = line;
      if (!isLineFor('service', id)(line) || typeof relatesTo !== 'object' || relatesTo?.on !== begins)
        return [];
      const days = daysBetween(begins, nextDueOn);
      return [{ accountId: periodPaidBy, invoiceId: invoice.id, lineIndex, days }];
    }),
  );
}

/** Gives so much of the rest back: credit notes to the lines that paid it, to the accounts that paid them. */
export async function givenBackOf(
  { people, portalUrl }: ManageDependencies,
  { numbers, today }: LoadedService,
  rests: readonly PaidRest[],
  net: number,
  reason: string | Phrase,
  now: Date,
): Promise<Rows> {
  let left = net;
  let rows: Rows = noRows;
  for (const { invoice, lineIndex, unused } of rests) {
    const amount = Math.min(unused, left);
    if (amount <= 0) continue;
    left -= amount;
    const account: Pick<Account, 'id' | 'name' | 'language'> = (await people.account(invoice.accountId)) ?? {
      id: invoice.accountId,
      name: '',
    };
    const lines = [{ line: lineIdOf(lineIndex), amount }];
    const context = { account, numbers, portalUrl, today, now };
    const note = await lowered(context, invoice, { kind: 'lines', lines }, { reason, to: 'credit' });
    rows = {
      actions: [...rows.actions, ...note.actions],
      activity: [...rows.activity, ...note.activity],
      outbox: [...rows.outbox, ...note.outbox],
    };
  }
  return rows;
}
