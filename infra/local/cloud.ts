import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { closable, type OnClose } from './closing.ts';
import type { PasswordPolicy } from './cognito/passwords.ts';
import { startCognito } from './cognito/server.ts';
import { declaredSettings } from './cognito/settings.ts';
import { codeEncrypter } from './cognito/triggers/encrypt-code.ts';
import type { Controls } from './controls.ts';
import { credentials } from './credentials.ts';
import { startDynamoDb } from './dynamodb/server.ts';
import { type Page, startGateway } from './gateway/server.ts';
import { startKms } from './kms.ts';
import { startLambdaApi } from './lambda/api.ts';
import type { Origins } from './http/origins.ts';
import { fileLog, FunctionHost, type Invoke } from './lambda/functions.ts';
import { startQueues } from './lambda/queues.ts';
import { startSchedules } from './lambda/schedules.ts';
import { createResources, startMessaging } from './resources.ts';
import { type Secret, startSecrets } from './secrets.ts';
import { mailReceiver } from './ses/receipt.ts';
import { eventPublisher } from './ses/outcomes/events.ts';
import type { MailControl } from './ses/outcomes/mail-control.ts';
import { startSes } from './ses/server.ts';
import { startSmtp } from './ses/smtp.ts';
import { region } from './template/physical.ts';
import { loadTemplates, type Resource, type Templates } from './template/templates.ts';

export interface CloudOptions {
  /** The cdk.out to run: the synthesised stacks and the bundles of their functions. */
  assembly: string;
  controls: Controls;
  /** What becomes of sent mail; all is delivered without it. */
  mail?: MailControl;
  /** Ports for what people and tests talk to; any free one where none is given. */
  ports?: { api?: number; lambda?: number; cognito?: number; mailbox?: number; smtp?: number };
  /** Whose pages may call the servers; those of the cloud may anyway. Each server adds its own port. */
  origins: Origins;
  /** Where data is kept between runs; without it everything is gone at the end. */
  dataDir?: string;
  /** Added to every function's environment: the addresses of what stands outside the cloud. */
  environment?: Record<string, string>;
  /** Pages that the gateway serves itself, by path prefix. */
  pages?: Record<string, Page>;
  /** The short names of the functions that are loaded before their first event. */
  warm?: string[];
  /** Fills the cloud once its API answers. Queues, schedules and mail begin only afterwards. */
  fill?: (services: Services) => Promise<void>;
}

/** The services that functions call. */
export interface Services {
  templates: Templates;
  dynamoDbUrl: string;
  /** The one address of SQS, SNS and S3. */
  messagingUrl: string;
  cognitoUrl: string;
  userPoolId: string;
  userPoolClientId: string;
  mailboxUrl: string;
  secrets: readonly Secret[];
}

export interface Cloud extends Services {
  apiUrl: string;
  lambdaUrl: string;
  smtp: { host: string; port: number };
  close(): Promise<void>;
}

/** What clients of the cloud's services are made with, besides the endpoint. */
export const clientDefaults = {
  region,
  credentials,
};

/** Starts every part of a deployment on 127.0.0.1. If one cannot start, those that did are stopped again. */
export function startCloud(options: CloudOptions): Promise<Cloud> {
  return closable((onClose) => start(options, onClose));
}

async function start(options: CloudOptions, onClose: OnClose): Promise<Omit<Cloud, 'close'>> {
  const { controls, origins, ports = {}, dataDir } = options;
  const workDir = mkdtempSync(join(tmpdir(), 'local-cloud-'));
  onClose(() => rmSync(workDir, { recursive: true, force: true }));
  if (dataDir) mkdirSync(dataDir, { recursive: true });
  const templates = loadTemplates(options.assembly);
  const hosted: { functions?: FunctionHost } = {};
  // The user pool calls functions, which are hosted only once the pool and all else that they call is there.
  const lateInvoke: Invoke = (name, event) => {
    if (!hosted.functions) throw new Error(`The function ${name} was called before any is hosted`);
    return hosted.functions.invoke(name, event);
  };
  const { environment, ...services } = await startServices(options, templates, lateInvoke, onClose);
  const functions = new FunctionHost({
    templates,
    controls,
    environment: { ...environment, ...options.environment },
    secrets: services.secrets,
    log: fileLog(join(dataDir ?? workDir, 'functions.log')),
  });
  onClose(() => functions.close());
  hosted.functions = functions;
  const { invoke } = functions;
  const { pages = {} } = options;
  const gateway = await startGateway({ templates, invoke, controls, origins, port: ports.api, pages });
  onClose(() => gateway.close());
  const lambda = await startLambdaApi({ functions, controls, origins, port: ports.lambda });
  onClose(() => lambda.close());
  await options.fill?.(services);
  const queues = startQueues({ templates, invoke });
  onClose(() => queues.stop());
  const schedules = startSchedules({ templates, invoke, controls });
  onClose(() => schedules.stop());
  const s3 = new S3Client({ ...clientDefaults, endpoint: services.messagingUrl, forcePathStyle: true });
  const receive = mailReceiver(templates, s3, services.messagingUrl);
  const smtp = await startSmtp({ controls, port: ports.smtp, receive });
  onClose(() => smtp.close());
  await functions.warm(options.warm ?? []);
  return {
    ...services,
    apiUrl: gateway.url,
    lambdaUrl: lambda.url,
    smtp: { host: smtp.host, port: smtp.port },
  };
}

/** Starts the services that functions call, and names the environment that leads functions to them. */
async function startServices(
  { controls, mail, origins, ports = {}, dataDir }: CloudOptions,
  templates: Templates,
  invoke: Invoke,
  onClose: OnClose,
): Promise<Services & { environment: Record<string, string> }> {
  const dir = (name: string) => (dataDir ? { dir: join(dataDir, name) } : {});
  const kept = dataDir ? { dataDir: join(dataDir, 'messaging') } : {};
  const messaging = await startMessaging({ controls, origins, ...kept });
  onClose(() => messaging.close());
  const dynamoDbUrl = await dynamoDb({ controls, origins, ...dir('dynamodb') }, onClose);
  await createResources({ templates, messaging, dynamoDbUrl });
  const publish = eventPublisher(templates, messaging.url);
  const outcomes = mail ? { outcomes: mail } : {};
  const common = { controls, origins, region };
  const ses = await startSes({ ...common, ...outcomes, publish, port: ports.mailbox, ...dir('mailbox') });
  onClose(() => ses.close());
  const secrets = await startSecrets({ templates, origins, ...(dataDir ? { dataDir } : {}) });
  onClose(() => secrets.close());
  const kms = await startKms({ templates, origins, ...(dataDir ? { dataDir } : {}) });
  onClose(() => kms.close());
  const userPool = firstOf(templates, 'AWS::Cognito::UserPool');
  const userPoolId = userPool.ref;
  const userPoolClient = firstOf(templates, 'AWS::Cognito::UserPoolClient');
  const userPoolClientId = userPoolClient.ref;
  const from = `no-reply@${firstOf(templates, 'AWS::SES::EmailIdentity').ref}`;
  const cognito = await startCognito({
    ...common,
    userPoolId,
    clientId: userPoolClientId,
    passwordPolicy: passwordPolicyOf(userPool),
    ...declaredSettings(userPool, userPoolClient),
    invoke,
    ...encryptionOf(userPool, kms.url),
    port: ports.cognito,
    ...dir('cognito'),
    groups: templates
      .ofType('AWS::Cognito::UserPoolGroup')
      .map((group) => String(group.property('GroupName'))),
    sendMail: async (to, subject, text) => {
      await ses.sendText({ from, to, subject, text });
    },
  });
  onClose(() => cognito.close());
  return {
    templates,
    dynamoDbUrl,
    messagingUrl: messaging.url,
    cognitoUrl: cognito.url,
    userPoolId,
    userPoolClientId,
    mailboxUrl: ses.mailboxUrl,
    secrets: secrets.secrets,
    environment: {
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl,
      AWS_ENDPOINT_URL_SQS: messaging.url,
      AWS_ENDPOINT_URL_S3: messaging.url,
      AWS_ENDPOINT_URL_SES: ses.url,
      AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: cognito.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      AWS_ENDPOINT_URL_KMS: kms.url,
    },
  };
}

/** Another DynamoDB where the environment names one, as the SDK would take it; the local one otherwise. */
async function dynamoDb(
  options: { controls: Controls; origins: Origins; dir?: string },
  onClose: OnClose,
): Promise<string> {
  const given = process.env['AWS_ENDPOINT_URL_DYNAMODB'];
  if (given) return given;
  const started = await startDynamoDb(options);
  onClose(() => started.close());
  return started.url;
}

/** The policy that a pool declares, or Cognito's default. */
function passwordPolicyOf(userPool: Resource): PasswordPolicy {
  const declared = userPool.property('Policies') as { PasswordPolicy?: PasswordPolicy } | undefined;
  const required = {
    RequireUppercase: true,
    RequireLowercase: true,
    RequireNumbers: true,
    RequireSymbols: true,
  };
  return declared?.PasswordPolicy ?? { MinimumLength: 8, ...required };
}

/** How a pool encrypts the codes that a function mails, where its template names a key for that. */
function encryptionOf(userPool: Resource, kmsUrl: string): { encrypt?: (code: string) => Promise<string> } {
  const { KMSKeyID: arn } = (userPool.property('LambdaConfig') ?? {}) as { KMSKeyID?: string };
  return arn === undefined ? {} : { encrypt: codeEncrypter({ arn, kmsUrl, ...clientDefaults }) };
}

/** @throws Error when no stack declares a resource of the type */
function firstOf(templates: Templates, type: string): Resource {
  const [resource] = templates.ofType(type);
  if (!resource) throw new Error(`The local cloud needs a resource of the type ${type}`);
  return resource;
}
