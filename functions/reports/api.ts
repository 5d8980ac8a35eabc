import { type BoundRoute, on } from '../../shared/http/request.ts';
import { showJournal } from './journal-report.ts';
import { allCreditNotes, allInvoices, allPayments } from './lists/list-documents.ts';
import { showDays } from './lists/list-of-days.ts';
import { showReceivables } from './receivables.ts';
import type { ReportsDependencies } from './reports-dependencies.ts';
import * as routes from './routes.ts';
import { showStatement } from './show-statement.ts';
import { showTaxReport } from './tax-report.ts';

export function reportsApi(dependencies: ReportsDependencies): BoundRoute[] {
  return [
    on(routes.getStatement, ({ context, query, raw }) =>
      showStatement(dependencies, context, query, raw.headers['accept'] ?? ''),
    ),
    on(routes.listAllInvoices, async (request) => {
      const today = await dependencies.today(request.context.now);
      return showDays(dependencies, request, allInvoices(dependencies, request.query.status, today));
    }),
    on(routes.listAllCreditNotes, (request) => showDays(dependencies, request, allCreditNotes(dependencies))),
    on(routes.listAllPayments, (request) => showDays(dependencies, request, allPayments(dependencies))),
    on(routes.getTaxReport, (request) => showTaxReport(dependencies, request)),
    on(routes.getReceivables, (request) => showReceivables(dependencies, request)),
    on(routes.getJournal, (request) => showJournal(dependencies, request)),
  ];
}
