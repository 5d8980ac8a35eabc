import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { WorkerReply, WorkerRequest, WorkerSetup } from './worker.ts';

/** What Lambda answers when a function fails, as the body of its answer. */
export interface FunctionError {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

/** The result of an invocation: what the function returned, after a round trip through JSON, or its error. */
export type InvokeResult = { payload: unknown } | { functionError: FunctionError };

/** A line that a function wrote, or that is written about it. */
export interface LogLine {
  functionName: string;
  line: string;
}

export interface PoolOptions {
  setup: WorkerSetup;
  environment: () => Record<string, string>;
  timeoutMs: number;
  maxWorkers: number;
  log: (line: LogLine) => void;
}

interface Job {
  request: WorkerRequest;
  settle: (result: InvokeResult) => void;
}

/** Lambda allows ten seconds for loading. A busy machine may need more, and this limit only ends a hang. */
const loadTimeoutMs = 30_000;
/** Containers beyond a function's first are let go when nothing has needed them for this long. */
const spareIdleMs = 60_000;
const maxResponseBytes = 6_291_556;

const workerFile = new URL('./worker.ts', import.meta.url);

/** One container: a worker thread that is loading, waiting, or busy with one event. */
class Container {
  job: Job | undefined;
  #crash: FunctionError | undefined;
  #stopping = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #options: PoolOptions;
  readonly #worker: Worker;

  constructor(options: PoolOptions, onIdle: (container: Container) => void, onGone: OnGone) {
    this.#options = options;
    // A function gets the template's environment, and nothing of this process's.
    this.#worker = new Worker(workerFile, {
      workerData: options.setup,
      env: options.environment(),
      execArgv: [],
      argv: [],
      stdout: true,
      stderr: true,
      name: options.setup.functionName,
    });
    this.#pipe(this.#worker.stdout);
    this.#pipe(this.#worker.stderr);
    this.#limit(loadTimeoutMs, 'loading');
    this.#worker.on('message', (reply: WorkerReply) => {
      clearTimeout(this.#timer);
      if (reply.type === 'broken') {
        this.#crash = reply.error;
        void this.stop();
        return;
      }
      if (reply.type !== 'ready') this.#settle(resultOf(reply));
      onIdle(this);
    });
    this.#worker.on('error', (thrown: unknown) => {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      this.#crash ??= {
        errorType: error.name,
        errorMessage: error.message,
        trace: error.stack?.split('\n') ?? [],
      };
    });
    this.#worker.on('exit', (code) => {
      clearTimeout(this.#timer);
      if (!this.#stopping) this.#crash ??= exited(code);
      if (this.#crash && !this.job) this.#logFailure('none', this.#crash);
      const wasBusy = this.job !== undefined;
      const error = this.#crash ?? exited(0);
      this.#settle({ functionError: error });
      onGone(this, wasBusy ? undefined : error);
    });
  }

  start(job: Job): void {
    this.job = job;
    this.#limit(this.#options.timeoutMs, job.request.requestId);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
    this.#worker.postMessage(job.request);
  }

  /** Lets the container go if it stays idle and is not the last one by then. */
  retireWhenIdle(mayRetire: () => boolean): void {
    this.#timer = setTimeout(() => {
      if (mayRetire()) void this.stop();
    }, spareIdleMs);
    this.#timer.unref();
  }

  /** Takes the container back into use before it is let go. */
  keep(): void {
    clearTimeout(this.#timer);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#worker.terminate();
  }

  #settle(result: InvokeResult): void {
    const { job } = this;
    this.job = undefined;
    if (job && 'functionError' in result && (this.#crash || !this.#stopping)) {
      this.#logFailure(job.request.requestId, result.functionError);
    }
    job?.settle(result);
  }

  #limit(limitMs: number, what: string): void {
    this.#timer = setTimeout(() => {
      const seconds = (limitMs / 1000).toFixed(2);
      this.#crash = {
        errorType: 'Sandbox.Timedout',
        errorMessage: `RequestId: ${what} Error: Task timed out after ${seconds} seconds`,
      };
      void this.stop();
    }, limitMs);
  }

  /** Logs what a handler throws as Lambda's runtime does. `Unauthorized` is an authoriser's answer, not an error. */
  #logFailure(requestId: string, error: FunctionError): void {
    const level = error.errorMessage === 'Unauthorized' ? 'INFO' : 'ERROR';
    const entry = { level, message: 'Invoke Error', requestId, ...error };
    this.#options.log({ functionName: this.#options.setup.functionName, line: JSON.stringify(entry) });
  }

  #pipe(stream: NodeJS.ReadableStream): void {
    const { functionName } = this.#options.setup;
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#options.log({ functionName, line });
    });
    stream.on('end', () => {
      if (rest !== '') this.#options.log({ functionName, line: rest });
    });
  }
}

/** Called with the reason when a container ended without ever taking an event, because its bundle does not load. */
type OnGone = (container: Container, loadError: FunctionError | undefined) => void;

function exited(code: number): FunctionError {
  return { errorType: 'Runtime.ExitError', errorMessage: `Runtime exited with error: exit status ${code}` };
}

function resultOf(reply: Exclude<WorkerReply, { type: 'ready' }>): InvokeResult {
  if (reply.type !== 'done') return { functionError: reply.error };
  if (Buffer.byteLength(reply.payload) <= maxResponseBytes) return { payload: JSON.parse(reply.payload) };
  return {
    functionError: {
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: `Response payload size exceeded maximum allowed payload size (${maxResponseBytes} bytes).`,
    },
  };
}

/** The containers of one function: as many as its concurrent events need, up to a limit; more events queue. */
export class FunctionPool {
  readonly #options: PoolOptions;
  readonly #containers = new Set<Container>();
  readonly #idle: Container[] = [];
  readonly #queue: Job[] = [];
  #loading = 0;
  #closed = false;
  #warmed: (() => void)[] = [];

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  invoke(event: unknown): Promise<InvokeResult> {
    const request: WorkerRequest = {
      requestId: randomUUID(),
      event: JSON.stringify(event) ?? 'null',
      timeoutMs: this.#options.timeoutMs,
    };
    return new Promise((settle) => {
      this.#queue.push({ request, settle });
      this.#dispatch();
    });
  }

  /** Loads the bundle ahead of the first event; one that does not load says so when it is invoked. */
  async warm(): Promise<void> {
    if (this.#closed || this.#containers.size > this.#loading) return;
    const warmed = new Promise<void>((resolve) => this.#warmed.push(resolve));
    if (this.#loading === 0) this.#add();
    await warmed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#containers].map((container) => container.stop()));
    this.#failNext(exited(0), this.#queue.length);
  }

  #dispatch(): void {
    if (this.#closed) return this.#failNext(exited(0), this.#queue.length);
    while (this.#queue.length > 0) {
      const container = this.#idle.pop();
      if (!container) break;
      container.keep();
      container.start(this.#queue.shift() as Job);
    }
    while (this.#loading < this.#queue.length && this.#containers.size < this.#options.maxWorkers)
      this.#add();
  }

  #add(): void {
    let loaded = false;
    const settleLoading = () => {
      if (loaded) return;
      loaded = true;
      this.#loading--;
      for (const resolve of this.#warmed.splice(0)) resolve();
    };
    const container = new Container(
      this.#options,
      (idle) => {
        settleLoading();
        this.#rest(idle);
      },
      (gone, loadError) => {
        const neverLoaded = !loaded;
        settleLoading();
        this.#forget(gone);
        if (neverLoaded && loadError) this.#failNext(loadError, 1);
        this.#dispatch();
      },
    );
    this.#loading++;
    this.#containers.add(container);
  }

  #rest(container: Container): void {
    this.#idle.push(container);
    this.#dispatch();
    if (container.job !== undefined || this.#containers.size === 1) return;
    container.retireWhenIdle(() => this.#containers.size > 1 && this.#forget(container));
  }

  #forget(container: Container): true {
    this.#containers.delete(container);
    const index = this.#idle.indexOf(container);
    if (index >= 0) this.#idle.splice(index, 1);
    return true;
  }

  #failNext(functionError: FunctionError, count: number): void {
    for (const job of this.#queue.splice(0, count)) job.settle({ functionError });
  }
}
