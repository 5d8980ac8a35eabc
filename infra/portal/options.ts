import { parseArgs } from 'node:util';
import { originOf } from '../local/http/origins.ts';

export interface StartOptions {
  /** Zero for any free one. */
  port: number;
  empty: boolean;
  dataDir?: string;
  origins: string[];
}

/** What keeps the portal from starting, in one line for whoever starts it. */
export class CannotStart extends Error {}

export const defaultPort = 3000;
const usage = 'npm start -- [--empty] [--data DIR] [--origin http://localhost:5173]…';

/** Reads the command line and the environment. @throws CannotStart */
export function readOptions(args: string[], environment: { PORT?: string | undefined }): StartOptions {
  const { empty, data, origin } = parsed(args);
  const given = environment.PORT || String(defaultPort);
  const port = /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN;
  if (!(port <= 65_535)) throw new CannotStart(`PORT is a number from 0 to 65535, not '${given}'`);
  return { port, empty, origins: origin.map(readOrigin), ...(data === undefined ? {} : { dataDir: data }) };
}

function parsed(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        empty: { type: 'boolean', default: false },
        data: { type: 'string' },
        origin: { type: 'string', multiple: true, default: [] },
      },
    });
    return values;
  } catch (error) {
    // The first sentence says what is wrong; the others explain the parser.
    const [what = ''] = (error as Error).message.split(/\.\s/);
    throw new CannotStart(`${what.replace(/\s+/g, ' ')}. Usage: ${usage}`);
  }
}

function readOrigin(given: string): string {
  try {
    return originOf(given);
  } catch (error) {
    throw new CannotStart(`--origin: ${(error as Error).message}`);
  }
}
