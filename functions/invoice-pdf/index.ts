import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { fileBucket } from '../../shared/aws/s3/files.ts';
import { invoiceStore } from '../../shared/invoices/invoice-store.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { providerDay, readSettings } from '../../shared/settings/settings.ts';
import { invoicePdfApi } from './api.ts';
import { renderInvoice } from './render-invoice.ts';

const { TABLE_NAME, FILES_BUCKET, PROVIDER_NAME } = environment(
  'TABLE_NAME',
  'FILES_BUCKET',
  'PROVIDER_NAME',
);
const table = dynamoTable(TABLE_NAME);
// They lie beside the bundle.
const fonts = {
  regular: readFileSync(join(__dirname, 'DejaVuSans.ttf')),
  bold: readFileSync(join(__dirname, 'DejaVuSans-Bold.ttf')),
};

const api = invoicePdfApi({
  invoices: invoiceStore(table),
  people: peopleStore(table),
  settings: async () => (await readSettings(table)).settings,
  today: (now) => providerDay(table, now),
  providerName: PROVIDER_NAME,
  files: fileBucket(FILES_BUCKET),
  render: (invoice) => renderInvoice(fonts, invoice),
});

export const handler = lambdaApi(table, api);
