import { type CfnElement, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct, type IConstruct } from 'constructs';
import { join } from 'node:path';

export interface PortalFunctionProps {
  stage: string;
  /** The folder of `functions`, and the function's name behind `annex-<stage>-`. */
  name: string;
  /** The folder of the bundles. */
  bundles: string;
  environment: Record<string, string>;
  timeout?: Duration;
  memorySize?: number;
  /** What clients notice when this function fails: the text of its alarm. */
  customerImpact: string;
}

/** A Lambda function with its own role without managed policies, its own log that expires, and an alarm. */
export class PortalFunction extends Construct {
  readonly lambda: lambda.Function;
  readonly errors: cloudwatch.Alarm;
  /** Alarms on log messages that a person has to see. */
  readonly messages: cloudwatch.Alarm[] = [];
  readonly #logGroup: logs.LogGroup;

  constructor(scope: Construct, id: string, props: PortalFunctionProps) {
    super(scope, id);
    const functionName = `annex-${props.stage}-${props.name}`;
    const logGroup = new logs.LogGroup(this, 'Log', {
      logGroupName: `/annex/${props.stage}/${props.name}`,
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.#logGroup = logGroup;
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    this.lambda = new lambda.Function(this, 'Function', {
      functionName,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(join(props.bundles, props.name), { exclude: ['*.map'] }),
      role,
      logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      timeout: props.timeout ?? Duration.seconds(15),
      memorySize: props.memorySize ?? 512,
      environment: { ...props.environment, POWERTOOLS_SERVICE_NAME: props.name },
    });
    this.errors = new cloudwatch.Alarm(this, 'Errors', {
      alarmName: `${functionName}-errors`,
      alarmDescription: props.customerImpact,
      metric: this.lambda.metricErrors({ period: Duration.minutes(5) }),
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }

  /** Sets off an alarm whenever the function logs this message. */
  alarmOn(message: string, customerImpact: string): void {
    const id = message.replaceAll(/[^A-Za-z]/g, '');
    const filter = new logs.MetricFilter(this, id, {
      logGroup: this.#logGroup,
      filterPattern: logs.FilterPattern.stringValue('$.message', '=', message),
      metricNamespace: 'Annex',
      metricName: `${this.lambda.node.path}-${id}`.replaceAll('/', '-'),
    });
    this.messages.push(
      new cloudwatch.Alarm(this, `${id}Alarm`, {
        alarmDescription: customerImpact,
        metric: filter.metric({ period: Duration.minutes(5), statistic: 'sum' }),
        threshold: 1,
        evaluationPeriods: 1,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      }),
    );
  }

  /** Allows exactly what the stores do: single items, queries and transactions, but no scan and no table management. */
  useTable(table: dynamodb.Table, access: 'read' | 'write'): void {
    const read = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];
    const write = [
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:DeleteItem',
      'dynamodb:ConditionCheckItem',
    ];
    const actions = access === 'write' ? [...read, ...write] : read;
    this.allow(new iam.PolicyStatement({ actions, resources: [table.tableArn] }));
    this.allowBelow(table, table.tableArn, '/index/*', {
      actions: ['dynamodb:Query'],
      reason: 'The indexes of the one table: stores read lists through them.',
    });
  }

  /** Allows what is below a resource. No other wildcard is allowed, and each states its reason. */
  allowBelow(
    resource: IConstruct,
    arn: string,
    path: string,
    { actions, reason }: { actions: string[]; reason: string },
  ): void {
    this.allow(new iam.PolicyStatement({ actions, resources: [`${arn}${path}`] }));
    const logicalId = Stack.of(this).getLogicalId(resource.node.defaultChild as CfnElement);
    Validations.of(this).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${logicalId}.Arn>${path}]`,
      reason,
    });
  }

  /** Renewals at Route 53 Domains, whose actions know no resources. */
  allowRoute53Domains(): void {
    const actions = ['route53domains:RenewDomain', 'route53domains:GetDomainDetail'];
    this.#allowWithoutResource(actions, 'Route 53 Domains has no resources to name; the actions are two.');
  }

  /** Taking an address off SES's own list of those that it sends nothing to. */
  allowUnsuppressing(): void {
    const actions = ['ses:DeleteSuppressedDestination'];
    this.#allowWithoutResource(
      actions,
      'The list is the whole SES account’s; the action takes entries off it.',
    );
  }

  #allowWithoutResource(actions: string[], reason: string): void {
    this.allow(new iam.PolicyStatement({ actions, resources: ['*'] }));
    Validations.of(this).acknowledge({ id: 'AwsSolutions-IAM5[Resource::*]', reason });
  }

  allow(statement: iam.PolicyStatement): void {
    this.lambda.addToRolePolicy(statement);
  }
}
