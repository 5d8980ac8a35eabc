import { parseArgs } from 'node:util';
import { authorizerSection } from './access/authorizer.ts';
import { bundlesSection } from './bundles/bundles.ts';
import { hostileMailSection, hostileReplySection } from './hostile-mail.ts';
import { linkedSection } from './linked/linked.ts';
import { mailSection } from './mail.ts';
import { numbersSection } from './billing/numbers.ts';
import { paymentsSection } from './billing/payments.ts';
import { pdfSection } from './billing/pdf.ts';
import { permissionsSection } from './access/permissions.ts';
import { renewalsSection } from './billing/renewals.ts';
import { type Section, table } from './report.ts';
import { routesSection } from './routes/routes.ts';

const sections: readonly Section[] = [
  authorizerSection,
  permissionsSection,
  bundlesSection,
  routesSection,
  mailSection,
  hostileMailSection,
  hostileReplySection,
  paymentsSection,
  numbersSection,
  renewalsSection,
  linkedSection,
  pdfSection,
];

/**
 * `npm run bench [-- NAME …]`: what things cost beside something else that was measured in the same run, so that the
 * numbers mean the same on any machine. It judges nothing: a missed aim is printed, not failed.
 */
async function main(): Promise<void> {
  const { positionals } = parseArgs({ allowPositionals: true });
  const known = sections.map((section) => section.name);
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    process.stdout.write(`No section ${unknown.join(', ')}. There are: ${known.join(', ')}\n`);
    return;
  }
  for (const section of sections) {
    if (positionals.length > 0 && !positionals.includes(section.name)) continue;
    const rows = await section.rows();
    process.stdout.write(`${[`== ${section.name}: ${section.title}`, ...section.notes].join('\n')}\n\n`);
    process.stdout.write(`${table(rows)}\n\n`);
  }
}

await main();
