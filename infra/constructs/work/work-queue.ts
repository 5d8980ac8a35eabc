import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export interface WorkQueueProps {
  /** The queue's function may run this long; a message stays hidden six times as long. */
  functionTimeout: Duration;
  maxReceiveCount: number;
  /** What clients notice when work ends in the dead-letter queue: the text of its alarm. */
  customerImpact: string;
}

/** A queue with its dead-letter queue and an alarm on anything that ends there. */
export class WorkQueue extends Construct {
  readonly queue: sqs.Queue;
  readonly deadLetters: cloudwatch.Alarm;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    const deadLetterQueue = new sqs.Queue(this, 'DeadLetters', {
      retentionPeriod: Duration.days(14),
      enforceSSL: true,
    });
    this.queue = new sqs.Queue(this, 'Queue', {
      visibilityTimeout: Duration.seconds(props.functionTimeout.toSeconds() * 6),
      retentionPeriod: Duration.days(14),
      enforceSSL: true,
      deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: props.maxReceiveCount },
    });
    this.deadLetters = new cloudwatch.Alarm(this, 'DeadLettersWaiting', {
      alarmDescription: props.customerImpact,
      metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(5) }),
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }
}
