import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { invoiceStore } from '../../shared/invoices/invoice-store.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { readSettings } from '../../shared/settings/settings.ts';
import { domainPriceStore } from '../../shared/domains/domain-price-store.ts';
import { domainStore } from '../../shared/domains/domain-store.ts';
import { serviceStore } from '../../shared/services/service-store.ts';
import { renewalPreviewApi } from './api.ts';

const { TABLE_NAME } = environment('TABLE_NAME');
const table = dynamoTable(TABLE_NAME);

const api = renewalPreviewApi({
  table,
  people: peopleStore(table),
  invoices: invoiceStore(table),
  domains: domainStore(table),
  services: serviceStore(table),
  prices: domainPriceStore(table),
  settings: async () => (await readSettings(table)).settings,
});

export const handler = lambdaApi(table, api);
