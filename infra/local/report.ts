import { inspect } from 'node:util';

/** Tells whoever watches the console of something that went wrong in the local cloud itself. */
export function report(what: string, error?: unknown): void {
  process.stderr.write(error === undefined ? `${what}\n` : `${what}: ${inspect(error)}\n`);
}
