import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { capabilities, everyRoute } from '../../functions/routes.ts';
import type { BoundRoute } from '../../shared/http/request.ts';
import { routeKey } from '../../shared/http/route.ts';
import { root } from './sources.ts';

const has = (file: string) => existsSync(join(root, file));

describe('every capability', () => {
  const folders = readdirSync(join(root, 'functions'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  const withRoutes = folders.filter((name) => has(`functions/${name}/routes.ts`));

  test('has an entry', () => {
    expect(folders.filter((name) => !has(`functions/${name}/index.ts`))).toEqual([]);
  });

  test('with routes stands in the list of the whole API, under its own name', () => {
    expect(capabilities.map((capability) => capability.name).toSorted()).toEqual(withRoutes.toSorted());
  });

  test.each(withRoutes)('%s declares all its routes to the API, each once', async (name) => {
    const declared = (await import(`../../functions/${name}/routes.ts`)) as Record<string, unknown>;
    const single = Object.values(declared).filter(
      (value) => typeof value === 'object' && value !== null && 'method' in value,
    );
    const { routes } = capabilities.find((capability) => capability.name === name)!;
    expect(new Set(routes)).toEqual(new Set(single));
    expect(routes).toHaveLength(single.length);
  });

  test.each(withRoutes)('%s answers each of its routes, and no other', async (name) => {
    const made = (await import(`../../functions/${name}/api.ts`)) as Record<string, unknown>;
    const apis = Object.entries(made).filter(([what]) => what.endsWith('Api'));
    expect(apis).toHaveLength(1);
    // What answers is bound before anything is asked of what it depends on.
    const handled = (apis[0]![1] as (dependencies: object) => BoundRoute[])({});
    const { routes } = capabilities.find((capability) => capability.name === name)!;
    expect(handled.map(({ route }) => routeKey(route)).toSorted()).toEqual(routes.map(routeKey).toSorted());
    expect(new Set(handled.map(({ route }) => route))).toEqual(new Set(routes));
  });

  test('answers paths that no other one answers', () => {
    const shape = (key: string) => key.replaceAll(/\{\w+\}/g, '{}');
    const shapes = everyRoute.map((route) => shape(routeKey(route)));
    expect(shapes.filter((key, index) => shapes.indexOf(key) !== index)).toEqual([]);
  });
});
