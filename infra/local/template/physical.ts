import { createHash } from 'node:crypto';

export const region = 'eu-west-1';
export const accountId = '000000000000';

/**
 * Where parts of the local cloud listen, as far as values of templates contain it. Until an address is known its
 * values lead nowhere, and never to AWS.
 */
export interface Addresses {
  /** The SQS endpoint: the origin of every queue's URL. */
  sqs?: string;
  /** The HTTP API: its `ApiEndpoint`. */
  api?: string;
}

/** What a template says of a resource: enough to make up the values that it would have when deployed. */
export interface Declaration {
  /** The logical id. */
  readonly id: string;
  readonly type: string;
  /** The name of the stack that declares it. */
  readonly stack: string;
  /** One property with its intrinsic functions resolved. */
  property(name: string): unknown;
}

/** What CloudFormation would know of a resource once it is deployed. */
export interface Physical {
  ref: string;
  att: (name: string) => string;
}

/** What `Ref` gives, and the attributes that are not made up by the common rules of `physical`. */
interface Known {
  ref: string;
  attributes?: Record<string, string>;
}

const lowerCase = 'abcdefghijklmnopqrstuvwxyz0123456789';
const upperCase = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** An id made of a hash, so that it is the same in every run. */
function stableId(seed: string, alphabet: string, length: number): string {
  const digest = createHash('sha256').update(seed).digest();
  return Array.from(digest.subarray(0, length), (byte) => alphabet[byte % alphabet.length]).join('');
}

/** The name a resource was given, or else one as CloudFormation makes it: stack, logical id, a stable suffix. */
function nameOf(resource: Declaration): string {
  const kind = resource.type.split('::').at(-1) ?? '';
  const given = resource.property(`${kind}Name`) ?? resource.property('Name');
  if (typeof given === 'string') return given;
  return `${resource.stack}-${resource.id}-${stableId(resource.id, upperCase, 12)}`;
}

function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${region}:${accountId}:${resource}`;
}

function queue(resource: Declaration, name: string, { sqs }: Addresses): Known {
  const fifo = resource.property('FifoQueue') === true && !name.endsWith('.fifo');
  const queueName = fifo ? `${name.slice(0, 75)}.fifo` : name.slice(0, 80);
  const url = `${sqs ?? 'http://sqs.invalid'}/${accountId}/${queueName}`;
  return { ref: url, attributes: { Arn: arn('sqs', queueName), QueueName: queueName, QueueUrl: url } };
}

function bucket(name: string): Known {
  const bucketName = name.toLowerCase().slice(0, 63);
  const domain = `${bucketName}.s3.${region}.amazonaws.com`;
  return {
    ref: bucketName,
    attributes: {
      Arn: `arn:aws:s3:::${bucketName}`,
      DomainName: `${bucketName}.s3.amazonaws.com`,
      RegionalDomainName: domain,
    },
  };
}

function userPool(resource: Declaration): Known {
  const id = `${region}_${stableId(resource.id, upperCase, 9)}`;
  const provider = `cognito-idp.${region}.amazonaws.com`;
  return {
    ref: id,
    attributes: {
      UserPoolId: id,
      Arn: arn('cognito-idp', `userpool/${id}`),
      ProviderName: `${provider}/${id}`,
      ProviderURL: `https://${provider}/${id}`,
    },
  };
}

function httpApi(resource: Declaration, { api }: Addresses): Known {
  const id = stableId(resource.id, lowerCase, 10);
  return {
    ref: id,
    attributes: {
      ApiId: id,
      ApiEndpoint: api ?? 'http://api.invalid',
      Arn: arn('apigateway', `/apis/${id}`),
    },
  };
}

/** A version or an alias: the function's ARN with a qualifier. */
function qualifiedFunction(resource: Declaration, qualifier: string): Known {
  const target = String(resource.property('FunctionName'));
  const functionArn = target.startsWith('arn:') ? target : arn('lambda', `function:${target}`);
  const qualified = `${functionArn}:${qualifier}`;
  return { ref: qualified, attributes: { Arn: qualified, FunctionArn: qualified, Version: qualifier } };
}

function schedule(resource: Declaration, name: string): Known {
  const group = resource.property('GroupName');
  return {
    ref: name,
    attributes: {
      Arn: arn('scheduler', `schedule/${typeof group === 'string' ? group : 'default'}/${name}`),
    },
  };
}

function table(_resource: Declaration, name: string): Known {
  const tableArn = arn('dynamodb', `table/${name}`);
  return { ref: name, attributes: { Arn: tableArn, StreamArn: `${tableArn}/stream/local` } };
}

const known: Record<string, (resource: Declaration, name: string, addresses: Addresses) => Known> = {
  'AWS::SQS::Queue': queue,
  'AWS::DynamoDB::Table': table,
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::S3::Bucket': (_resource, name) => bucket(name),
  'AWS::SNS::Topic': (_resource, name) => ({
    ref: arn('sns', name),
    attributes: { Arn: arn('sns', name), TopicArn: arn('sns', name), TopicName: name },
  }),
  'AWS::Lambda::Function': (_resource, name) => ({
    ref: name.slice(0, 64),
    attributes: { Arn: arn('lambda', `function:${name.slice(0, 64)}`) },
  }),
  'AWS::Lambda::Version': (resource) => qualifiedFunction(resource, '1'),
  'AWS::Lambda::Alias': (resource, name) => qualifiedFunction(resource, name),
  'AWS::Cognito::UserPool': userPool,
  'AWS::Cognito::UserPoolClient': (resource, name) => {
    const id = stableId(resource.id, lowerCase, 26);
    return { ref: id, attributes: { ClientId: id, Name: name } };
  },
  'AWS::Cognito::UserPoolDomain': (resource) => ({ ref: String(resource.property('Domain')) }),
  'AWS::SecretsManager::Secret': (resource, name) => {
    const secretArn = arn('secretsmanager', `secret:${name}-${stableId(resource.id, lowerCase, 6)}`);
    return { ref: secretArn, attributes: { Arn: secretArn, Id: secretArn } };
  },
  'AWS::ApiGatewayV2::Api': (resource, _name, addresses) => httpApi(resource, addresses),
  'AWS::ApiGatewayV2::Stage': (_resource, name) => ({ ref: name }),
  'AWS::SSM::Parameter': (resource, name) => ({
    ref: name,
    attributes: { Value: String(resource.property('Value')) },
  }),
  'AWS::SES::EmailIdentity': (resource) => ({ ref: String(resource.property('EmailIdentity')) }),
  'AWS::Scheduler::Schedule': schedule,
  'AWS::IAM::Role': (_resource, name) => ({
    ref: name,
    attributes: { Arn: `arn:aws:iam::${accountId}:role/${name}` },
  }),
  'AWS::Events::Rule': (_resource, name) => ({
    ref: name,
    attributes: { Arn: arn('events', `rule/${name}`) },
  }),
  'AWS::Logs::LogGroup': (_resource, name) => ({
    ref: name,
    attributes: { Arn: arn('logs', `log-group:${name}:*`) },
  }),
};

/** Routes, integrations, authorisers and the like are known by short ids. */
function unnamed(resource: Declaration, name: string): Known {
  if (resource.type.startsWith('AWS::ApiGatewayV2::')) return { ref: stableId(resource.id, lowerCase, 7) };
  return { ref: name };
}

/** The values a resource would have when deployed; a type unknown here gets stable made-up ones. */
export function physical(resource: Declaration, addresses: Addresses): Physical {
  const name = nameOf(resource);
  const { ref, attributes = {} } = (known[resource.type] ?? unnamed)(resource, name, addresses);
  const [, service = 'custom', kind = 'resource'] = resource.type.toLowerCase().split('::');
  return {
    ref,
    att: (attribute) =>
      attributes[attribute] ?? (attribute.endsWith('Arn') ? arn(service, `${kind}/${ref}`) : ref),
  };
}
