import { availableParallelism } from 'node:os';
import { createWriteStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Controls } from '../controls.ts';
import { credentials } from '../credentials.ts';
import { FunctionPool, type InvokeResult, type LogLine } from './pool.ts';
import { region } from '../template/physical.ts';
import { report } from '../report.ts';
import { type Secret, withSecretValues } from '../secrets.ts';
import type { Resource, Templates } from '../template/templates.ts';

export type { FunctionError, InvokeResult, LogLine } from './pool.ts';

/** Runs a function, named by its short or full name or its ARN, with an event. */
export type Invoke = (name: string, event: unknown) => Promise<InvokeResult>;

export interface FunctionLog {
  write(line: LogLine): void;
  close(): Promise<void>;
}

export interface FunctionHostOptions {
  templates: Templates;
  controls: Controls;
  /** Added to every function's environment, such as the `AWS_ENDPOINT_URL_*`; read when a container starts. */
  environment: Record<string, string>;
  /** What dynamic references in the functions' environment lead to. */
  secrets?: readonly Secret[];
  /** Where the functions' output goes; by default to `functions.log` in the cdk.out. */
  log?: FunctionLog;
  /** Containers per function. */
  maxWorkers?: number;
  /** Where Node keeps compiled bundles between runs, for quicker starts; by default beside them in the cdk.out. */
  cacheDir?: string;
}

interface FunctionProperties {
  Code?: { S3Key?: string };
  Handler?: string;
  Runtime?: string;
  Timeout?: number;
  MemorySize?: number;
}

/** Writes to a file; what a function logs as an error is shown on the console as well. */
export function fileLog(file: string): FunctionLog {
  const stream = createWriteStream(file, { flags: 'a' });
  return {
    write: ({ functionName, line }) => {
      // A thread's last lines may arrive while everything is being closed.
      if (!stream.writableEnded) stream.write(`${functionName} ${line}\n`);
      if (/^\s*\{.*"level":\s*"(ERROR|CRITICAL|FATAL)"/.test(line)) report(`${functionName} ${line}`);
    },
    close: () => new Promise((resolve) => stream.end(() => resolve())),
  };
}

/** Handlers of custom resources serve deployments only, so they are not hosted. */
function isCustomResourceProvider(templates: Templates): (resource: Resource) => boolean {
  const tokens = templates.resources
    .filter(({ type }) => type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource')
    .map((resource) => resource.property('ServiceToken'));
  const providers = new Set(tokens);
  return (resource) => providers.has(resource.att('Arn'));
}

/** Where CDK put a function's bundle: named by its metadata, or by the key it would be uploaded under. */
function codeDir(resource: Resource, templates: Templates): string {
  const path = resource.metadata['aws:asset:path'];
  const key = resource.properties<FunctionProperties>().Code?.S3Key;
  const name = typeof path === 'string' ? path : key && `asset.${key.replace(/\.zip$/, '')}`;
  const dir = name && join(templates.dir, name);
  if (dir && existsSync(dir)) return dir;
  throw new Error(
    `The bundle of the function ${resource.id} is not in ${templates.dir}: synthesise it with bundling`,
  );
}

/** The name without that of its stack in front, or the logical id where the template gives no name. */
function shortNameOf(resource: Resource): string {
  if (resource.property('FunctionName') === undefined) return resource.id;
  const prefix = `${resource.stack}-`;
  return resource.ref.startsWith(prefix) ? resource.ref.slice(prefix.length) : resource.ref;
}

/** A function of the template and the containers that run it. */
class HostedFunction {
  readonly name: string;
  readonly fullName: string;
  readonly arn: string;
  readonly pool: FunctionPool;

  constructor(resource: Resource, dir: string, log: FunctionLog, options: FunctionHostOptions) {
    const { Handler, Timeout = 3, MemorySize = 128 } = resource.properties<FunctionProperties>();
    this.fullName = resource.ref;
    this.arn = resource.att('Arn');
    this.name = shortNameOf(resource);
    this.pool = new FunctionPool({
      setup: {
        clockCell: options.controls.clockCell,
        codeDir: dir,
        handler: Handler ?? 'index.handler',
        functionName: this.fullName,
        functionArn: this.arn,
        memorySize: MemorySize,
      },
      environment: () => this.#environment(resource, dir, MemorySize, options),
      timeoutMs: Timeout * 1000,
      maxWorkers: options.maxWorkers ?? usualWorkers,
      log: (line) => log.write({ ...line, functionName: this.name }),
    });
  }

  #environment(resource: Resource, dir: string, memorySize: number, options: FunctionHostOptions) {
    const declared = resource.property('Environment') as { Variables?: Record<string, unknown> } | undefined;
    const variables = Object.entries(declared?.Variables ?? {}).map(([name, value]) => [
      name,
      withSecretValues(String(value), options.secrets ?? []),
    ]);
    return {
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_LAMBDA_FUNCTION_NAME: this.fullName,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySize),
      LAMBDA_TASK_ROOT: dir,
      TZ: ':UTC',
      // Real credentials in the user's home directory must not be found.
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      NODE_COMPILE_CACHE: options.cacheDir ?? join(options.templates.dir, '.compile-cache'),
      ...Object.fromEntries(variables),
      ...options.environment,
    } satisfies Record<string, string>;
  }
}

/** Each container loads the bundle anew, so more containers than cores only cost time. */
const usualWorkers = Math.min(4, Math.max(2, availableParallelism()));

/** Runs the functions of the templates, each in worker threads of its own. */
export class FunctionHost {
  readonly #functions: HostedFunction[];
  readonly #log: FunctionLog;

  constructor(options: FunctionHostOptions) {
    const { templates } = options;
    this.#log = options.log ?? fileLog(join(templates.dir, 'functions.log'));
    const isProvider = isCustomResourceProvider(templates);
    this.#functions = templates
      .ofType('AWS::Lambda::Function')
      .filter(
        (resource) => String(resource.property('Runtime')).startsWith('nodejs') && !isProvider(resource),
      )
      .map((resource) => new HostedFunction(resource, codeDir(resource, templates), this.#log, options));
  }

  /** The short names. */
  get names(): string[] {
    return this.#functions.map(({ name }) => name);
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /** @throws Error when no template declares the function */
  readonly invoke: Invoke = async (name, event) => {
    const found = this.#find(name);
    if (!found) throw new Error(`No function is named ${name}`);
    return found.pool.invoke(event);
  };

  /** Loads functions ahead of their first event. */
  async warm(names: string[] = this.names): Promise<void> {
    const found = names.flatMap((name) => this.#find(name) ?? []);
    await Promise.all(found.map(({ pool }) => pool.warm()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#functions.map(({ pool }) => pool.close()));
    await this.#log.close();
  }

  #find(name: string): HostedFunction | undefined {
    // An ARN may have the qualifier of a version or an alias, which all run the same code here.
    const unqualified = /^(arn:aws:lambda:[^:]*:[^:]*:function:[^:]+)/.exec(name)?.[1] ?? name;
    return this.#functions.find(
      (hosted) => hosted.name === name || hosted.fullName === name || hosted.arn === unqualified,
    );
  }
}
