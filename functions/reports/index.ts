import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { creditNoteStore } from '../../shared/invoices/credit-notes/credit-note-store.ts';
import { invoiceStore } from '../../shared/invoices/invoice-store.ts';
import { paymentStore } from '../../shared/payments/payment-store.ts';
import { providerDay } from '../../shared/settings/settings.ts';
import { reportsApi } from './api.ts';

const { TABLE_NAME } = environment('TABLE_NAME');
const table = dynamoTable(TABLE_NAME);

const api = reportsApi({
  table,
  people: peopleStore(table),
  invoices: invoiceStore(table),
  notes: creditNoteStore(table),
  payments: paymentStore(table),
  today: (now) => providerDay(table, now),
});

export const handler = lambdaApi(table, api);
