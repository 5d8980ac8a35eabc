import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { paymentsApi } from './api.ts';
import { paymentDependencies } from '../../shared/aws/lambda/payment-dependencies.ts';

const { TABLE_NAME } = environment('TABLE_NAME');
const table = dynamoTable(TABLE_NAME);

export const handler = lambdaApi(table, paymentsApi(paymentDependencies(table)));
