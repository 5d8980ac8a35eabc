// The inside of a function's container: a worker thread that loads one bundle and runs one event at a time.
import { existsSync, readFileSync } from 'node:fs';
import Module from 'node:module';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

export interface WorkerSetup {
  clockCell: SharedArrayBuffer;
  codeDir: string;
  /** As Lambda's Handler: `index.handler`. */
  handler: string;
  functionName: string;
  functionArn: string;
  memorySize: number;
}

export interface WorkerRequest {
  requestId: string;
  /** JSON, as it crosses the wire in AWS: a function gets a copy, without functions or dates in it. */
  event: string;
  timeoutMs: number;
}

export interface WorkerError {
  errorType: string;
  errorMessage: string;
  trace: string[];
}

export type WorkerReply =
  { type: 'ready' } | { type: 'broken' | 'failed'; error: WorkerError } | { type: 'done'; payload: string };

type Handler = (event: unknown, context: object) => unknown;

const setup = workerData as WorkerSetup;

/**
 * Replaces Date by one with the local cloud's time. The prototype stays the original one, so that dates created before
 * or by Node itself are still instances of it.
 */
function moveClock(): void {
  const RealDate = Date;
  const offsetMs = new Float64Array(setup.clockCell);
  const now = () => RealDate.now() + (offsetMs[0] ?? 0);
  function MovedDate(...parts: unknown[]): string | Date {
    if (!new.target) return new RealDate(now()).toString();
    return Reflect.construct(RealDate, parts.length === 0 ? [now()] : parts, new.target) as Date;
  }
  Object.setPrototypeOf(MovedDate, RealDate);
  Object.defineProperties(MovedDate, {
    name: { value: 'Date' },
    length: { value: 7 },
    prototype: { value: RealDate.prototype },
    now: { value: now, writable: true, configurable: true },
  });
  RealDate.prototype.constructor = MovedDate;
  globalThis.Date = MovedDate as unknown as DateConstructor;
}

interface CompilableModule {
  filename: string;
  paths: string[];
  exports: Record<string, unknown>;
  _compile(code: string, file: string): void;
}

/** Loads a CommonJS bundle without `require`, which would see this project's `"type": "module"` above cdk.out. */
function loadCommonJs(file: string): Record<string, unknown> {
  const internals = Module as unknown as {
    new (id: string): CompilableModule;
    _nodeModulePaths(dir: string): string[];
  };
  const loaded = new internals(file);
  loaded.filename = file;
  loaded.paths = internals._nodeModulePaths(dirname(file));
  loaded._compile(readFileSync(file, 'utf8'), file);
  return loaded.exports;
}

async function loadHandler(): Promise<Handler> {
  const dot = setup.handler.lastIndexOf('.');
  const file = join(setup.codeDir, setup.handler.slice(0, dot));
  const exported = setup.handler.slice(dot + 1);
  const loaded = existsSync(`${file}.mjs`)
    ? ((await import(pathToFileURL(`${file}.mjs`).href)) as Record<string, unknown>)
    : loadCommonJs(existsSync(`${file}.cjs`) ? `${file}.cjs` : `${file}.js`);
  const handler = loaded[exported];
  if (typeof handler !== 'function') throw new Error(`${setup.handler} is not exported by ${file}`);
  return handler as Handler;
}

function describe(thrown: unknown): WorkerError {
  if (!(thrown instanceof Error)) return { errorType: 'string', errorMessage: String(thrown), trace: [] };
  return { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') };
}

function context({ requestId, timeoutMs }: WorkerRequest): object {
  // Measured from the monotonic clock: moving the local cloud's time must not time a function out.
  const deadline = performance.now() + timeoutMs;
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: false,
    functionName: setup.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: setup.functionArn,
    memoryLimitInMB: String(setup.memorySize),
    logGroupName: `/aws/lambda/${setup.functionName}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadline - performance.now())),
  };
}

async function run(handler: Handler, request: WorkerRequest): Promise<WorkerReply> {
  try {
    const result = await handler(JSON.parse(request.event), context(request));
    return { type: 'done', payload: JSON.stringify(result) ?? 'null' };
  } catch (thrown) {
    return { type: 'failed', error: describe(thrown) };
  }
}

const port = parentPort;
if (!port) throw new Error('A function runs in a worker thread');
const reply = (message: WorkerReply) => port.postMessage(message);

moveClock();
try {
  const handler = await loadHandler();
  port.on('message', (request: WorkerRequest) => void run(handler, request).then(reply));
  reply({ type: 'ready' });
} catch (thrown) {
  reply({ type: 'broken', error: describe(thrown) });
}
