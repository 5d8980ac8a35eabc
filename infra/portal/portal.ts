import { join } from 'node:path';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { capabilities } from '../../functions/routes.ts';
import { cognitoDirectory } from '../../shared/aws/cognito-directory.ts';
import { staffGroup } from '../../shared/aws/cognito/staff-group.ts';
import { dynamoRows } from '../../shared/aws/dynamo-rows.ts';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { migrate, tableVersion } from '../../shared/migrations/migrate.ts';
import { migrations } from '../../shared/migrations/migrations.ts';
import { schemaVersion } from '../../shared/table/schema.ts';
import { openApi } from '../../shared/http/openapi.ts';
import { type DemoUser, seed } from '../demo/seed.ts';
import type { StoredVersion } from '../../shared/tickets/attachment.ts';
import { closable, type OnClose } from '../local/closing.ts';
import { clientDefaults, type Cloud, type CloudOptions, type Services, startCloud } from '../local/cloud.ts';
import { Controls } from '../local/controls.ts';
import { Origins } from '../local/http/origins.ts';
import type { Secret } from '../local/secrets.ts';
import { MailControl } from '../local/ses/outcomes/mail-control.ts';
import type { Templates } from '../local/template/templates.ts';
import { startSandboxGateway } from '../sandbox/gateway.ts';
import { RegistrarControl, startSandboxRegistrar } from '../sandbox/registrar.ts';
import { docsPages } from './docs-page.ts';
import { localContext, synthesised } from './synthesis.ts';

export interface PortalOptions extends Pick<CloudOptions, 'ports' | 'dataDir'> {
  /** Whether an empty cloud is filled with the demonstration. */
  demo: boolean;
  /** The origins of the web pages that may call, such as a frontend's. */
  origins?: readonly string[];
}

/** The content of portal.json: where everything is. */
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

export interface RunningPortal {
  portal: Portal;
  close(): Promise<void>;
}

const supportAddress = `${localContext.supportMailbox}@${localContext.mailDomain}`;

/** Starts the portal on 127.0.0.1: its stacks in the local cloud, and the partners' sandboxes beside it. */
export function startPortal(options: PortalOptions): Promise<RunningPortal> {
  return closable(async (onClose) => ({ portal: await start(options, onClose) }));
}

async function start({ demo, ...options }: PortalOptions, onClose: OnClose): Promise<Portal> {
  const registrarControl = new RegistrarControl();
  const origins = new Origins(options.origins);
  const mail = new MailControl();
  const controls = new Controls({ registrar: registrarControl, mail });
  const assembly = await synthesised();
  const { dataDir } = options;
  const dir = (name: string) => (dataDir ? { dir: join(dataDir, name) } : {});
  // The gateway's events go to the API, which listens only after the gateway does.
  const running: { cloud?: Cloud } = {};
  const gateway = await startSandboxGateway({
    controls,
    origins,
    webhookSecret: () => sandboxSecretOf(running.cloud?.secrets ?? []),
    webhookUrl: () => running.cloud && `${running.cloud.apiUrl}/v1/webhooks/sandbox`,
    ...dir('payments'),
  });
  onClose(() => gateway.close());
  const registrar = await startSandboxRegistrar({
    control: registrarControl,
    origins,
    ...dir('registrar'),
  });
  onClose(() => registrar.close());
  let users: DemoUser[] = [];
  const cloud = await startCloud({
    ...options,
    assembly,
    controls,
    mail,
    origins,
    environment: { SANDBOX_GATEWAY_URL: gateway.url, SANDBOX_REGISTRAR_URL: registrar.url },
    pages: docsPages(openApi(capabilities)),
    warm: ['authorizer', 'accounts'],
    fill: async (services) => {
      users = await fill(services, controls, demo);
    },
  });
  onClose(() => cloud.close());
  running.cloud = cloud;
  return {
    apiUrl: cloud.apiUrl,
    docsUrl: `${cloud.apiUrl}/docs`,
    openapiUrl: `${cloud.apiUrl}/openapi.json`,
    lambdaUrl: cloud.lambdaUrl,
    cognitoUrl: cloud.cognitoUrl,
    userPoolId: cloud.userPoolId,
    userPoolClientId: cloud.userPoolClientId,
    mailboxUrl: cloud.mailboxUrl,
    smtp: cloud.smtp,
    supportAddress,
    sandboxWebhookSecret: sandboxSecretOf(cloud.secrets),
    users,
  };
}

/** The key that signs the sandbox gateway's events, from the secret that has it. */
function sandboxSecretOf(secrets: readonly Secret[]): string {
  const holder = secrets.find(({ value }) => value.includes('"sandboxWebhookSecret"'))!;
  return (JSON.parse(holder.value) as { sandboxWebhookSecret: string }).sandboxWebhookSecret;
}

/** Seeds an empty cloud, with or without the demonstration, and returns who can sign in. */
async function fill(services: Services, controls: Controls, demo: boolean): Promise<DemoUser[]> {
  const { templates, dynamoDbUrl, cognitoUrl, messagingUrl, userPoolId } = services;
  const tableName = templates.ofType('AWS::DynamoDB::Table')[0]!.ref;
  const documents = new DynamoDBClient({ ...clientDefaults, endpoint: dynamoDbUrl });
  const table = dynamoTable(tableName, documents);
  const cognito = new CognitoIdentityProviderClient({ ...clientDefaults, endpoint: cognitoUrl });
  const s3 = new S3Client({ ...clientDefaults, endpoint: messagingUrl, forcePathStyle: true });
  const { portalUrl, providerName } = localContext;
  const directory = cognitoDirectory(userPoolId, cognito);
  const putFile = filePutter(s3, templates);
  const now = controls.now();
  if ((await tableVersion({ table })) < schemaVersion) {
    await migrate({
      table,
      rows: dynamoRows(tableName, documents),
      providerName,
      staffGroup: staffGroup(userPoolId, cognito),
      migrations,
      pause: async () => {},
    });
  }
  return seed(
    { table, directory, cognito, userPoolId, portalUrl, providerName, supportAddress, putFile, now },
    demo,
  );
}

/** Puts files into the bucket of clients' files. */
function filePutter(s3: S3Client, templates: Templates) {
  const Bucket = templates.ofType('AWS::S3::Bucket').find(({ id }) => id.startsWith('Files'))!.ref;
  return async (Key: string, Body: Uint8Array, ContentType: string): Promise<StoredVersion> => {
    const put = await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType }));
    return { versionId: put.VersionId!, checksum: put.ETag!.replaceAll('"', '') };
  };
}
