import { inspect } from 'node:util';

/** What a call throws, with everything that a log would show of it. */
export async function thrownBy(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    (value) => {
      throw new Error(`Answered ${JSON.stringify(value)}`);
    },
    (reason: unknown) => reason,
  );
  return inspect(error, { depth: 10, showHidden: true });
}
