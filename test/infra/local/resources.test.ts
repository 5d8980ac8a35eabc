import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, describe, expect, it } from 'vitest';
import { answerJson, readBody, startServer } from '../../../infra/local/http/server.ts';
import { createResources, startMessaging } from '../../../infra/local/resources.ts';
import { startSecrets } from '../../../infra/local/secrets.ts';
import { getAtt, portalStack, temporaryDir } from './template/cdk-out.ts';

const resources = {
  Table: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      TableName: 'portal',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-due',
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
          ContributorInsightsSpecification: { Enabled: true },
        },
      ],
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    },
  },
  Dead: { Type: 'AWS::SQS::Queue' },
  Inbound: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      QueueName: 'inbound',
      VisibilityTimeout: 180,
      RedrivePolicy: { deadLetterTargetArn: getAtt('Dead', 'Arn'), maxReceiveCount: 5 },
    },
  },
  Received: { Type: 'AWS::SNS::Topic' },
  Subscription: {
    Type: 'AWS::SNS::Subscription',
    Properties: {
      TopicArn: { Ref: 'Received' },
      Protocol: 'sqs',
      Endpoint: getAtt('Inbound', 'Arn'),
      RawMessageDelivery: true,
    },
  },
  Alarm: {
    Type: 'AWS::SNS::Subscription',
    Properties: { TopicArn: { Ref: 'Received' }, Protocol: 'email', Endpoint: 'ops@portal.test' },
  },
  Mail: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'annex-mail' } },
};

const calls: { target: unknown; input: Record<string, unknown> }[] = [];
const tables = new Set<unknown>();
async function fakeDynamoDb(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const target = String(request.headers['x-amz-target']).split('.')[1];
  const input = JSON.parse(String(await readBody(request, 100_000))) as { TableName: string };
  calls.push({ target, input });
  if (target === 'CreateTable' && tables.has(input.TableName)) {
    const __type = 'com.amazonaws.dynamodb.v20120810#ResourceInUseException';
    return answerJson(response, 400, { __type });
  }
  tables.add(input.TableName);
  answerJson(response, 200, { Table: { TableStatus: 'ACTIVE' } });
}

const dynamoDb = await startServer((request, response) => void fakeDynamoDb(request, response));
afterAll(() => dynamoDb.close());

describe('the resources', () => {
  it('are those of the template', async () => {
    const messaging = await startMessaging();
    const templates = portalStack(resources);
    await createResources({ templates, messaging, dynamoDbUrl: dynamoDb.url });
    const { sqsStore, snsStore, s3Store } = messaging.stores;
    expect(templates.find('Inbound')?.ref).toBe(`${messaging.url}/000000000000/inbound`);
    expect(sqsStore.getQueueByName('inbound')?.attributes).toMatchObject({
      VisibilityTimeout: '180',
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: templates.find('Dead')?.att('Arn'),
        maxReceiveCount: 5,
      }),
    });
    const [subscription] = snsStore.listSubscriptions().subscriptions;
    expect(subscription).toMatchObject({ protocol: 'sqs', attributes: { RawMessageDelivery: 'true' } });
    expect(s3Store.hasBucket('annex-mail')).toBe(true);
    expect(calls[0]).toEqual({
      target: 'CreateTable',
      input: {
        TableName: 'portal',
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'by-due',
            KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
            Projection: { ProjectionType: 'ALL' },
          },
        ],
      },
    });
    await messaging.close();
  });

  it('that were kept are found again, at their new address and with new attributes', async () => {
    const dataDir = temporaryDir();
    const first = await startMessaging({ dataDir });
    const templates = portalStack(resources);
    await createResources({ templates, messaging: first, dynamoDbUrl: dynamoDb.url });
    const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=local' };
    await fetch(`${first.url}/annex-mail/mail-1`, { method: 'PUT', headers, body: 'Subject: hello' });
    first.stores.s3Store.getObject('annex-mail', 'mail-1');
    await first.close();

    const second = await startMessaging({ dataDir });
    const { Inbound } = resources;
    const changed = { ...Inbound, Properties: { ...Inbound.Properties, VisibilityTimeout: 60 } };
    const later = portalStack({ ...resources, Inbound: changed });
    await createResources({ templates: later, messaging: second, dynamoDbUrl: dynamoDb.url });
    const queue = second.stores.sqsStore.getQueueByName('inbound');
    expect(queue?.attributes['VisibilityTimeout']).toBe('60');
    expect(queue?.url).toBe(`${second.url}/000000000000/inbound`);
    expect(second.stores.snsStore.listSubscriptions().subscriptions).toHaveLength(1);
    expect(await (await fetch(`${second.url}/annex-mail/mail-1`, { headers })).text()).toBe('Subject: hello');
    await second.close();
  });
});

describe('the secrets', () => {
  const secrets = portalStack({
    Webhook: {
      Type: 'AWS::SecretsManager::Secret',
      Properties: { Name: 'webhook', GenerateSecretString: {} },
    },
    Login: {
      Type: 'AWS::SecretsManager::Secret',
      Properties: {
        GenerateSecretString: {
          SecretStringTemplate: '{"user":"admin"}',
          GenerateStringKey: 'password',
          PasswordLength: 20,
          ExcludePunctuation: true,
        },
      },
    },
    Given: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'given', SecretString: 'as it is' } },
  });

  const get = async (url: string, SecretId: string) => {
    const headers = { 'x-amz-target': 'secretsmanager.GetSecretValue' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ SecretId }) });
    const body = (await response.json()) as Record<string, unknown>;
    return { ...body, status: response.status } as Record<string, unknown>;
  };

  it('are given out by name and by ARN', async () => {
    const server = await startSecrets({ templates: secrets });
    const arn = secrets.find('Webhook')?.ref ?? '';
    const byArn = await get(server.url, arn);
    expect(byArn).toMatchObject({ status: 200, ARN: arn, Name: 'webhook' });
    expect(byArn['SecretString']).toHaveLength(32);
    expect(await get(server.url, 'webhook')).toEqual(byArn);
    expect(await get(server.url, 'given')).toMatchObject({ SecretString: 'as it is' });
    const login = await get(server.url, secrets.find('Login')?.ref ?? '');
    expect(JSON.parse(String(login['SecretString']))).toEqual({
      user: 'admin',
      password: expect.stringMatching(/^[A-Za-z0-9]{20}$/) as string,
    });
    expect(await get(server.url, 'nothing')).toMatchObject({
      status: 400,
      __type: 'ResourceNotFoundException',
    });
    await server.close();
  });

  it('are kept with the data, and made anew without', async () => {
    const dataDir = temporaryDir();
    const valueIn = async (options: { dataDir?: string }) => {
      const server = await startSecrets({ templates: secrets, ...options });
      await server.close();
      return server.secrets.find(({ name }) => name === 'webhook')?.value;
    };
    expect(await valueIn({ dataDir })).toBe(await valueIn({ dataDir }));
    expect(await valueIn({})).not.toBe(await valueIn({}));
  });
});
