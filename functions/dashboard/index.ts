import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { creditBook } from '../../shared/invoices/ledger/credit.ts';
import { invoiceStore } from '../../shared/invoices/invoice-store.ts';
import { orderStore } from '../../shared/orders/order-store.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { providerDay, readSettings } from '../../shared/settings/settings.ts';
import { domainPriceStore } from '../../shared/domains/domain-price-store.ts';
import { domainStore } from '../../shared/domains/domain-store.ts';
import { notificationStore } from '../../shared/notifications/notification-store.ts';
import { quoteStore } from '../../shared/quotes/quote-store.ts';
import { ticketStore } from '../../shared/tickets/ticket-store.ts';
import { dashboardApi } from './api.ts';

const { TABLE_NAME } = environment('TABLE_NAME');
const table = dynamoTable(TABLE_NAME);

const api = dashboardApi({
  table,
  people: peopleStore(table),
  domains: domainStore(table),
  prices: domainPriceStore(table),
  invoices: invoiceStore(table),
  credit: creditBook(table),
  quotes: quoteStore(table),
  tickets: ticketStore(table),
  orders: orderStore(table),
  notifications: notificationStore(table),
  settings: async () => (await readSettings(table)).settings,
  today: (now) => providerDay(table, now),
});

export const handler = lambdaApi(table, api);
