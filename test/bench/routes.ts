import { everyRoute } from '../../functions/routes.ts';
import { routeKey } from '../../shared/http/route.ts';
import type { Cost } from './meter.ts';
import { PortalWorld } from './portal-world.ts';
import { type Row, type Section, verdict } from './report.ts';
import { scenarios, variants } from './route-scenarios.ts';

const [small, large] = [10, 1000];
const mostReads = 2;
const byKey = Object.fromEntries(
  everyRoute.map((route) => [
    routeKey(route),
    { method: route.method, scenario: scenarios[routeKey(route)] },
  ]),
);

async function routeRows(): Promise<Row[]> {
  const worlds = [await PortalWorld.of(small), await PortalWorld.of(large)] as const;
  const [few, many] = await Promise.all(worlds.map((world) => world.measureAuthorizer(world.owner)));
  const rows = [row('the authoriser, before each of them', 'GET', few!, many!)];
  for (const [name, { method, scenario }] of Object.entries({ ...byKey, ...variants })) {
    if (!scenario) {
      rows.push({ route: shortened(name), aim: 'not measured: no scenario yet' });
      continue;
    }
    const measured = [];
    for (const world of worlds) {
      const { as, path, ...options } = await scenario(world);
      measured.push(await world.measure(as, method, path, options));
    }
    const [inSmall, inLarge] = measured.map(({ cost }) => cost);
    const measuredRow = row(shortened(name), method, inSmall!, inLarge!);
    const { status } = measured[0]!.called;
    // A refusal costs less than what was to be measured: then the scenario is out of date.
    if (status >= 400 && name in byKey) measuredRow['answered'] = String(status);
    rows.push(measuredRow);
  }
  return rows;
}

function row(route: string, method: string, few: Cost, many: Cost): Row {
  const onlyReads = method === 'GET';
  const same = few.reads === many.reads && few.transactions === many.transactions && few.items === many.items;
  const within = onlyReads ? many.reads <= mostReads && many.transactions === 0 : many.transactions === 1;
  return {
    route,
    reads: beside(few.reads, many.reads),
    transactions: beside(few.transactions, many.transactions),
    'items read': beside(few.items, many.items),
    aim: onlyReads ? `reads <= ${mostReads}, the same` : '1 transaction, the same',
    '': verdict(same && within),
  };
}

function beside(few: number, many: number): string {
  return `${few} | ${many}`;
}

function shortened(name: string): string {
  return name.replace('/v1/accounts/{accountId}', '…');
}

export const routesSection: Section = {
  name: 'routes',
  title: `calls to DynamoDB, in an account with ${small} | ${large.toLocaleString('en')} contacts and tickets`,
  notes: [
    'One request of each route, by the owner or by staff, without the authoriser, which has a row of its own.',
  ],
  rows: routeRows,
};
