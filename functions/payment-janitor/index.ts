import { Logger } from '@aws-lambda-powertools/logger';
import middy from '@middy/core';
import type { ScheduledEvent } from 'aws-lambda';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { systemClock as clock } from '../../shared/core/clock.ts';
import { paymentDependencies } from '../../shared/aws/lambda/payment-dependencies.ts';
import { reconcilePayments } from './reconcile-payments.ts';

const { TABLE_NAME } = environment('TABLE_NAME');
const logger = new Logger();
const dependencies = { ...paymentDependencies(dynamoTable(TABLE_NAME)), clock };

export const handler = middy<ScheduledEvent>().handler(async () => {
  const done = await reconcilePayments(dependencies);
  // The alarm matches this message.
  if (done.stuck.length > 0) logger.error('Payments are stuck', { ids: done.stuck });
  return done;
});
