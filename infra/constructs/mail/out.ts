import { type Duration, Validations } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as ses from 'aws-cdk-lib/aws-ses';
import * as sns from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { WorkQueue } from '../work/work-queue.ts';

/** Outbound mail: the events that SES reports about it, and the keys that sign reply addresses. */
export class MailOut extends Construct {
  readonly configurationSet: ses.ConfigurationSet;
  readonly events: WorkQueue;
  readonly replyKeys: secretsmanager.Secret;

  constructor(scope: Construct, id: string, stage: string, functionTimeout: Duration) {
    super(scope, id);
    const topic = new sns.Topic(this, 'Events', { enforceSSL: true });
    this.events = new WorkQueue(this, 'EventsWork', {
      functionTimeout,
      maxReceiveCount: 5,
      customerImpact: 'Bounces are not noted: mail goes on to addresses that do not exist.',
    });
    topic.addSubscription(new SqsSubscription(this.events.queue, { rawMessageDelivery: true }));
    this.configurationSet = new ses.ConfigurationSet(this, 'Set', {
      configurationSetName: `annex-${stage}`,
      // SES keeps no list of its own for us: which address is dead stands in the table, where it can be lifted.
      disableSuppressionList: true,
    });
    // It lets SES publish for this set of this account alone.
    const toTopic = this.configurationSet.addEventDestination('ToTopic', {
      destination: ses.EventDestination.snsTopic(topic),
      events: [ses.EmailSendingEvent.BOUNCE, ses.EmailSendingEvent.COMPLAINT],
    });
    // SES tests the topic when the destination is created, so the topic's policy must exist first.
    toTopic.node.addDependency(topic);
    this.replyKeys = new secretsmanager.Secret(this, 'ReplyKeys', {
      description: 'Signs reply addresses: {"current": letter, letter: key, …}; add a letter to rotate',
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ current: 'a' }),
        generateStringKey: 'a',
        passwordLength: 48,
        excludePunctuation: true,
      },
    });
    Validations.of(this.replyKeys).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'Rotated by adding a key: a key that goes makes the answers to old mail lose their ticket.',
    });
  }
}
