import { beforeAll, describe, expect, test } from 'vitest';
import { everyRoute } from '../../../functions/routes.ts';
import { routeKey } from '../../../shared/http/route.ts';
import { filledWorld } from './filled-world.ts';
import type { PortalWorld } from './portal-world.ts';
import { reasons, scenarios } from './route-scenarios.ts';

const keys = everyRoute.map(routeKey);

const whatToDo =
  'The bench does not know these routes. Write a scenario for each in test/bench/routes/scenarios/, or say in ' +
  '`reasons` of test/bench/routes/route-scenarios.ts why it is not measured';

describe('every declared route', () => {
  test('has a scenario of the bench, or a reason to have none', () => {
    const missing = keys.filter((key) => !(key in scenarios) && !(key in reasons));
    expect(missing, whatToDo).toEqual([]);
  });

  test('has not both', () => {
    expect(Object.keys(reasons).filter((key) => key in scenarios)).toEqual([]);
  });

  test('has a reason that says something', () => {
    expect(Object.entries(reasons).filter(([, reason]) => reason.length < 20)).toEqual([]);
  });
});

test('no scenario and no reason is left of a route that is gone', () => {
  expect(Object.keys({ ...scenarios, ...reasons }).filter((key) => !keys.includes(key))).toEqual([]);
});

describe('a scenario', () => {
  let world: PortalWorld;
  beforeAll(async () => {
    world = await filledWorld(2);
  });

  const measured = everyRoute.filter((route) => routeKey(route) in scenarios);

  test.each(measured.map((route) => ({ key: routeKey(route), route })))(
    'of $key asks that route, and is not refused',
    async ({ key, route }) => {
      const { as, path, ...options } = await scenarios[key]!(world);
      expect(path).toMatch(new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`));
      const { status, body } = await world.call(as, route.method, path, options);
      expect({ status, body }).toMatchObject({ status: route.success });
    },
  );
});
