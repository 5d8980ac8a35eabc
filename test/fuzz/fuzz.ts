import { parseArgs } from 'node:util';
import * as fc from 'fast-check';
import { checkMessage } from './check-message.ts';
import { messages } from './messages.ts';

/**
 * `node test/fuzz/fuzz.ts [--seconds N] [--seed N]`: messages with a structure and without, from the bytes to the
 * record, until the time is over or one of them does what none may do.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { seconds: { type: 'string' }, seed: { type: 'string' } } });
  const seconds = Number(values.seconds ?? 60);
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  process.stdout.write(`seed ${seed}, ${seconds} s\n`);
  let runs = 0;
  let slowest = 0;
  const property = fc.asyncProperty(messages, async (raw) => {
    const start = performance.now();
    await checkMessage(raw);
    slowest = Math.max(slowest, performance.now() - start);
    runs++;
  });
  await fc.assert(property, { seed, numRuns: Infinity, interruptAfterTimeLimit: seconds * 1000 });
  process.stdout.write(`${runs} messages, the slowest took ${slowest.toFixed(0)} ms\n`);
}

await main();
