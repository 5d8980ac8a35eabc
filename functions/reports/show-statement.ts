import { notFound } from '../../shared/core/problem.ts';
import type { DayRange } from '../../shared/table/by-day.ts';
import { periodOf } from '../../shared/http/lists/period.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { type Movement, type Statement, statementOf } from '../../shared/invoices/ledger/statement.ts';
import { imageOf } from '../../shared/invoices/documents/logos.ts';
import { partiesOf } from '../../shared/invoices/documents/parties.ts';
import { printedStatement } from '../../shared/invoices/documents/printed-statement.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { ReportsDependencies } from './reports-dependencies.ts';

const pdfType = 'application/pdf';

/** An account's statement, in its own currency unless another is asked for; as a PDF where one is asked for. */
export async function showStatement(
  dependencies: ReportsDependencies,
  { accountId, now }: RequestContext,
  query: Partial<DayRange> & { currency?: string | undefined },
  accept: string,
): Promise<Reply> {
  const account = await dependencies.people.account(accountId);
  if (!account) throw notFound();
  const range = periodOf(query, await dependencies.today(now));
  const statement = await statementOf(dependencies, account, range, query.currency ?? account.currency);
  if (!accept.includes(pdfType)) return { body: statementView(statement) };
  const settings = await dependencies.settings();
  const parties = partiesOf(account, settings, dependencies.providerName);
  const printed = printedStatement(statement, parties, imageOf(settings['provider.logo']));
  return { raw: { contentType: pdfType, bytes: await dependencies.print(printed) } };
}

const paths = { invoice: 'invoices', 'credit-note': 'credit-notes', payment: 'payments' } as const;

function statementView({ opening, movements, closing, subtotals, ...statement }: Statement) {
  const { accountId, currency } = statement;
  const money = (amount: number) => ({ amount, currency });
  const relation = (of: NonNullable<Movement['relatesTo']>) => ({
    ...of,
    href: `/v1/accounts/${accountId}/${paths[of.kind]}/${of.id}`,
  });
  return {
    ...statement,
    opening: money(opening),
    movements: movements.map(({ amount, balance, relatesTo, ...movement }) => ({
      ...movement,
      relatesTo: relatesTo && relation(relatesTo),
      amount: money(amount),
      balance: money(balance),
    })),
    closing: money(closing),
    subtotals: subtotals.map(({ charged, credited, ...account }) => ({
      ...account,
      charged: money(charged),
      credited: money(credited),
    })),
  };
}
