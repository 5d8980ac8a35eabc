process.env['POWERTOOLS_LOG_LEVEL'] = 'SILENT';

import { parseArgs } from 'node:util';

/** `npm run simulate -- --seeds N [--from M]`: as many seeds as are wanted; prints those that went wrong. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { seeds: { type: 'string', default: '2000' }, from: { type: 'string', default: '1' } },
  });
  const { simulatePayments } = await import('./simulate-payments.ts');
  const [from, count] = [Number(values.from), Number(values.seeds)];
  let bad = 0;
  for (let seed = from; seed < from + count; seed++) {
    const wrong = await simulatePayments(seed);
    if (wrong.length === 0) continue;
    bad++;
    process.stdout.write(`seed ${seed}: ${wrong.join('; ')}\n`);
  }
  process.stdout.write(`payments: seeds ${from} to ${from + count - 1}, ${bad} went wrong\n`);
  if (bad > 0) process.exitCode = 1;
}

await main();
