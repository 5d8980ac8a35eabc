import { describe, expect, it } from 'vitest';
import { cdkOut, getAtt, portalStack } from './cdk-out.ts';

const queue = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'outbox' } };

describe('the intrinsic functions', () => {
  const templates = cdkOut({
    Portal: {
      Parameters: { Stage: { Type: 'String', Default: 'dev' } },
      Mappings: { Sizes: { 'eu-west-1': { memory: 512 } } },
      Conditions: {
        IsDev: { 'Fn::Equals': [{ Ref: 'Stage' }, 'dev'] },
        IsProd: { 'Fn::Not': [{ Condition: 'IsDev' }] },
      },
      Resources: { Outbox: queue, Spare: { ...queue, Condition: 'IsProd' } },
      Outputs: {
        Arn: { Value: getAtt('Outbox', 'Arn'), Export: { Name: { 'Fn::Sub': '${AWS::StackName}:Arn' } } },
      },
    },
  });
  const resolve = (value: unknown) => templates.resolve(value, 'Portal');

  it.each([
    ['a parameter is its default', { Ref: 'Stage' }, 'dev'],
    [
      'a join',
      { 'Fn::Join': ['-', ['annex', { Ref: 'Stage' }, { Ref: 'AWS::Region' }]] },
      'annex-dev-eu-west-1',
    ],
    ['a split and a select', { 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
    ['an attribute', getAtt('Outbox', 'Arn'), 'arn:aws:sqs:eu-west-1:000000000000:outbox'],
    ['a substitution', { 'Fn::Sub': '${Outbox.QueueName}/${AWS::Partition}/${!kept}' }, 'outbox/aws/${kept}'],
    [
      'a substitution of its own',
      { 'Fn::Sub': ['${x}-${Stage}', { x: { Ref: 'AWS::AccountId' } }] },
      '000000000000-dev',
    ],
    ['an import', { 'Fn::ImportValue': 'Portal:Arn' }, 'arn:aws:sqs:eu-west-1:000000000000:outbox'],
    ['a mapping', { 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'memory'] }, 512],
    ['a condition', { 'Fn::If': ['IsDev', 'small', 'large'] }, 'small'],
    ['a condition on another', { 'Fn::If': ['IsProd', 'large', 'small'] }, 'small'],
    ['no value in an object', { a: 1, b: { Ref: 'AWS::NoValue' } }, { a: 1 }],
    ['no value in a list', ['a', { Ref: 'AWS::NoValue' }], ['a']],
    [
      'a policy that has a condition',
      { Condition: { StringEquals: { a: 'b' } } },
      { Condition: { StringEquals: { a: 'b' } } },
    ],
  ])('%s', (_name, value, expected) => {
    expect(resolve(value)).toEqual(expected);
  });

  it('leave out a resource whose condition does not hold', () => {
    expect(templates.ofType('AWS::SQS::Queue').map(({ id }) => id)).toEqual(['Outbox']);
  });

  it('refuse what they do not know', () => {
    expect(() => resolve({ 'Fn::Cidr': ['10.0.0.0/16', 2, 8] })).toThrow('Fn::Cidr');
    expect(() => resolve({ Ref: 'Nowhere' })).toThrow('Nowhere');
  });
});

describe('the physical values', () => {
  const templates = portalStack({
    Outbox: queue,
    Unnamed: { Type: 'AWS::SQS::Queue' },
    Table: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: 'portal' } },
    Mail: { Type: 'AWS::S3::Bucket' },
    Pool: { Type: 'AWS::Cognito::UserPool' },
    Client: { Type: 'AWS::Cognito::UserPoolClient' },
    Webhook: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'webhook' } },
    Fn: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'annex-dev-tickets' } },
    Live: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'Fn' }, Name: 'live' } },
    Strange: { Type: 'AWS::Pinpoint::App' },
  });
  const refOf = (id: string) => templates.find(id)?.ref;

  it('look like those of AWS and are the same in every run', () => {
    expect(refOf('Pool')).toMatch(/^eu-west-1_[A-Za-z0-9]{9}$/);
    expect(refOf('Client')).toMatch(/^[a-z0-9]{26}$/);
    expect(refOf('Webhook')).toMatch(
      /^arn:aws:secretsmanager:eu-west-1:000000000000:secret:webhook-[a-z0-9]{6}$/,
    );
    expect(refOf('Unnamed')).toMatch(/\/Portal-Unnamed-[A-Z0-9]{12}$/);
    expect(refOf('Mail')).toMatch(/^portal-mail-[a-z0-9]{12}$/);
    const again = portalStack({ Pool: { Type: 'AWS::Cognito::UserPool' } });
    expect(again.find('Pool')?.ref).toBe(refOf('Pool'));
  });

  it('give each type what CloudFormation gives it', () => {
    expect(refOf('Table')).toBe('portal');
    expect(templates.find('Table')?.att('Arn')).toBe('arn:aws:dynamodb:eu-west-1:000000000000:table/portal');
    expect(templates.find('Pool')?.att('ProviderURL')).toBe(
      `https://cognito-idp.eu-west-1.amazonaws.com/${refOf('Pool')}`,
    );
    expect(refOf('Live')).toBe('arn:aws:lambda:eu-west-1:000000000000:function:annex-dev-tickets:live');
  });

  it('never lead to AWS, and follow the addresses that the local cloud has', () => {
    expect(refOf('Outbox')).toBe('http://sqs.invalid/000000000000/outbox');
    templates.addresses.sqs = 'http://127.0.0.1:4566';
    expect(refOf('Outbox')).toBe('http://127.0.0.1:4566/000000000000/outbox');
  });

  it('make something up for a type they do not know', () => {
    expect(refOf('Strange')).toMatch(/^Portal-Strange-/);
    expect(templates.find('Strange')?.att('Arn')).toMatch(
      /^arn:aws:pinpoint:eu-west-1:000000000000:app\/Portal-Strange-/,
    );
  });
});

describe('a cdk.out', () => {
  const stack = (name: string) => ({
    artifacts: {
      [name]: {
        type: 'aws:cloudformation:stack',
        properties: { templateFile: 'Portal.template.json', stackName: name },
      },
      Tree: { type: 'cdk:tree', properties: {} },
    },
  });

  it('holds the stacks that its manifest names, under their names', () => {
    const templates = cdkOut({ Portal: { Resources: { Outbox: queue } }, Old: {} }, {}, stack('annex-dev'));
    expect(templates.resolve({ Ref: 'AWS::StackName' })).toBe('annex-dev');
    expect(templates.resources.map(({ stack: name }) => name)).toEqual(['annex-dev']);
  });

  it('looks for a logical id in the asking stack first', () => {
    const other = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'other' } };
    const templates = cdkOut({ A: { Resources: { Outbox: queue } }, B: { Resources: { Outbox: other } } });
    expect(templates.resolve(getAtt('Outbox', 'QueueName'), 'B')).toBe('other');
  });

  it('without a stack is refused', () => {
    expect(() => cdkOut({})).toThrow('no synthesised stack');
  });
});
