import { afterAll, describe, expect, it } from 'vitest';
import { Controls } from '../../../../infra/local/controls.ts';
import { FunctionHost } from '../../../../infra/local/lambda/functions.ts';
import { type LogLine } from '../../../../infra/local/lambda/pool.ts';
import { cdkOut, getAtt, portalStack, temporaryDir } from '../template/cdk-out.ts';

const everything = `
const { threadId } = require('node:worker_threads');
const loadedAt = new Date().toISOString();
let events = 0;
const meeting = async (name) => {
  const channel = new BroadcastChannel(name);
  const released = new Promise((resolve) => { channel.onmessage = ({ data }) => data === threadId && resolve(); });
  channel.postMessage({ arrived: threadId });
  await released;
  channel.close();
  return threadId;
};
const actions = {
  echo: (event) => event,
  nothing: () => undefined,
  fail: () => { throw new TypeError('not like this'); },
  crash: () => new Promise(() => setImmediate(() => { throw new RangeError('outside'); })),
  exit: () => process.exit(3),
  hang: () => new Promise(() => {}),
  spin: () => { for (;;); },
  big: () => 'x'.repeat(6291600),
  count: () => ++events,
  environment: () => process.env,
  context: (event, context) => ({ ...context, remaining: context.getRemainingTimeInMillis() }),
  meet: ({ name }) => meeting(name),
  log: () => { console.log('out\\nside'); console.error(JSON.stringify({ level: 'WARN' })); },
  clock: () => ({
    loadedAt, now: new Date().toISOString(), number: Date.now(), text: Date(), given: new Date(0).toISOString(),
    isDate: require('node:fs').statSync(__filename).mtime instanceof Date, name: Date.name,
    isOwn: new (class extends Date {})() instanceof Date, same: new Date().constructor === Date,
  }),
};
exports.handler = async (event, context) => actions[event.do](event, context);
`;

const code = (asset: string, more: object = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Runtime: 'nodejs24.x', Handler: 'index.handler', Timeout: 20, MemorySize: 256, ...more },
  Metadata: { 'aws:asset:path': asset },
});

const templates = cdkOut(
  {
    'annex-dev': {
      Resources: {
        Table: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: 'portal' } },
        Everything: code('asset.1', {
          FunctionName: { 'Fn::Join': ['', ['annex-', 'dev', '-every-thing']] },
          Environment: {
            Variables: {
              TABLE: { Ref: 'Table' },
              LIMIT: 5,
              KEY: { 'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: 'Key' }, ':SecretString:::}}']] },
              PART: '{{resolve:secretsmanager:key:SecretString:part}}',
            },
          },
        }),
        Key: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'key' } },
        Quick: code('asset.1', { FunctionName: 'annex-dev-quick', Timeout: 0.2 }),
        ByKey: { ...code('', { Code: { S3Key: '1.zip' } }), Metadata: {} },
        Broken: code('asset.2'),
        Provider: code('asset.1'),
        Seed: { Type: 'Custom::Seed', Properties: { ServiceToken: getAtt('Provider', 'Arn') } },
        Python: code('', { Runtime: 'python3.13' }),
      },
    },
  },
  { 'asset.1': everything, 'asset.2': "throw new Error('does not load')" },
);
const controls = new Controls();
const lines: LogLine[] = [];
process.env['AWS_PROFILE'] = 'of whoever runs the tests';
const host = new FunctionHost({
  templates,
  controls,
  environment: { AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1' },
  log: { write: (line) => lines.push(line), close: () => Promise.resolve() },
  secrets: [{ arn: templates.find('Key')!.ref, name: 'key', value: '{"part":"inner"}' }],
  cacheDir: temporaryDir(),
  maxWorkers: 4,
});
afterAll(() => host.close());

const run = (event: object) => host.invoke('every-thing', event);
const payloadOf = async (event: object) => {
  const result = await run(event);
  if ('functionError' in result) throw new Error(result.functionError.errorMessage);
  return result.payload as Record<string, unknown>;
};

describe('the functions', () => {
  it('are those that run on Node and are not for deployments', () => {
    expect(host.names).toEqual(['every-thing', 'quick', 'ByKey', 'Broken']);
  });

  it('are found by short name, full name, ARN and qualified ARN', async () => {
    const arn = 'arn:aws:lambda:eu-west-1:000000000000:function:annex-dev-every-thing';
    expect(
      ['every-thing', 'annex-dev-every-thing', arn, `${arn}:live`, 'thing'].map((n) => host.has(n)),
    ).toEqual([true, true, true, true, false]);
    await expect(host.invoke('thing', {})).rejects.toThrow('thing');
    expect(await host.invoke('ByKey', { do: 'echo' })).toEqual({ payload: { do: 'echo' } });
  });

  it('are refused when their bundle is missing', () => {
    const missing = portalStack({ Fn: code('asset.9') });
    expect(() => new FunctionHost({ templates: missing, controls, environment: {} })).toThrow('Fn');
  });
});

describe('a function', () => {
  it('gets and gives what survives JSON', async () => {
    expect(await payloadOf({ do: 'echo', at: new Date(0), no: undefined })).toEqual({
      do: 'echo',
      at: '1970-01-01T00:00:00.000Z',
    });
    expect(await payloadOf({ do: 'nothing' })).toBeNull();
  });

  it('keeps its state from one event to the next', async () => {
    const first = (await payloadOf({ do: 'count' })) as unknown as number;
    expect(await payloadOf({ do: 'count' })).toBe(first + 1);
  });

  it('knows the environment of the template, the addresses, and nothing of this process', async () => {
    const environment = await payloadOf({ do: 'environment' });
    expect(environment).toMatchObject({
      TABLE: 'portal',
      LIMIT: '5',
      KEY: '{"part":"inner"}',
      PART: 'inner',
      AWS_REGION: 'eu-west-1',
      AWS_LAMBDA_FUNCTION_NAME: 'annex-dev-every-thing',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1',
    });
    expect(environment).not.toHaveProperty('AWS_PROFILE');
    expect(environment).not.toHaveProperty('HOME');
  });

  it('is told of its invocation', async () => {
    const context = await payloadOf({ do: 'context' });
    expect(context).toMatchObject({
      functionName: 'annex-dev-every-thing',
      memoryLimitInMB: '256',
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:annex-dev-every-thing',
    });
    expect(context['awsRequestId']).toMatch(/^[0-9a-f-]{36}$/);
    expect(context['remaining']).toBeGreaterThan(10_000);
    expect(context['remaining']).toBeLessThanOrEqual(20_000);
  });

  it('says what its handler threw, and lives on', async () => {
    expect(await run({ do: 'fail' })).toMatchObject({
      functionError: { errorType: 'TypeError', errorMessage: 'not like this' },
    });
    expect(lines.some(({ line }) => line.includes('"Invoke Error"') && line.includes('not like this'))).toBe(
      true,
    );
    expect(await payloadOf({ do: 'echo' })).toEqual({ do: 'echo' });
  });

  it.each([
    ['crash', { errorType: 'RangeError', errorMessage: 'outside' }],
    ['exit', { errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited with error: exit status 3' }],
    ['big', { errorType: 'Function.ResponseSizeTooLarge' }],
  ])('that comes to a bad end (%s) is replaced', async (action, functionError) => {
    expect(await run({ do: action })).toMatchObject({ functionError });
    expect(await payloadOf({ do: 'echo' })).toEqual({ do: 'echo' });
  });

  it.each(['hang', 'spin'])('that takes too long (%s) is ended and replaced', async (action) => {
    expect(await host.invoke('quick', { do: action })).toMatchObject({
      functionError: {
        errorType: 'Sandbox.Timedout',
        errorMessage: expect.stringMatching(/timed out after 0.20 s/),
      },
    });
    expect(await host.invoke('quick', { do: 'nothing' })).toEqual({ payload: null });
  });

  it('that does not load says so at every event', async () => {
    await host.warm(['Broken']);
    const failure = { functionError: { errorType: 'Error', errorMessage: 'does not load' } };
    expect(await Promise.all([1, 2].map(() => host.invoke('Broken', {})))).toMatchObject([failure, failure]);
  });

  it('writes to the log, a line at a time', async () => {
    lines.length = 0;
    await payloadOf({ do: 'log' });
    await expect
      .poll(() => lines.map(({ line }) => line).toSorted())
      .toEqual(['out', 'side', '{"level":"WARN"}']);
    expect(lines[0]?.functionName).toBe('every-thing');
  });
});

describe('concurrent events', () => {
  it('run side by side in four containers, and the fifth waits for one of them', async () => {
    const channel = new BroadcastChannel('meeting');
    const arrivals: number[] = [];
    const arrived: (() => void)[] = [];
    channel.addEventListener('message', (message) => {
      arrivals.push((message as unknown as { data: { arrived: number } }).data.arrived);
      arrived.shift()?.();
    });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel between threads has none
    const release = (thread: number | undefined) => channel.postMessage(thread);
    const nextArrival = () => new Promise<void>((resolve) => arrived.push(resolve));
    const four = Promise.all([nextArrival(), nextArrival(), nextArrival(), nextArrival()]);
    const fifth = nextArrival();
    const answers = Promise.all([1, 2, 3, 4, 5].map(() => run({ do: 'meet', name: 'meeting' })));
    await four;
    const threads = [...arrivals];
    expect(new Set(threads).size).toBe(4);
    release(threads[0]);
    await fifth;
    expect(arrivals[4]).toBe(threads[0]);
    threads.forEach(release);
    expect(await answers).toHaveLength(5);
    channel.close();
  });
});

describe('the clock', () => {
  it('of a function is the local cloud’s, wherever it is read', async () => {
    controls.setNow(new Date('2031-05-06T07:08:09Z'));
    const clock = await payloadOf({ do: 'clock' });
    controls.setNow(null);
    expect(clock['now']).toMatch(/^2031-05-06T07:08:/);
    expect(new Date(clock['number'] as number).toISOString()).toMatch(/^2031-05-06T07:08:/);
    expect(clock['text']).toMatch(/May 06 2031/);
    expect(clock['given']).toBe('1970-01-01T00:00:00.000Z');
    expect(clock).toMatchObject({ isDate: true, isOwn: true, same: true, name: 'Date' });
  });

  it('holds while a bundle is loaded', async () => {
    controls.setNow(new Date('2032-01-01T00:00:00Z'));
    await host.invoke('quick', { do: 'exit' });
    const result = await host.invoke('quick', { do: 'clock' });
    controls.setNow(null);
    expect(result).toMatchObject({
      payload: { loadedAt: expect.stringMatching(/^2032-01-01T00:00:/) as string },
    });
  });
});
