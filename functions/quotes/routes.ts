import { accountPath, route } from '../../shared/http/route.ts';
import { listOf, plainListQuery } from '../../shared/http/schemas.ts';
import * as schemas from './schemas.ts';

const quotePath = `${accountPath}/quotes/{quoteId}` as const;

export const listQuotes = route({
  method: 'GET',
  path: `${accountPath}/quotes`,
  permission: 'quotes',
  summary: 'The quotes that the account was offered, newest first',
  query: plainListQuery,
  success: 200,
  answer: listOf(schemas.quote),
});

export const postQuote = route({
  method: 'POST',
  path: `${accountPath}/quotes`,
  permission: 'staff:billing',
  summary: 'Offer a quote',
  body: schemas.newQuote,
  success: 201,
  answer: schemas.quote,
});

export const getQuote = route({
  method: 'GET',
  path: quotePath,
  permission: 'quotes',
  summary: 'One quote',
  success: 200,
  answer: schemas.quote,
});

export const acceptQuote = route({
  method: 'POST',
  path: `${quotePath}/accept`,
  permission: 'quotes',
  summary: 'Accept a quote: its invoice is raised',
  success: 200,
  answer: schemas.quote,
});

export const declineQuote = route({
  method: 'POST',
  path: `${quotePath}/decline`,
  permission: 'quotes',
  summary: 'Decline a quote',
  success: 200,
  answer: schemas.quote,
});

export const quotesRoutes = [listQuotes, postQuote, getQuote, acceptQuote, declineQuote];
