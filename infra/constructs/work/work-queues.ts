import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { WorkQueue } from './work-queue.ts';

/** How long a function may work at what a queue gives it. */
export const workTimeout = Duration.seconds(60);
/** How long a job may take, one that runs on schedule too. */
export const jobTimeout = Duration.minutes(5);

/** What waits to be done by a function of its own, besides mail. */
export function workQueues(scope: Construct) {
  return {
    outbox: new WorkQueue(scope, 'Outbox', {
      functionTimeout: workTimeout,
      maxReceiveCount: 5,
      customerImpact: 'Mail to clients may be late: the sweep sends what the queue gave up on.',
    }),
    books: new WorkQueue(scope, 'Books', {
      functionTimeout: jobTimeout,
      maxReceiveCount: 3,
      customerImpact: 'The nightly check of the books stopped half way.',
    }),
    renewals: new WorkQueue(scope, 'Renewals', {
      functionTimeout: jobTimeout,
      maxReceiveCount: 5,
      customerImpact: 'Some renewals of the day were not invoiced: run the job again.',
    }),
    registrar: new WorkQueue(scope, 'Registrar', {
      functionTimeout: workTimeout,
      maxReceiveCount: 5,
      customerImpact:
        'Paid renewals reach the registrar late: the sweep passes on what the queue gave up on.',
    }),
    documents: new WorkQueue(scope, 'Documents', {
      functionTimeout: workTimeout,
      maxReceiveCount: 5,
      customerImpact: 'Invoices, credit notes or receipts are not printed: who asks for one has to wait.',
    }),
  };
}
