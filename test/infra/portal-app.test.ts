import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { capabilities, everyRoute } from '../../functions/routes.ts';
import { bundleFunctions, functionNames } from '../../infra/bundle.ts';
import { portalApp } from '../../infra/portal-app.ts';
import { routeKey } from '../../shared/http/route.ts';
import { findings, type Statement } from '../support/infra/findings.ts';
import { bundleSizes, overBudget, recordedSizes } from '../bench/bundles/bundle-sizes.ts';

const dir = mkdtempSync(join(tmpdir(), 'annex-stack-'));
let portal: Template;
let mail: Template;

beforeAll(() => {
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };
  const app = portalApp(bundleFunctions(join(dir, 'bundles')), { outdir: join(dir, 'out'), context });
  const assembly = app.synth();
  portal = Template.fromJSON(assembly.getStackByName('annex-prod').template as object);
  mail = Template.fromJSON(assembly.getStackByName('annex-prod-mail').template as object);
}, 180_000);

afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The actions that the functions may do anywhere. */
const withoutResource = new Set(['ses:DeleteSuppressedDestination']);

const properties = <T>(type: string) =>
  Object.values(portal.findResources(type)).map((resource) => resource['Properties'] as T);

/** What the policies say whose id begins so. */
const statementsOf = (name: string) =>
  Object.entries(portal.findResources('AWS::IAM::Policy'))
    .filter(([id]) => id.startsWith(name))
    .flatMap(
      ([, policy]) =>
        (policy['Properties'] as { PolicyDocument: { Statement: Statement[] } }).PolicyDocument.Statement,
    );

describe('the checks of AWS’s solutions', () => {
  test('find nothing that is not acknowledged with a reason', () => {
    expect(findings(join(dir, 'out'))).toBe(0);
  });

  test('would find a bucket that anybody may read in clear', () => {
    const outdir = join(dir, 'careless');
    const app = new App({ outdir });
    new Bucket(new Stack(app, 'Careless'), 'Bucket');
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => app.synth()).toThrow('AwsSolutions-S10');
    expect(findings(outdir)).toBeGreaterThan(0);
  });
});

describe('the API', () => {
  test('has exactly the declared routes', () => {
    const keys = properties<{ RouteKey: string }>('AWS::ApiGatewayV2::Route').map((route) => route.RouteKey);
    expect(keys.toSorted()).toEqual(everyRoute.map(routeKey).toSorted());
  });

  test('has the authoriser before every route that is not public', () => {
    const open = new Set(everyRoute.filter((route) => route.permission === 'public').map(routeKey));
    for (const route of properties<{ RouteKey: string; AuthorizationType: string }>(
      'AWS::ApiGatewayV2::Route',
    )) {
      expect(route.AuthorizationType).toBe(open.has(route.RouteKey) ? 'NONE' : 'CUSTOM');
    }
  });

  test('lets pages of the portal see the headers that they need', () => {
    portal.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      CorsConfiguration: {
        AllowOrigins: ['https://portal.example'],
        ExposeHeaders: [
          'etag',
          'location',
          'retry-after',
          'www-authenticate',
          'idempotent-replayed',
          'x-request-id',
        ],
      },
    });
  });

  test('uses an authoriser’s answer for less than five seconds', () => {
    const [authorizer] = properties<{ AuthorizerResultTtlInSeconds: number }>(
      'AWS::ApiGatewayV2::Authorizer',
    );
    expect(authorizer!.AuthorizerResultTtlInSeconds).toBeLessThan(5);
  });

  test('logs who asked for what in which account, by ids alone', () => {
    const [stage] = properties<{ AccessLogSettings: { Format: string; DestinationArn: unknown } }>(
      'AWS::ApiGatewayV2::Stage',
    );
    expect(JSON.parse(stage!.AccessLogSettings.Format)).toEqual({
      requestId: '$context.requestId',
      time: '$context.requestTime',
      route: '$context.routeKey',
      user: '$context.authorizer.userId',
      account: '$context.authorizer.account',
      status: '$context.status',
      latencyMs: '$context.responseLatency',
    });
  });

  test('asks the authoriser for each path, since its answer names the account in it', () => {
    portal.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      IdentitySource: ['$request.header.Authorization', '$context.path'],
    });
  });
});

describe('the functions', () => {
  test('are one for each folder with an entry, on Node 24 and arm64, with a log that ends', () => {
    const functions = properties<{ FunctionName: string; Runtime: string; Architectures: string[] }>(
      'AWS::Lambda::Function',
    );
    expect(functions.map((each) => each.FunctionName).toSorted()).toEqual(
      functionNames().map((name) => `annex-prod-${name}`),
    );
    for (const { Runtime, Architectures } of functions) {
      expect([Runtime, Architectures]).toEqual(['nodejs24.x', ['arm64']]);
    }
    for (const log of properties<{ RetentionInDays?: number }>('AWS::Logs::LogGroup')) {
      expect(log.RetentionInDays).toBeGreaterThan(0);
    }
    for (const { name } of capabilities) expect(functionNames()).toContain(name);
  });

  test('that serve routes know the portal’s address and the key of cursors, which no template holds', () => {
    const functions = properties<{
      FunctionName: string;
      Environment: { Variables: Record<string, unknown> };
    }>('AWS::Lambda::Function');
    const served = new Set(capabilities.map(({ name }) => `annex-prod-${name}`));
    for (const { FunctionName, Environment } of functions) {
      const { PORTAL_URL, CURSOR_KEY } = Environment.Variables;
      expect(PORTAL_URL).toBe('https://portal.example');
      if (!served.has(FunctionName)) expect(CURSOR_KEY).toBeUndefined();
      else expect(JSON.stringify(CURSOR_KEY)).toMatch(/\{\{resolve:secretsmanager:/);
    }
  });

  test('are no larger than their record allows', () => {
    expect(overBudget(recordedSizes(), bundleSizes(join(dir, 'bundles'), functionNames()))).toEqual([]);
  });

  test('may never scan or manage the table, nor do everything anywhere', () => {
    for (const { PolicyDocument } of properties<{ PolicyDocument: { Statement: Statement[] } }>(
      'AWS::IAM::Policy',
    )) {
      for (const { Action, Resource } of PolicyDocument.Statement) {
        const actions = [Action].flat();
        expect(actions.filter((action) => action.includes('*'))).toEqual([]);
        expect(actions).not.toContain('dynamodb:Scan');
        // An action that AWS knows no resources for can be allowed no other way.
        if (!actions.every((action) => withoutResource.has(action))) expect(Resource).not.toBe('*');
      }
    }
  });

  test('that only read may not write', () => {
    const statements = (name: string) => statementsOf(name).flatMap((statement) => [statement.Action].flat());
    expect(statements('activityRole').length).toBeGreaterThan(0);
    expect(
      statements('activityRole').filter((action) => /^(?!logs:).*:(Put|Update|Delete|Send)/.test(action)),
    ).toEqual([]);
    expect(statements('contactsRole')).toContain('dynamodb:PutItem');
  });

  test('each have an alarm that says what clients notice', () => {
    const alarms = properties<{ AlarmDescription: string; AlarmActions: unknown[] }>(
      'AWS::CloudWatch::Alarm',
    );
    expect(alarms.length).toBeGreaterThanOrEqual(functionNames().length);
    for (const alarm of alarms) {
      expect(alarm.AlarmDescription.length).toBeGreaterThan(20);
      expect(alarm.AlarmActions).toHaveLength(1);
    }
  });
});

describe('what is kept', () => {
  test('is in one table, on demand, recoverable, and not deleted by accident', () => {
    portal.resourceCountIs('AWS::DynamoDB::Table', 1);
    portal.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
      },
    });
    for (const bucket of Object.values(portal.findResources('AWS::S3::Bucket'))) {
      expect(bucket['DeletionPolicy']).toBe('Retain');
    }
  });

  test('of logins hides who exists and lets nobody sign up', () => {
    portal.hasResourceProperties('AWS::Cognito::UserPool', {
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      AliasAttributes: ['email'],
      MfaConfiguration: 'OPTIONAL',
      EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
    });
    portal.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      PreventUserExistenceErrors: 'ENABLED',
      AccessTokenValidity: 15,
      IdTokenValidity: 15,
      TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'minutes' },
    });
  });
});

describe('the files of clients', () => {
  const filesBucket = () =>
    Object.entries(portal.findResources('AWS::S3::Bucket')).find(([id]) => id.startsWith('Files'))!;
  const allowed = (name: string) => {
    const [bucketId] = filesBucket();
    return statementsOf(`${name}Role`)
      .filter(({ Resource }) => JSON.stringify(Resource).includes(bucketId))
      .flatMap(({ Action, Resource }) =>
        [Action].flat().map((action) => `${action} ${/\/\w+\/\*/.exec(JSON.stringify(Resource))?.[0] ?? ''}`),
      )
      .toSorted();
  };

  test('keep their versions, and no rule deletes the current one', () => {
    const [, bucket] = filesBucket();
    const { VersioningConfiguration, LifecycleConfiguration } = bucket['Properties'] as {
      VersioningConfiguration: object;
      LifecycleConfiguration: { Rules: Record<string, unknown>[] };
    };
    expect(VersioningConfiguration).toEqual({ Status: 'Enabled' });
    const rules = LifecycleConfiguration.Rules.flatMap((rule) => Object.keys(rule));
    expect(rules).toContain('NoncurrentVersionExpiration');
    for (const rule of rules) expect(rule).not.toMatch(/^Expiration/);
  });

  test('are put by pages of the portal with every header that a link signs', () => {
    const [, bucket] = filesBucket();
    const { CorsRules } = (bucket['Properties'] as { CorsConfiguration: { CorsRules: object[] } })
      .CorsConfiguration;
    expect(CorsRules).toMatchObject([
      { AllowedOrigins: ['https://portal.example'], AllowedHeaders: ['content-type', 'if-none-match'] },
    ]);
  });

  test('are given out by version, and deleted by the outbox alone', () => {
    const reading = (path: string) => [
      `s3:GetObject ${path}`,
      `s3:GetObjectVersion ${path}`,
      's3:ListBucket ',
      `s3:PutObject ${path}`,
    ];
    expect(allowed('tickets')).toEqual(reading('/attachments/*'));
    expect(allowed('documents')).toEqual(reading('/documents/*'));
    expect(allowed('outbox')).toEqual([
      's3:DeleteObjectVersion /attachments/*',
      's3:GetObject /attachments/*',
      's3:ListBucket ',
    ]);
    const deleters = Object.entries(portal.findResources('AWS::IAM::Policy')).filter(([, policy]) =>
      JSON.stringify(policy).includes('s3:Delete'),
    );
    expect(deleters.map(([id]) => id)).toEqual([expect.stringMatching(/^outboxRole/)]);
  });
});

describe('Cognito’s codes', () => {
  test('go to the function that mails them, encrypted with a key that rotates', () => {
    portal.hasResourceProperties('AWS::KMS::Key', { EnableKeyRotation: true });
    const [pool] = properties<{ LambdaConfig: Record<string, unknown> }>('AWS::Cognito::UserPool');
    expect(Object.keys(pool!.LambdaConfig).toSorted()).toEqual([
      'CustomEmailSender',
      'KMSKeyID',
      'PostConfirmation',
    ]);
    expect(JSON.stringify(pool!.LambdaConfig)).toMatch(/signinFunction/);
  });

  test('are read by the outbox alone', () => {
    const readers = Object.entries(portal.findResources('AWS::IAM::Policy')).filter(([, policy]) =>
      JSON.stringify(policy).includes('kms:'),
    );
    expect(readers.map(([id]) => id)).toEqual([expect.stringMatching(/^outboxRole/)]);
    expect(JSON.stringify(readers)).not.toMatch(/kms:(?!Decrypt")/);
  });
});

interface TopicStatement extends Statement {
  Effect: string;
  Principal: Record<string, unknown>;
  Condition?: Record<string, Record<string, unknown>>;
}

const topicStatements = () =>
  properties<{ PolicyDocument: { Statement: TopicStatement[] } }>('AWS::SNS::TopicPolicy').flatMap(
    ({ PolicyDocument }) => PolicyDocument.Statement,
  );

describe('mail', () => {
  test('is stored by the receipt rule of a stack of its own, scanned', () => {
    mail.hasResourceProperties('AWS::SES::ReceiptRule', { Rule: { ScanEnabled: true } });
    mail.resourceCountIs('AWS::SES::EmailIdentity', 1);
  });

  test('is taken from SES by topics where SES acts for this account and for our own resource', () => {
    const bySes = topicStatements().filter(({ Principal }) => Principal.Service === 'ses.amazonaws.com');
    const sources = bySes.map(({ Effect, Action, Condition }) => {
      expect([Effect, Action]).toEqual(['Allow', 'sns:Publish']);
      // The names of keys are without case; CDK writes some of them itself.
      const required = Object.assign({}, ...Object.values(Condition!)) as Record<string, unknown>;
      const keys = new Map(Object.entries(required).map(([key, value]) => [key.toLowerCase(), value]));
      expect(Object.keys(Condition!)).toContain('StringEquals');
      expect(keys.get('aws:sourceaccount')).toBe('000000000000');
      return JSON.stringify(keys.get('aws:sourcearn'));
    });
    expect(sources.toSorted()).toEqual([
      expect.stringMatching(/:ses:eu-west-1:000000000000:receipt-rule-set\/annex-prod:receipt-rule\/\*"/),
      expect.stringMatching(/:ses:eu-west-1:000000000000:configuration-set\/.*MailOutSet/),
    ]);
    mail.hasResourceProperties('AWS::SES::ReceiptRuleSet', { RuleSetName: 'annex-prod' });
  });

  test('waits in its queue where much of it comes, and takes no function away from people', () => {
    const mappings = properties<{ FunctionName: unknown; ScalingConfig?: { MaximumConcurrency: number } }>(
      'AWS::Lambda::EventSourceMapping',
    );
    const ofMail = mappings.filter(({ FunctionName }) =>
      JSON.stringify(FunctionName).includes('inboundmail'),
    );
    expect(ofMail.map(({ ScalingConfig }) => ScalingConfig)).toEqual([{ MaximumConcurrency: 10 }]);
    for (const each of properties<Record<string, unknown>>('AWS::Lambda::Function')) {
      expect(each).not.toHaveProperty('ReservedConcurrentExecutions');
    }
  });

  test('of alarms goes out: their topic has a policy, and that lets alarms of this account publish', () => {
    const topics = [
      ...new Set(
        properties<{ AlarmActions: unknown[] }>('AWS::CloudWatch::Alarm').flatMap(({ AlarmActions }) =>
          AlarmActions.map((action) => JSON.stringify(action)),
        ),
      ),
    ];
    expect(topics).toHaveLength(1);
    const publishers = topicStatements().filter(({ Resource }) => topics.includes(JSON.stringify(Resource)));
    expect(publishers.filter(({ Effect }) => Effect === 'Allow')).toEqual([
      {
        Action: 'sns:Publish',
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Resource: expect.anything(),
        Condition: {
          StringEquals: { 'aws:SourceAccount': '000000000000' },
          ArnLike: { 'aws:SourceArn': expect.anything() },
        },
        Sid: expect.anything(),
      },
    ]);
    expect(JSON.stringify(publishers)).toContain(':cloudwatch:eu-west-1:000000000000:alarm:*');
  });

  test('is told of by SES in events alone: SES keeps no list of its own of addresses that it sends nothing to', () => {
    portal.hasResourceProperties('AWS::SES::ConfigurationSet', {
      SuppressionOptions: { SuppressedReasons: [] },
    });
    portal.hasResourceProperties('AWS::SES::ConfigurationSetEventDestination', {
      EventDestination: { Enabled: true, MatchingEventTypes: ['bounce', 'complaint'] },
    });
  });

  test('and all other work has a queue for what fails', () => {
    const queues = properties<{ RedrivePolicy?: unknown }>('AWS::SQS::Queue');
    expect(queues.filter((queue) => queue.RedrivePolicy)).toHaveLength(queues.length / 2);
    for (const mapping of properties<{ FunctionResponseTypes: string[] }>(
      'AWS::Lambda::EventSourceMapping',
    )) {
      expect(mapping.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
    }
  });
});

test('a context value that is missing is named', () => {
  expect(() => portalApp(join(dir, 'bundles'), { outdir: join(dir, 'x'), context: { stage: 'x' } })).toThrow(
    /mailDomain/,
  );
});
