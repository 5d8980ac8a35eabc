import { type Handled, on } from '../../shared/http/request.ts';
import * as routes from './routes.ts';

export function invoicesApi(): Handled[] {
  return [on(routes.listInvoices, async () => ({ body: { items: [], nextCursor: null } }))];
}
