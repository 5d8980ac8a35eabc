import type { IncomingMessage, ServerResponse } from 'node:http';

const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const requestHeaders = new Set([
  'authorization',
  'cache-control',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
]);
/** What the SDKs of AWS add to their requests. */
const sdkHeader = /^(x-amz|amz-sdk)-[a-z0-9-]+$/;
const exposedHeaders = [
  'etag',
  'location',
  'retry-after',
  'www-authenticate',
  'idempotent-replayed',
  'x-request-id',
  'x-amzn-errormessage',
  'x-amzn-errortype',
  'x-amzn-requestid',
].join(', ');

export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && 'access-control-request-method' in headers;
}

/** Tells a browser what a page of the origin may send. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse, origin: string): true {
  const asked = request.headers['access-control-request-headers']?.toLowerCase() ?? '';
  const more = asked.split(',').map((name) => name.trim());
  const allowed = [...requestHeaders, ...more.filter((name) => sdkHeader.test(name))];
  allowPage(response, origin);
  response.writeHead(204, {
    'access-control-allow-methods': methods,
    'access-control-allow-headers': allowed.join(', '),
    'access-control-max-age': '600',
  });
  response.end();
  return true;
}

/** Lets a page of the origin read the answer, whoever writes it. */
export function allowPage(response: ServerResponse, origin: string): void {
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-expose-headers', exposedHeaders);
  response.setHeader('vary', 'origin');
}
