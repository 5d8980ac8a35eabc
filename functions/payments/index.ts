import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda-api.ts';
import { paymentsApi } from './api.ts';
import { wirePayments } from '../../shared/aws/payment-dependencies.ts';

const { TABLE_NAME } = environment('TABLE_NAME');
const table = dynamoTable(TABLE_NAME);

export const handler = lambdaApi(table, paymentsApi(wirePayments(table)));
