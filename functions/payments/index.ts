import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/environment.ts';
import { systemClock as clock } from '../../shared/core/clock.ts';
import { serve } from '../../shared/http/serve.ts';
import { paymentsApi } from './api.ts';
import { wirePayments } from './wire-payments.ts';

const { TABLE_NAME } = environment('TABLE_NAME');
const table = dynamoTable(TABLE_NAME);

export const handler = serve({ table, clock }, paymentsApi(wirePayments(table)));
