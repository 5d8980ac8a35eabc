import type { IncomingMessage } from 'node:http';

const discardLimitBytes = 32 * 1024 * 1024;
const discardLimitMs = 10_000;

/**
 * Reads the rest of a request after an early answer, because a client that is still sending when its connection closes
 * may never see the answer. It reads up to a limit of bytes and time.
 */
export function discardRest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  let left = discardLimitBytes;
  const timer = setTimeout(() => request.destroy(), discardLimitMs);
  timer.unref();
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  request.on('error', () => undefined);
  request.once('close', () => clearTimeout(timer));
  request.resume();
}
