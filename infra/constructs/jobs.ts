import * as iam from 'aws-cdk-lib/aws-iam';
import { Duration } from 'aws-cdk-lib';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import type { PortalFunction } from './portal-function.ts';

export interface JobFunctions {
  outbox: PortalFunction;
  ticketAutoclose: PortalFunction;
  paymentJanitor: PortalFunction;
  booksCheck: PortalFunction;
  renewals: PortalFunction;
  registrar: PortalFunction;
  inboundMail: PortalFunction;
}

/** The scheduled jobs. */
export class Jobs extends Construct {
  constructor(scope: Construct, id: string, functions: JobFunctions) {
    super(scope, id);
    this.#run('OutboxSweep', functions.outbox, ScheduleExpression.rate(Duration.minutes(1)));
    this.#run('PaymentJanitor', functions.paymentJanitor, ScheduleExpression.rate(Duration.minutes(1)));
    this.#run('BooksCheck', functions.booksCheck, ScheduleExpression.cron({ hour: '2', minute: '30' }));
    this.#run('Renewals', functions.renewals, ScheduleExpression.cron({ hour: '6', minute: '0' }));
    this.#run('Registrar', functions.registrar, ScheduleExpression.rate(Duration.minutes(1)));
    this.#run('WaitingMail', functions.inboundMail, ScheduleExpression.rate(Duration.hours(1)));
    this.#run('TicketAutoclose', functions.ticketAutoclose, ScheduleExpression.rate(Duration.hours(1)));
  }

  #run(id: string, target: PortalFunction, schedule: ScheduleExpression): void {
    const role = new iam.Role(this, `${id}Role`, {
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com'),
    });
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [target.lambda.functionArn],
      }),
    );
    new Schedule(this, id, {
      schedule,
      // A role of our own, without the version wildcard that the target would grant.
      target: new LambdaInvoke(target.lambda, {
        role: role.withoutPolicyUpdates(),
        input: ScheduleTargetInput.fromObject({ scheduled: id }),
        retryAttempts: 0,
      }),
    });
  }
}
