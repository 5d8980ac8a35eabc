import { parseArgs } from 'node:util';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { staffGroup } from '../shared/aws/cognito/staff-group.ts';
import { dynamoRows } from '../shared/aws/dynamo-rows.ts';
import { dynamoTable } from '../shared/aws/dynamo-table.ts';
import { migrate } from '../shared/migrations/migrate.ts';
import { migrations } from '../shared/migrations/migrations.ts';

/** `npm run migrate -- --table NAME --user-pool ID --provider-name NAME`: brings every row of a deployed table to this release's version. */
const { values } = parseArgs({
  options: {
    table: { type: 'string' },
    'user-pool': { type: 'string' },
    'provider-name': { type: 'string' },
    'pages-per-second': { type: 'string', default: '2' },
  },
});
const { table, 'user-pool': userPool, 'provider-name': providerName } = values;
const pagesPerSecond = Number(values['pages-per-second']);
if (!table || !userPool || !providerName || !(pagesPerSecond > 0)) {
  const options = '--table NAME --user-pool ID --provider-name NAME [--pages-per-second 2]';
  process.stderr.write(`npm run migrate -- ${options}\n`);
  process.exit(1);
}
const client = new DynamoDBClient({});
const { rows, changed } = await migrate({
  table: dynamoTable(table, client),
  rows: dynamoRows(table, client),
  providerName,
  staffGroup: staffGroup(userPool, new CognitoIdentityProviderClient({})),
  migrations,
  pause: () => new Promise((resolve) => setTimeout(resolve, 1000 / pagesPerSecond)),
});
process.stdout.write(`Looked at ${rows} rows and changed what ${changed} of them needed.\n`);
