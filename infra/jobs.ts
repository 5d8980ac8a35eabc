import * as iam from 'aws-cdk-lib/aws-iam';
import { Duration } from 'aws-cdk-lib';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import type { PortalFunction } from './portal-function.ts';

/** What runs by the clock. */
export class Jobs extends Construct {
  constructor(scope: Construct, id: string, { outbox }: { outbox: PortalFunction }) {
    super(scope, id);
    this.#run('OutboxSweep', outbox, ScheduleExpression.rate(Duration.minutes(1)));
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
        input: ScheduleTargetInput.fromObject({ sweep: true }),
        retryAttempts: 0,
      }),
    });
  }
}
