import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { pdfFonts } from '../../shared/aws/lambda/pdf-fonts.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { creditNoteStore } from '../../shared/invoices/credit-notes/credit-note-store.ts';
import { invoiceStore } from '../../shared/invoices/invoice-store.ts';
import { paymentStore } from '../../shared/payments/payment-store.ts';
import { printDocument } from '../../shared/pdf/print-document.ts';
import { providerDay, readSettings } from '../../shared/settings/settings.ts';
import { reportsApi } from './api.ts';

const { TABLE_NAME, PROVIDER_NAME } = environment('TABLE_NAME', 'PROVIDER_NAME');
const table = dynamoTable(TABLE_NAME);
const fonts = pdfFonts(__dirname);

const api = reportsApi({
  table,
  people: peopleStore(table),
  invoices: invoiceStore(table),
  notes: creditNoteStore(table),
  payments: paymentStore(table),
  today: (now) => providerDay(table, now),
  settings: async () => (await readSettings(table)).settings,
  providerName: PROVIDER_NAME,
  print: printDocument.bind(null, fonts),
});

export const handler = lambdaApi(table, api);
