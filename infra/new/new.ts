import { join } from 'node:path';
import { planCapability, writePlan } from './capability.ts';
import { Refusal } from './refusal.ts';
import { readWanted } from './wanted.ts';

/** `npm run new -- capability NAME`: a capability to begin from, with every registration that it needs. */
async function main(): Promise<void> {
  const root = join(import.meta.dirname, '..', '..');
  const wanted = readWanted(process.argv.slice(2));
  const files = writePlan(root, await planCapability(root, wanted));
  process.stdout.write(
    `${files.join('\n')}\nIts routes need ${wanted.permission}. Add its rows to the table in ARCHITECTURE.md.\n`,
  );
}

main().catch((error: unknown) => {
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
