import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type Controls, type Faults, InvalidControl } from '../controls.ts';
import type { Invoke } from './functions.ts';
import { discardRest } from '../http/discard-rest.ts';
import type { Origins } from '../http/origins.ts';
import { answerJson, type LocalServer, readBody, startServer } from '../http/server.ts';
import { accountId, region } from '../template/physical.ts';
import { report } from '../report.ts';

export interface LambdaApiOptions {
  functions: { has(name: string): boolean; invoke: Invoke };
  controls: Controls;
  port?: number;
  origins?: Origins | undefined;
}

const maxEventBytes = 6_291_456;
const faultNames = ['conflicts', 'throttles', 'mailThrottles'] as const satisfies (keyof Faults)[];

/** A malformed request; the message goes to the caller. */
class BadRequest extends Error {}

function stateOf(controls: Controls): object {
  const added = Object.values(controls.added).map((control) => control.state());
  return {
    now: controls.now().toISOString(),
    ...(Object.assign({}, ...added) as object),
    ...controls.faults,
  };
}

/** JavaScript reads the thirtieth of February as a day of March; this does not. */
function isDay(day: string): boolean {
  const read = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(day);
}

const setters: Record<string, (controls: Controls, body: Record<string, unknown>) => void> = {
  clock: (controls, { now }) => {
    if (now === null) return controls.setNow(null);
    const isInstant = typeof now === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(now);
    const date = new Date(isInstant && isDay(now.slice(0, 10)) ? now : Number.NaN);
    if (Number.isNaN(date.getTime()))
      throw new InvalidControl('now is an instant such as 2026-01-31T12:00:00Z, or null');
    controls.setNow(date);
  },
  faults: (controls, body) => {
    const wrong = Object.entries(body).filter(
      ([name, value]) =>
        !faultNames.some((known) => known === name) ||
        typeof value !== 'number' ||
        !(value >= 0 && value <= 1),
    );
    if (wrong.length > 0)
      throw new InvalidControl(`each of ${faultNames.join(', ')} is a number from 0 to 1`);
    Object.assign(controls.faults, body);
  },
};

function setterOf(controls: Controls, name: string): ((body: Record<string, unknown>) => void) | undefined {
  if (Object.hasOwn(setters, name)) return (body) => setters[name]?.(controls, body);
  if (Object.hasOwn(controls.added, name)) return (body) => controls.added[name]?.set(body);
  return undefined;
}

function parseObject(body: Buffer): Record<string, unknown> {
  const parsed: unknown = parseJson(body);
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    return parsed as Record<string, unknown>;
  }
  throw new BadRequest('The body is not a JSON object');
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch (error) {
    throw new BadRequest(`Could not parse request body into json: ${(error as Error).message}`);
  }
}

/** Answers an error in the Lambda service's form; SDKs distinguish errors by the header. */
function answerError(response: ServerResponse, status: number, type: string, message: string): void {
  const body = { Type: 'User', Message: message, message };
  answerJson(response, status, body, { 'x-amzn-errortype': type });
}

async function invoke(
  { functions }: LambdaApiOptions,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request, maxEventBytes);
  if (!functions.has(name)) {
    const arn = name.startsWith('arn:') ? name : `arn:aws:lambda:${region}:${accountId}:function:${name}`;
    return answerError(response, 404, 'ResourceNotFoundException', `Function not found: ${arn}`);
  }
  if (!body) {
    const message = `Request must be smaller than ${maxEventBytes} bytes for the InvokeFunction operation`;
    return answerError(response, 413, 'RequestTooLargeException', message);
  }
  const event = body.length === 0 ? {} : parseJson(body);
  const type = request.headers['x-amz-invocation-type'];
  if (type === 'DryRun') {
    response.writeHead(204).end();
    return;
  }
  const invocation = functions.invoke(name, event);
  if (type === 'Event') {
    // The result is in the function's log only, as in AWS.
    invocation.catch(() => undefined);
    response.writeHead(202).end();
    return;
  }
  const result = await invocation;
  const headers = { 'x-amz-executed-version': '$LATEST' };
  if ('payload' in result) return answerJson(response, 200, result.payload, headers);
  answerJson(response, 200, result.functionError, { ...headers, 'x-amz-function-error': 'Unhandled' });
}

async function route(
  options: LambdaApiOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { controls } = options;
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const functionName = /^\/2015-03-31\/functions\/([^/]+)\/invocations\/?$/.exec(path)?.[1];
  if (request.method === 'POST' && functionName) {
    return invoke(options, decodeURIComponent(functionName), request, response);
  }
  if (request.method === 'GET' && path === '/controls') return answerJson(response, 200, stateOf(controls));
  const set = setterOf(controls, /^\/controls\/(\w+)$/.exec(path)?.[1] ?? '');
  if (request.method !== 'PUT' || !set) return answerJson(response, 404, { message: 'Not Found' });
  set(parseObject((await readBody(request, 10_000)) ?? Buffer.alloc(0)));
  answerJson(response, 200, stateOf(controls));
}

/** Serves Lambda's Invoke, and the controls of the local cloud, on 127.0.0.1. */
export async function startLambdaApi(options: LambdaApiOptions): Promise<LocalServer> {
  const { port, origins } = options;
  const listener: RequestListener = (request, response) => {
    route(options, request, response)
      .catch((error: unknown) => {
        if (error instanceof BadRequest || error instanceof InvalidControl) {
          return answerError(response, 400, 'InvalidRequestContentException', error.message);
        }
        if (request.complete) report(`${request.method} ${request.url}`, error);
        answerError(response, 500, 'ServiceException', 'The local cloud failed');
      })
      .finally(() => discardRest(request));
  };
  return startServer(listener, { port, origins });
}
