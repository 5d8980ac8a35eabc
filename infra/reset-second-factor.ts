import { parseArgs } from 'node:util';
import { resetByOperator } from '../functions/staff-members/reset-second-factor.ts';
import { peopleStore } from '../shared/accounts/people-store.ts';
import { staffStore } from '../shared/accounts/staff/staff-store.ts';
import { cognitoDirectory } from '../shared/aws/cognito-directory.ts';
import { dynamoTable } from '../shared/aws/dynamo-table.ts';
import { secondOver } from '../shared/aws/lambda/second-over.ts';
import { systemClock } from '../shared/core/clock.ts';

/**
 * `npm run reset-second-factor -- …`: takes the second factor from a member of staff who lost it, with AWS credentials.
 * They and all administrators are told by mail.
 */
const { values } = parseArgs({
  options: {
    table: { type: 'string' },
    'user-pool': { type: 'string' },
    'portal-url': { type: 'string' },
    email: { type: 'string' },
    reason: { type: 'string' },
  },
});
const { table: name, 'user-pool': pool, 'portal-url': portalUrl, email, reason } = values;
if (!name || !pool || !portalUrl || !email || !reason) {
  process.stderr.write(
    'npm run reset-second-factor -- --table NAME --user-pool ID --portal-url URL --email ADDRESS --reason WHY\n',
  );
  process.exit(1);
}
const table = dynamoTable(name);
await resetByOperator(
  {
    table,
    people: peopleStore(table),
    staff: staffStore(table),
    directory: cognitoDirectory(pool),
    portalUrl,
    clock: systemClock,
    secondOver: (now) => secondOver(systemClock, now),
    // The outbox's sweep finds the mails within a minute.
    nudgeOutbox: async () => {},
  },
  { email, reason },
);
process.stdout.write(`${email} signs in with the password alone now, and sets up a new second factor.\n`);
