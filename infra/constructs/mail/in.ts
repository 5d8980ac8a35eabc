import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { WorkQueue } from '../work/work-queue.ts';

/** Inbound mail: SES stores a message in the bucket, then notifies the queue that the function reads. */
export class MailIn extends Construct {
  readonly bucket: s3.Bucket;
  readonly topic: sns.Topic;
  readonly work: WorkQueue;

  constructor(scope: Construct, id: string, stage: string, functionTimeout: Duration) {
    super(scope, id);
    this.bucket = new s3.Bucket(this, 'Bucket', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      lifecycleRules: [{ transitions: [infrequentAfter(90)] }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'Written by SES and read by one function alone; every message’s handling is recorded.',
    });
    this.topic = new sns.Topic(this, 'Received', { enforceSSL: true });
    // SES acts for everybody who has an AWS account, and what it says of a message is believed here.
    const ruleArn = Stack.of(this).formatArn({
      service: 'ses',
      resource: 'receipt-rule-set',
      resourceName: `annex-${stage}:receipt-rule/*`,
    });
    const conditions = {
      StringEquals: { 'aws:SourceAccount': Stack.of(this).account },
      ArnLike: { 'aws:SourceArn': ruleArn },
    };
    this.topic.grantPublish(new iam.ServicePrincipal('ses.amazonaws.com', { conditions }));
    this.work = new WorkQueue(this, 'Work', {
      functionTimeout,
      maxReceiveCount: 10,
      customerImpact: 'Mail from clients lies unhandled: tickets and replies are missing from the portal.',
    });
    this.topic.addSubscription(new SqsSubscription(this.work.queue, { rawMessageDelivery: true }));
  }
}

function infrequentAfter(days: number): s3.Transition {
  return { storageClass: s3.StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(days) };
}
