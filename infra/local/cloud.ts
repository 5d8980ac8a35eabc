import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { capabilities } from '../../functions/routes.ts';
import { cognitoDirectory } from '../../shared/aws/cognito-directory.ts';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { openApi } from '../../shared/http/openapi.ts';
import { startCognito } from './cognito/server.ts';
import { Controls } from './controls.ts';
import { type DemoUser, seed } from '../demo/seed.ts';
import { docsPages } from '../portal/docs-page.ts';
import { startDynamoDb } from './dynamodb/server.ts';
import { fileLog, FunctionHost } from './lambda/functions.ts';
import { startGateway } from './gateway/server.ts';
import { startLambdaApi } from './lambda/api.ts';
import { mailReceiver } from './ses/receipt.ts';
import { region } from './template/physical.ts';
import { startQueues } from './lambda/queues.ts';
import { createResources, startMessaging } from './resources.ts';
import { startSandboxGateway } from '../sandbox/gateway.ts';
import { RegistrarControl, startSandboxRegistrar } from '../sandbox/registrar.ts';
import { startSchedules } from './lambda/schedules.ts';
import { type Secret, startSecrets } from './secrets.ts';
import { startSes } from './ses/server.ts';
import { startSmtp } from './ses/smtp.ts';
import { localContext, synthesised } from '../portal/synthesis.ts';
import { loadTemplates, type Templates } from './template/templates.ts';

export interface CloudOptions {
  /** Ports for what people and tests talk to; any free one where none is given. */
  ports?: { api?: number; lambda?: number; cognito?: number; mailbox?: number; smtp?: number };
  /** Where data is kept between runs; without it everything is gone at the end. */
  dataDir?: string;
  /** Whether an empty cloud is filled with the demonstration. */
  demo: boolean;
}

/** What portal.json says: where everything is. */
export interface Portal {
  apiUrl: string;
  docsUrl: string;
  openapiUrl: string;
  lambdaUrl: string;
  cognitoUrl: string;
  userPoolId: string;
  userPoolClientId: string;
  mailboxUrl: string;
  smtp: { host: string; port: number };
  supportAddress: string;
  /** The key of the sandbox payment gateway's events. */
  sandboxWebhookSecret: string;
  users: DemoUser[];
}

export interface Cloud {
  portal: Portal;
  close(): Promise<void>;
}

/** Starts every part of the deployment on 127.0.0.1. If one cannot start, those that did are stopped again. */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const closing: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const stop of closing.splice(0).toReversed()) await stop();
  };
  try {
    return { portal: await start(options, (stop) => closing.push(stop)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

type OnClose = (stop: () => Promise<void> | void) => void;

async function start(options: CloudOptions, onClose: OnClose): Promise<Portal> {
  const { ports = {}, dataDir } = options;
  const registrarControl = new RegistrarControl();
  const controls = new Controls({ registrar: registrarControl });
  const workDir = mkdtempSync(join(tmpdir(), 'annex-'));
  onClose(() => rmSync(workDir, { recursive: true, force: true }));
  if (dataDir) mkdirSync(dataDir, { recursive: true });
  const templates = loadTemplates(await synthesised());
  const services = await startServices({ ...options, registrarControl }, controls, templates, onClose);
  const functions = new FunctionHost({
    templates,
    controls,
    environment: services.environment,
    log: fileLog(join(dataDir ?? workDir, 'functions.log')),
  });
  onClose(() => functions.close());
  const { invoke } = functions;
  const gateway = await startGateway({
    templates,
    invoke,
    controls,
    port: ports.api,
    pages: docsPages(openApi(capabilities)),
  });
  onClose(() => gateway.close());
  services.events.url = `${gateway.url}/v1/webhooks/sandbox`;
  const lambda = await startLambdaApi({ functions, controls, port: ports.lambda });
  onClose(() => lambda.close());
  const users = await fill(services, templates, controls, options.demo);
  const queues = startQueues({ templates, invoke });
  onClose(() => queues.stop());
  const schedules = startSchedules({ templates, invoke, controls });
  onClose(() => schedules.stop());
  const receive = mailReceiver(templates, services.s3, services.messagingUrl);
  const smtp = await startSmtp({ controls, port: ports.smtp, receive });
  onClose(() => smtp.close());
  await functions.warm(['authorizer', 'accounts']);
  return {
    apiUrl: gateway.url,
    docsUrl: `${gateway.url}/docs`,
    openapiUrl: `${gateway.url}/openapi.json`,
    lambdaUrl: lambda.url,
    cognitoUrl: services.cognitoUrl,
    userPoolId: services.userPoolId,
    userPoolClientId: services.userPoolClientId,
    mailboxUrl: services.mailboxUrl,
    smtp: { host: smtp.host, port: smtp.port },
    supportAddress,
    sandboxWebhookSecret: services.sandboxSecret(),
    users,
  };
}

type Services = Awaited<ReturnType<typeof startServices>>;

/** The services that functions call, and the environment that leads there. */
async function startServices(
  { ports = {}, dataDir, registrarControl }: CloudOptions & { registrarControl: RegistrarControl },
  controls: Controls,
  templates: Templates,
  onClose: OnClose,
) {
  const dir = (name: string) => (dataDir ? { dir: join(dataDir, name) } : {});
  const messaging = await startMessaging(dataDir ? { dataDir: join(dataDir, 'messaging') } : {});
  onClose(() => messaging.close());
  const dynamoDbUrl = await dynamoDb(controls, dir('dynamodb'), onClose);
  await createResources({ templates, messaging, dynamoDbUrl });
  const ses = await startSes({ controls, region, port: ports.mailbox, ...dir('mailbox') });
  onClose(() => ses.close());
  const secrets = await startSecrets({ templates, ...(dataDir ? { dataDir } : {}) });
  onClose(() => secrets.close());
  const events: { url?: string } = {};
  const sandboxSecret = () => sandboxSecretOf(secrets.secrets);
  const sandbox = await startSandboxGateway({
    controls,
    webhookSecret: sandboxSecret,
    webhookUrl: () => events.url,
    ...dir('payments'),
  });
  onClose(() => sandbox.close());
  const registrar = await startSandboxRegistrar({ control: registrarControl, ...dir('registrar') });
  onClose(() => registrar.close());
  const userPoolId = templates.ofType('AWS::Cognito::UserPool')[0]!.ref;
  const userPoolClientId = templates.ofType('AWS::Cognito::UserPoolClient')[0]!.ref;
  const cognito = await startCognito({
    controls,
    region,
    userPoolId,
    clientId: userPoolClientId,
    port: ports.cognito,
    ...dir('cognito'),
    groups: templates
      .ofType('AWS::Cognito::UserPoolGroup')
      .map((group) => String(group.property('GroupName'))),
    sendMail: async (to, subject, text) => {
      await ses.sendText({ from: `no-reply@${localContext.mailDomain}`, to, subject, text });
    },
  });
  onClose(() => cognito.close());
  return {
    messagingUrl: messaging.url,
    dynamoDbUrl,
    cognitoUrl: cognito.url,
    mailboxUrl: ses.mailboxUrl,
    userPoolId,
    userPoolClientId,
    /** Where the sandbox gateway's events go, once the API listens. */
    events,
    sandboxSecret,
    s3: new S3Client({ ...client, endpoint: messaging.url, forcePathStyle: true }),
    environment: {
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl,
      AWS_ENDPOINT_URL_SQS: messaging.url,
      AWS_ENDPOINT_URL_S3: messaging.url,
      AWS_ENDPOINT_URL_SES: ses.url,
      AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: cognito.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      SANDBOX_GATEWAY_URL: sandbox.url,
      SANDBOX_REGISTRAR_URL: registrar.url,
    },
  };
}

/** The one secret that has the sandbox's key signs its events. */
function sandboxSecretOf(secrets: readonly Secret[]): string {
  const holder = secrets.find(({ value }) => value.includes('"sandboxWebhookSecret"'))!;
  return (JSON.parse(holder.value) as { sandboxWebhookSecret: string }).sandboxWebhookSecret;
}

const supportAddress = `${localContext.supportMailbox}@${localContext.mailDomain}`;
const client = { region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };

/** Another DynamoDB where the environment names one, as the SDK would take it; our own otherwise. */
async function dynamoDb(controls: Controls, dir: { dir?: string }, onClose: OnClose): Promise<string> {
  const given = process.env['AWS_ENDPOINT_URL_DYNAMODB'];
  if (given) return given;
  const started = await startDynamoDb({ controls, ...dir });
  onClose(() => started.close());
  return started.url;
}

/** Who can sign in, with or without the demonstration. */
async function fill(
  services: Services,
  templates: Templates,
  controls: Controls,
  demo: boolean,
): Promise<DemoUser[]> {
  const { dynamoDbUrl, cognitoUrl, userPoolId } = services;
  const tableName = templates.ofType('AWS::DynamoDB::Table')[0]!.ref;
  const documents = new DynamoDBClient({ ...client, endpoint: dynamoDbUrl });
  const table = dynamoTable(tableName, documents);
  const cognito = new CognitoIdentityProviderClient({ ...client, endpoint: cognitoUrl });
  const { portalUrl } = localContext;
  const directory = cognitoDirectory(userPoolId, cognito);
  const putFile = filePutter(services.s3, templates);
  const now = controls.now();
  return seed({ table, directory, cognito, userPoolId, portalUrl, supportAddress, putFile, now }, demo);
}

/** Puts files into the bucket of clients' files. */
function filePutter(s3: S3Client, templates: Templates) {
  const Bucket = templates.ofType('AWS::S3::Bucket').find(({ id }) => id.startsWith('Files'))!.ref;
  return async (Key: string, Body: Uint8Array, ContentType: string): Promise<void> => {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType }));
  };
}
