import { everyRoute } from '../../../functions/routes.ts';
import { routeKey } from '../../../shared/http/route.ts';
import type { Cost } from '../meter.ts';
import { filledWorld } from './filled-world.ts';
import type { PortalWorld } from './portal-world.ts';
import { type Row, type Section, verdict } from '../report.ts';
import { reasons, scenarios, variants } from './route-scenarios.ts';
import type { Scenario } from './scenarios/scenario.ts';

const [small, large] = [10, 1000];
const mostReads = 2;
const scenariosByKey = Object.fromEntries(
  everyRoute.map((route) => [
    routeKey(route),
    { method: route.method, scenario: scenarios[routeKey(route)] },
  ]),
);

async function routeRows(): Promise<Row[]> {
  const worlds = [await filledWorld(small), await filledWorld(large)];
  const [few, many] = await Promise.all(worlds.map((world) => world.measureAuthorizer(world.owner)));
  const rows = [row('the authoriser, before each of them', 'GET', few!, many!)];
  for (const [name, { method, scenario }] of Object.entries({ ...scenariosByKey, ...variants })) {
    const route = name.replace('/v1/accounts/{accountId}', '…');
    try {
      if (!scenario) throw new Error(reasons[name] ?? 'no scenario yet');
      const costs = [];
      for (const world of worlds) costs.push(await costOf(world, method, scenario, name in variants));
      rows.push(row(route, method, costs[0]!, costs[1]!));
    } catch (error) {
      rows.push({ route, aim: `not measured: ${(error as Error).message.slice(0, 60)}` });
    }
  }
  return rows;
}

/** A refusal costs less than what was to be measured: then the scenario is out of date. */
async function costOf(
  world: PortalWorld,
  method: string,
  scenario: Scenario,
  mayRefuse: boolean,
): Promise<Cost> {
  const { as, path, ...options } = await scenario(world);
  const { called, cost } = await world.measure(as, method, path, options);
  if (called.status < 300 || (called.status === 403 && mayRefuse)) return cost;
  throw new Error(`answered ${called.status}`);
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

export const routesSection: Section = {
  name: 'routes',
  title: `calls to DynamoDB, in an account with ${small} | ${large.toLocaleString('en')} of everything`,
  notes: [
    'One request of each route, by the owner or by staff, without the authoriser, which has a row of its own.',
  ],
  rows: routeRows,
};
