import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { orderStore } from '../../shared/orders/order-store.ts';
import { readSettings } from '../../shared/settings/settings.ts';
import { domainPriceStore } from '../../shared/domains/domain-price-store.ts';
import { domainStore } from '../../shared/domains/domain-store.ts';
import { paymentDependencies } from '../../shared/aws/lambda/payment-dependencies.ts';
import { ordersApi } from './api.ts';
import { cartStore } from '../../shared/orders/cart-store.ts';

const { TABLE_NAME } = environment('TABLE_NAME');
const table = dynamoTable(TABLE_NAME);

const api = ordersApi({
  ...paymentDependencies(table),
  orders: orderStore(table),
  carts: cartStore(table),
  domains: domainStore(table),
  prices: domainPriceStore(table),
  settings: async () => (await readSettings(table)).settings,
});

export const handler = lambdaApi(table, api);
