import { inspect } from 'node:util';

/** Reports a failure of the local cloud itself on the console. */
export function report(what: string, error?: unknown): void {
  process.stderr.write(error === undefined ? `${what}\n` : `${what}: ${inspect(error)}\n`);
}
