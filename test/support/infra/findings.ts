import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One of an IAM policy. */
export interface Statement {
  Action: string | string[];
  Resource: unknown;
}

/** How many findings a synthesis reported, each a rule that nothing acknowledges. */
export function findings(outdir: string): number {
  const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as {
    pluginReports: { violations?: unknown[] }[];
  };
  return report.pluginReports.flatMap((plugin) => plugin.violations ?? []).length;
}
