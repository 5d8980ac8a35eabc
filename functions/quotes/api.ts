import { notFound } from '../../shared/core/problem.ts';
import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import { acceptQuote, declineQuote, offerQuote, type QuoteDependencies } from './offer-quote.ts';
import { quoteView } from '../../shared/quotes/quote.ts';
import * as routes from './routes.ts';

export function quotesApi(dependencies: QuoteDependencies): BoundRoute[] {
  const { quotes, today } = dependencies;
  return [
    on(routes.listQuotes, async ({ context, query, listScope }) => {
      const day = await today(context.now);
      const page = await pageOf(query, listScope, (part) => quotes.list(context.accountId, part));
      return { body: { ...page, items: page.items.map((quote) => quoteView(quote, day)) } };
    }),
    on(routes.postQuote, ({ context, body }) => offerQuote(dependencies, context, body)),
    on(routes.getQuote, async ({ context, params }) => {
      const quote = await quotes.get(context.accountId, params['quoteId']!);
      if (!quote) throw notFound();
      return { body: quoteView(quote, await today(context.now)), version: quote.version };
    }),
    on(routes.acceptQuote, ({ context, params }) => acceptQuote(dependencies, context, params['quoteId']!)),
    on(routes.declineQuote, ({ context, params }) => declineQuote(dependencies, context, params['quoteId']!)),
  ];
}
