import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Construct } from 'constructs';
import { capabilities } from '../functions/routes.ts';
import { Alarms } from './alarms.ts';
import { Api } from './api.ts';
import { Data } from './data.ts';
import { Identity } from './identity.ts';
import { Jobs } from './jobs.ts';
import { MailIn } from './mail.ts';
import { PortalFunction, type PortalFunctionProps } from './portal-function.ts';
import type { Settings } from './settings.ts';
import { WorkQueue } from './work-queue.ts';

export interface PortalStackProps extends StackProps {
  settings: Settings;
  /** Where the functions' bundles lie. */
  bundles: string;
}

/** Functions that give people logins and take them away. */
const steersLogins = new Set(['accounts', 'contacts']);
/** Functions that only read. */
const readsOnly = new Set(['activity', 'invoices']);
const workTimeout = Duration.seconds(60);

export class PortalStack extends Stack {
  readonly mailIn: MailIn;
  readonly #props: PortalStackProps;
  readonly #data: Data;
  readonly #identity: Identity;
  readonly #outboxWork: WorkQueue;
  readonly #functions: PortalFunction[] = [];

  constructor(scope: Construct, id: string, props: PortalStackProps) {
    super(scope, id, props);
    this.#props = props;
    this.#data = new Data(this, 'Data');
    this.#identity = new Identity(this, 'Identity');
    this.mailIn = new MailIn(this, 'MailIn', workTimeout);
    this.#outboxWork = new WorkQueue(this, 'Outbox', {
      functionTimeout: workTimeout,
      maxReceiveCount: 5,
      customerImpact: 'Mail to clients may be late: the sweep sends what the queue gave up on.',
    });
    const { settings } = props;
    const api = new Api(this, 'Api', {
      stage: settings.stage,
      portalUrl: settings.portalUrl,
      authorizer: this.#authorizer(),
      served: capabilities.map((capability) => ({ capability, by: this.#serving(capability.name) })),
    });
    const outbox = this.#outbox();
    this.#inboundMail();
    new Jobs(this, 'Jobs', { outbox });
    const errors = this.#functions.map((each) => each.errors);
    new Alarms(
      this,
      'Alarms',
      [...errors, ...this.mailIn.alarms, this.#outboxWork.deadLetters],
      settings.alarmEmail,
    );
    new CfnOutput(this, 'ApiUrl', { value: api.http.apiEndpoint });
    new CfnOutput(this, 'UserPoolId', { value: this.#identity.pool.userPoolId });
    new CfnOutput(this, 'UserPoolClientId', { value: this.#identity.client.userPoolClientId });
  }

  #add(props: Omit<PortalFunctionProps, 'stage' | 'bundles'>, table: 'read' | 'write'): PortalFunction {
    const { settings, bundles } = this.#props;
    const added = new PortalFunction(this, props.name, { ...props, stage: settings.stage, bundles });
    added.useTable(this.#data.table, table);
    this.#functions.push(added);
    return added;
  }

  #authorizer(): PortalFunction {
    const authorizer = this.#add(
      {
        name: 'authorizer',
        environment: {
          TABLE_NAME: this.#data.table.tableName,
          USER_POOL_ID: this.#identity.pool.userPoolId,
          USER_POOL_CLIENT_ID: this.#identity.client.userPoolClientId,
        },
        memorySize: 1024,
        timeout: Duration.seconds(10),
        customerImpact: 'Nobody gets into the portal: every request is refused.',
      },
      'write',
    );
    authorizer.allow(this.#poolStatement('AdminGetUser'));
    return authorizer;
  }

  #serving(name: string): PortalFunction {
    const writes = !readsOnly.has(name);
    const environment: Record<string, string> = { TABLE_NAME: this.#data.table.tableName };
    if (writes) {
      environment['OUTBOX_QUEUE_URL'] = this.#outboxWork.queue.queueUrl;
      environment['PORTAL_URL'] = this.#props.settings.portalUrl;
    }
    if (steersLogins.has(name)) environment['USER_POOL_ID'] = this.#identity.pool.userPoolId;
    const customerImpact = `Clients get errors in this part of the portal: ${name}.`;
    const added = this.#add({ name, environment, customerImpact }, writes ? 'write' : 'read');
    if (writes) this.#mayNudgeOutbox(added);
    if (steersLogins.has(name)) added.allow(this.#loginStatement());
    return added;
  }

  #outbox(): PortalFunction {
    const { settings } = this.#props;
    const outbox = this.#add(
      {
        name: 'outbox',
        environment: {
          TABLE_NAME: this.#data.table.tableName,
          USER_POOL_ID: this.#identity.pool.userPoolId,
          OUTBOX_QUEUE_URL: this.#outboxWork.queue.queueUrl,
          SUPPORT_ADDRESS: settings.supportAddress,
          PROVIDER_NAME: settings.providerName,
        },
        timeout: workTimeout,
        customerImpact: 'Mail to clients is not sent: replies, invitations and confirmations wait.',
      },
      'write',
    );
    this.#mayNudgeOutbox(outbox);
    outbox.allow(this.#loginStatement());
    outbox.allow(
      new iam.PolicyStatement({
        actions: ['ses:SendRawEmail'],
        resources: [
          this.formatArn({ service: 'ses', resource: 'identity', resourceName: settings.mailDomain }),
        ],
      }),
    );
    outbox.lambda.addEventSource(
      new SqsEventSource(this.#outboxWork.queue, { batchSize: 5, reportBatchItemFailures: true }),
    );
    return outbox;
  }

  #inboundMail(): void {
    const { settings } = this.#props;
    const inbound = this.#add(
      {
        name: 'inbound-mail',
        environment: {
          TABLE_NAME: this.#data.table.tableName,
          MAIL_BUCKET: this.mailIn.bucket.bucketName,
          OUTBOX_QUEUE_URL: this.#outboxWork.queue.queueUrl,
          SUPPORT_ADDRESS: settings.supportAddress,
          PORTAL_URL: settings.portalUrl,
        },
        timeout: workTimeout,
        memorySize: 1024,
        customerImpact: 'Mail from clients does not become tickets.',
      },
      'write',
    );
    this.#mayNudgeOutbox(inbound);
    inbound.allowBelow(this.mailIn.bucket, this.mailIn.bucket.bucketArn, '/in/*', {
      actions: ['s3:GetObject'],
      reason: 'The messages that came in, and nothing else of the bucket.',
    });
    inbound.lambda.addEventSource(
      new SqsEventSource(this.mailIn.work.queue, { batchSize: 5, reportBatchItemFailures: true }),
    );
  }

  #mayNudgeOutbox(caller: PortalFunction): void {
    caller.allow(
      new iam.PolicyStatement({
        actions: ['sqs:SendMessage'],
        resources: [this.#outboxWork.queue.queueArn],
      }),
    );
  }

  #loginStatement(): iam.PolicyStatement {
    return this.#poolStatement(
      'AdminCreateUser',
      'AdminSetUserPassword',
      'AdminUpdateUserAttributes',
      'AdminEnableUser',
      'AdminDisableUser',
      'AdminUserGlobalSignOut',
      'AdminDeleteUser',
    );
  }

  #poolStatement(...actions: string[]): iam.PolicyStatement {
    return new iam.PolicyStatement({
      actions: actions.map((action) => `cognito-idp:${action}`),
      resources: [this.#identity.pool.userPoolArn],
    });
  }
}
