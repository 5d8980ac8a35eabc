process.env['POWERTOOLS_LOG_LEVEL'] = 'SILENT';

import { parseArgs } from 'node:util';

/**
 * `npm run simulate -- --seeds N [--from M] [--accounts A]`: payments, people with their logins, and senders of mail,
 * by as many seeds as are wanted, and the renewals of as many accounts over four hundred days. Prints what went wrong.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '2000' },
      from: { type: 'string', default: '1' },
      accounts: { type: 'string', default: '300' },
    },
  });
  const { simulatePayments } = await import('./simulate-payments.ts');
  const { simulatePeople } = await import('./people/simulate-people.ts');
  const { simulateSenders } = await import('./senders/simulate-senders.ts');
  const { simulateRenewals } = await import('./simulate-renewals.ts');
  const [from, count, accounts] = [Number(values.from), Number(values.seeds), Number(values.accounts)];
  let bad = 0;
  const tell = (seed: number, wrong: readonly string[]): void => {
    if (wrong.length === 0) return;
    bad++;
    process.stdout.write(`seed ${seed}: ${wrong.join('; ')}\n`);
  };
  for (let seed = from; seed < from + count; seed++) tell(seed, await simulatePayments(seed));
  process.stdout.write(`payments: seeds ${from} to ${from + count - 1}, ${bad} went wrong\n`);
  for (let seed = from; seed < from + count; seed++) tell(seed, await simulatePeople(seed));
  process.stdout.write(`people: seeds ${from} to ${from + count - 1}; ${bad} of all went wrong\n`);
  for (let seed = from; seed < from + count; seed++) tell(seed, await simulateSenders(seed));
  process.stdout.write(`senders: seeds ${from} to ${from + count - 1}; ${bad} of all went wrong\n`);
  const days = 400;
  tell(from, await simulateRenewals(from, { accounts, days }));
  process.stdout.write(
    `renewals: seed ${from}, ${accounts} accounts, ${days} days; ${bad} of all went wrong\n`,
  );
  if (bad > 0) process.exitCode = 1;
}

await main();
