import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Construct } from 'constructs';
import { capabilities } from '../functions/routes.ts';
import { Alarms } from './constructs/alarms.ts';
import { Api } from './constructs/api.ts';
import { CursorKey } from './constructs/cursor-key.ts';
import { Data } from './constructs/data.ts';
import { Files } from './constructs/files.ts';
import { Identity } from './constructs/identity.ts';
import { Jobs } from './constructs/jobs.ts';
import { MailIn } from './constructs/mail/in.ts';
import { MailOut } from './constructs/mail/out.ts';
import { Payments } from './constructs/payments.ts';
import { PortalFunction, type PortalFunctionProps } from './constructs/portal-function.ts';
import type { Settings } from './settings.ts';
import type { WorkQueue } from './constructs/work/work-queue.ts';
import { jobTimeout, workQueues, workTimeout } from './constructs/work/work-queues.ts';
import { type Need, needs } from './needs.ts';

export interface PortalStackProps extends StackProps {
  settings: Settings;
  /** The folder of the functions' bundles. */
  bundles: string;
}

/**
 * A flood of mail waits in its queue, where it may for two weeks, instead of taking the functions that people's requests
 * run in: an account has 1000 at once for all of them. 50 messages at a time are more than support teams get.
 */
const mostMailRuns = 10;

export class PortalStack extends Stack {
  readonly mailIn: MailIn;
  readonly #props: PortalStackProps;
  readonly #data: Data;
  readonly #identity: Identity;
  readonly #files: Files;
  readonly #mailOut: MailOut;
  readonly #payments: Payments;
  readonly #cursorKey: CursorKey;
  readonly #work: ReturnType<typeof workQueues>;
  readonly #functions: PortalFunction[] = [];

  constructor(scope: Construct, id: string, props: PortalStackProps) {
    super(scope, id, props);
    const { settings } = props;
    this.#props = props;
    this.#data = new Data(this, 'Data');
    this.#identity = new Identity(this, 'Identity');
    this.#files = new Files(this, 'Files', settings.portalUrl);
    this.mailIn = new MailIn(this, 'MailIn', settings.stage, workTimeout);
    this.#mailOut = new MailOut(this, 'MailOut', settings.stage, workTimeout);
    this.#work = workQueues(this);
    this.#payments = new Payments(this, 'Payments');
    this.#cursorKey = new CursorKey(this, 'Cursors');
    this.#signIn();
    const api = new Api(this, 'Api', {
      stage: settings.stage,
      portalUrl: settings.portalUrl,
      authorizer: this.#authorizer(),
      served: capabilities.map((capability) => ({ capability, by: this.#serving(capability.name) })),
    });
    new Jobs(this, 'Jobs', {
      outbox: this.#outbox(api.http.apiEndpoint),
      ticketAutoclose: this.#ticketAutoclose(),
      paymentJanitor: this.#paymentJanitor(),
      booksCheck: this.#booksCheck(),
      renewals: this.#renewals(),
      registrar: this.#registrar(),
      inboundMail: this.#inboundMail(),
    });
    this.#mailEvents();
    this.#documentMaker();
    const errors = this.#functions.flatMap((each) => [each.errors, ...each.messages]);
    const queues = [this.mailIn.work, this.#mailOut.events, ...Object.values(this.#work)];
    const alarms = [...errors, ...queues.map((queue) => queue.deadLetters)];
    new Alarms(this, 'Alarms', alarms, settings.alarmEmail);
    new CfnOutput(this, 'ApiUrl', { value: api.http.apiEndpoint });
    new CfnOutput(this, 'UserPoolId', { value: this.#identity.pool.userPoolId });
    new CfnOutput(this, 'UserPoolClientId', { value: this.#identity.client.userPoolClientId });
  }

  #add(
    props: Omit<PortalFunctionProps, 'stage' | 'bundles' | 'environment'> & {
      environment?: Record<string, string>;
      needs: readonly Need[];
    },
  ): PortalFunction {
    const { settings, bundles } = this.#props;
    const wants = new Set(props.needs);
    const environment = { ...this.#environment(wants), ...props.environment };
    const added = new PortalFunction(this, props.name, {
      ...props,
      environment,
      stage: settings.stage,
      bundles,
    });
    added.useTable(this.#data.table, wants.has('writes') ? 'write' : 'read');
    if (wants.has('writes')) this.#maySend(added, this.#work.outbox);
    if (wants.has('logins')) added.allow(this.#loginStatement());
    if (wants.has('files')) this.#files.mayUse(added, '/attachments/*', 'The files of tickets');
    if (wants.has('pdfs')) this.#files.mayUse(added, '/issued/*', 'The printed documents');
    if (wants.has('pdfs')) this.#maySend(added, this.#work.documents);
    if (wants.has('documents')) this.#files.mayUse(added, '/documents/*', 'The documents of accounts');
    if (wants.has('links')) this.#mailOut.replyKeys.grantRead(added.lambda);
    if (wants.has('mail')) this.#mayReadMail(added);
    if (wants.has('gateways')) this.#payments.secrets.grantRead(added.lambda);
    this.#functions.push(added);
    return added;
  }

  #environment(wants: ReadonlySet<Need>): Record<string, string> {
    const { settings } = this.#props;
    const writes = {
      OUTBOX_QUEUE_URL: this.#work.outbox.queue.queueUrl,
      SUPPORT_ADDRESS: settings.supportAddress,
    };
    const mail = {
      MAIL_BUCKET: this.mailIn.bucket.bucketName,
      REPLY_KEYS_SECRET: this.#mailOut.replyKeys.secretArn,
    };
    const gateways = {
      PAYMENT_GATEWAYS: settings.paymentGateways,
      GATEWAYS_SECRET: this.#payments.secrets.secretArn,
      STAFF_EMAIL: settings.staffEmail,
    };
    const usesFiles = wants.has('files') || wants.has('pdfs') || wants.has('documents');
    return {
      TABLE_NAME: this.#data.table.tableName,
      PROVIDER_NAME: settings.providerName,
      PORTAL_URL: settings.portalUrl,
      ...(wants.has('writes') ? writes : {}),
      ...(wants.has('logins') ? { USER_POOL_ID: this.#identity.pool.userPoolId } : {}),
      ...(wants.has('pdfs') ? { DOCUMENTS_QUEUE_URL: this.#work.documents.queue.queueUrl } : {}),
      ...(usesFiles ? { FILES_BUCKET: this.#files.bucket.bucketName } : {}),
      ...(wants.has('mail') ? mail : {}),
      ...(wants.has('links') ? { REPLY_KEYS_SECRET: this.#mailOut.replyKeys.secretArn } : {}),
      ...(wants.has('gateways') ? gateways : {}),
    };
  }

  #authorizer(): PortalFunction {
    const authorizer = this.#add({
      name: 'authorizer',
      needs: [],
      environment: {
        USER_POOL_ID: this.#identity.pool.userPoolId,
        USER_POOL_CLIENT_ID: this.#identity.client.userPoolClientId,
      },
      memorySize: 1024,
      timeout: Duration.seconds(10),
      customerImpact: 'Nobody gets into the portal: every request is refused.',
    });
    // The authoriser records sign-ins in the login's row.
    authorizer.useTable(this.#data.table, 'write');
    return authorizer;
  }

  /** Cognito waits five seconds for an answer and calls again then: two runs must not be under way at once. */
  #signIn(): void {
    const signIn = this.#add({
      name: 'sign-in',
      needs: ['writes'],
      memorySize: 1024,
      timeout: Duration.seconds(5),
      customerImpact: 'Nobody gets a code for a forgotten password, or it ends no sessions.',
    });
    this.#identity.callFor(signIn);
  }

  #serving(name: string): PortalFunction {
    const wanted = needs[name];
    if (!wanted) throw new Error(`Say in portal-stack.ts what the function ${name} needs`);
    const customerImpact = `Clients get errors in this part of the portal: ${name}.`;
    return this.#add({
      name,
      needs: wanted,
      environment: { CURSOR_KEY: this.#cursorKey.reference },
      customerImpact,
      memorySize: wanted.includes('mail') || wanted.includes('time') ? 1024 : 512,
      // As long as the gateway waits.
      ...(wanted.includes('time') ? { timeout: Duration.seconds(29) } : {}),
    });
  }

  /** `linkUrl`: signed links lead to the API itself, which serves their pages. */
  #outbox(linkUrl: string): PortalFunction {
    const { settings } = this.#props;
    const { configurationSetName } = this.#mailOut.configurationSet;
    const outbox = this.#add({
      name: 'outbox',
      needs: ['writes', 'logins'],
      environment: {
        REPLY_KEYS_SECRET: this.#mailOut.replyKeys.secretArn,
        CODES_KEY: this.#identity.codesKey.keyArn,
        CONFIGURATION_SET: configurationSetName,
        LINK_URL: linkUrl,
        FIRST_ADMINISTRATOR: settings.firstAdministrator,
        REGISTRAR_QUEUE_URL: this.#work.registrar.queue.queueUrl,
        DOCUMENTS_QUEUE_URL: this.#work.documents.queue.queueUrl,
        FILES_BUCKET: this.#files.bucket.bucketName,
        TAX_ID_REGISTRY: settings.taxIdRegistry,
      },
      timeout: workTimeout,
      customerImpact: 'Mail to clients is not sent: replies, invitations and confirmations wait.',
    });
    this.#mailOut.replyKeys.grantRead(outbox.lambda);
    this.#identity.codesKey.grantDecrypt(outbox.lambda);
    this.#maySend(outbox, this.#work.registrar);
    this.#maySend(outbox, this.#work.documents);
    this.#files.mayRemoveUploads(outbox);
    const sesArn = (resource: string, resourceName: string) =>
      this.formatArn({ service: 'ses', resource, resourceName });
    outbox.allow(
      new iam.PolicyStatement({
        actions: ['ses:SendRawEmail'],
        resources: [
          sesArn('identity', settings.mailDomain),
          sesArn('configuration-set', configurationSetName),
        ],
      }),
    );
    outbox.allowUnsuppressing();
    this.#worksAt(outbox, this.#work.outbox);
    return outbox;
  }

  #inboundMail(): PortalFunction {
    const inbound = this.#add({
      name: 'inbound-mail',
      needs: ['writes', 'files', 'mail'],
      timeout: workTimeout,
      memorySize: 1024,
      customerImpact: 'Mail from clients does not become tickets.',
    });
    this.#worksAt(inbound, this.mailIn.work, 5, mostMailRuns);
    return inbound;
  }

  #documentMaker(): void {
    const maker = this.#add({
      name: 'document-maker',
      needs: ['writes', 'pdfs'],
      timeout: workTimeout,
      memorySize: 1024,
      customerImpact: 'Invoices, credit notes and receipts are not printed: who asks for one has to wait.',
    });
    // Two at most, because every receipt takes its number from one row.
    this.#worksAt(maker, this.#work.documents, 5, 2);
  }

  #mailEvents(): void {
    const events = this.#add({
      name: 'mail-events',
      needs: ['writes'],
      environment: { STAFF_EMAIL: this.#props.settings.staffEmail },
      timeout: workTimeout,
      customerImpact: 'Bounces are not noted: mail goes on to addresses that do not exist.',
    });
    this.#worksAt(events, this.#mailOut.events);
  }

  #ticketAutoclose(): PortalFunction {
    return this.#add({
      name: 'ticket-autoclose',
      needs: ['writes'],
      timeout: jobTimeout,
      customerImpact: 'Answered tickets stay open for longer than clients were told.',
    });
  }

  #paymentJanitor(): PortalFunction {
    const janitor = this.#add({
      name: 'payment-janitor',
      needs: ['writes', 'gateways'],
      timeout: jobTimeout,
      customerImpact: 'Payments whose outcome is unknown stay so: clients cannot pay those invoices again.',
    });
    janitor.alarmOn(
      'Payments are stuck',
      'A payment or refund is open for over a day: look at it at the gateway, by its id.',
    );
    return janitor;
  }

  #booksCheck(): PortalFunction {
    const check = this.#add({
      name: 'books-check',
      needs: [],
      environment: { WORK_QUEUE_URL: this.#work.books.queue.queueUrl },
      timeout: jobTimeout,
      customerImpact: 'Nobody knows whether the books agree with what was paid.',
    });
    check.alarmOn('The books differ', 'What a client owes or has paid may be shown wrongly.');
    this.#maySend(check, this.#work.books);
    this.#worksAt(check, this.#work.books, 1);
    return check;
  }

  #renewals(): PortalFunction {
    const renewals = this.#add({
      name: 'renewals',
      needs: ['writes'],
      environment: { WORK_QUEUE_URL: this.#work.renewals.queue.queueUrl },
      timeout: jobTimeout,
      customerImpact: 'What is due is not invoiced, and nobody is reminded.',
    });
    renewals.alarmOn(
      'An account could not be renewed',
      'A client’s renewals were not invoiced today: the log names the account.',
    );
    this.#maySend(renewals, this.#work.renewals);
    // Two at most, because every invoice takes its number from one row.
    this.#worksAt(renewals, this.#work.renewals, 1, 2);
    return renewals;
  }

  #registrar(): PortalFunction {
    const { settings } = this.#props;
    const registrar = this.#add({
      name: 'registrar',
      needs: ['writes'],
      environment: { REGISTRAR: settings.registrar, STAFF_EMAIL: settings.staffEmail },
      timeout: workTimeout,
      customerImpact: 'Domains that were paid for are not renewed.',
    });
    if (settings.registrar === 'route53') registrar.allowRoute53Domains();
    this.#worksAt(registrar, this.#work.registrar, 1);
    return registrar;
  }

  #maySend(sender: PortalFunction, { queue }: WorkQueue): void {
    sender.allow(new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }));
  }

  #worksAt(worker: PortalFunction, { queue }: WorkQueue, batchSize = 5, maxConcurrency?: number): void {
    const options = { batchSize, reportBatchItemFailures: true, maxConcurrency };
    worker.lambda.addEventSource(new SqsEventSource(queue, options));
  }

  #mayReadMail(reader: PortalFunction): void {
    const { bucket } = this.mailIn;
    reader.allowBelow(bucket, bucket.bucketArn, '/in/*', {
      actions: ['s3:GetObject'],
      reason: 'The messages that came in, and nothing else of the bucket.',
    });
    this.#mailOut.replyKeys.grantRead(reader.lambda);
  }

  #loginStatement(): iam.PolicyStatement {
    return this.#identity.statement(
      'AdminCreateUser',
      'AdminSetUserPassword',
      'AdminSetUserMFAPreference',
      'AdminUpdateUserAttributes',
      'AdminEnableUser',
      'AdminDisableUser',
      'AdminUserGlobalSignOut',
      'AdminDeleteUser',
      'AdminGetUser',
    );
  }
}
