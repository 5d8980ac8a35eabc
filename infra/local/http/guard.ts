import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { allowPage, answerPreflight, isPreflight } from './cors.ts';
import { discardRest } from './discard-rest.ts';
import { Origins } from './origins.ts';

export interface GuardOptions {
  /** Shared by the servers of one cloud; without it a server knows its own pages only. */
  origins?: Origins | undefined;
  /** Whether the pages of these origins may read the answers. */
  cors?: boolean;
  /** More origins that the server itself decides about. */
  admits?: (origin: string) => boolean;
}

/** Runs a check before a server's own listeners, which do not see the requests that it answers. */
export function before(
  server: Server,
  answers: (request: IncomingMessage, response: ServerResponse) => boolean,
): void {
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (answers(request, response)) return discardRest(request);
    for (const listener of listeners) listener.call(server, request, response);
  });
}

/**
 * Keeps web pages of others from a server that has yet to listen. Any page can send to loopback, and one whose own name
 * is made to lead there could read the answers too. What comes without an origin is no page's.
 */
export function guard(server: Server, options: GuardOptions = {}): void {
  const { origins = new Origins(), cors = false, admits = () => false } = options;
  server.once('listening', () => {
    const { port } = server.address() as AddressInfo;
    origins.opened(port);
    server.once('close', () => origins.closed(port));
  });
  before(server, (request, response) => {
    if (!isForThisServer(request)) return refuse(response, 'The Host is not that of this server');
    const { origin } = request.headers;
    if (origin === undefined) return false;
    const isKnown = origins.includes(origin);
    if (!isKnown && !admits(origin))
      return refuse(response, 'The Origin is not one that may call this server');
    if (!cors || !isKnown) return false;
    if (isPreflight(request)) return answerPreflight(request, response, origin);
    allowPage(response, origin);
    return false;
  });
}

function isForThisServer({ headers, socket }: IncomingMessage): boolean {
  const host = headers.host?.toLowerCase() ?? '';
  const names = ['127.0.0.1', 'localhost'];
  // A browser leaves out the port that HTTP has anyway.
  if (socket.localPort === 80 && names.includes(host)) return true;
  return names.some((name) => host === `${name}:${socket.localPort}`);
}

function refuse(response: ServerResponse, message: string): true {
  const body = JSON.stringify({ message });
  response.writeHead(403, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' });
  response.end(body);
  return true;
}
