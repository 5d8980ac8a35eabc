import type { Day } from '../../shared/core/day.ts';
import { taxedToday } from '../../shared/invoices/tax/taxed-today.ts';
import { notFound } from '../../shared/core/problem.ts';
import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import { acceptQuote, declineQuote, offerQuote, type QuoteDependencies } from './offer-quote.ts';
import { type Quote, quoteStatus, quoteView } from '../../shared/quotes/quote.ts';
import * as routes from './routes.ts';

export function quotesApi(dependencies: QuoteDependencies): BoundRoute[] {
  const { quotes, today } = dependencies;
  const shown = (accountId: string, items: readonly Quote[], day: Day) =>
    taxedToday(dependencies, accountId, items, (quote) => quoteStatus(quote, day) === 'open', day);
  return [
    on(routes.listQuotes, async ({ context, query, listScope }) => {
      const day = await today(context.now);
      const page = await pageOf(query, listScope, (part) => quotes.list(context.accountId, part));
      const items = await shown(context.accountId, page.items, day);
      return { body: { ...page, items: items.map((quote) => quoteView(quote, day)) } };
    }),
    on(routes.postQuote, ({ context, body }) => offerQuote(dependencies, context, body)),
    on(routes.getQuote, async ({ context, params }) => {
      const stored = await quotes.get(context.accountId, params['quoteId']!);
      if (!stored) throw notFound();
      const day = await today(context.now);
      const [quote = stored] = await shown(context.accountId, [stored], day);
      return { body: quoteView(quote, day), version: quote.version };
    }),
    on(routes.acceptQuote, ({ context, params }) => acceptQuote(dependencies, context, params['quoteId']!)),
    on(routes.declineQuote, ({ context, params }) => declineQuote(dependencies, context, params['quoteId']!)),
  ];
}
