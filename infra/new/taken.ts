import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { everyRoute } from '../../functions/routes.ts';
import { idPrefixes } from '../../shared/core/ids.ts';
import { accountPath } from '../../shared/http/route.ts';
import type { Names } from './names.ts';
import { Refusal } from './refusal.ts';

/** @throws Refusal where the tree has something of this name */
export function requireFree(root: string, names: Names): void {
  const { name, thing, keyPrefix } = names;
  const folder = [`functions/${name}`, `shared/${name}`, `test/functions/${name}`].find((each) =>
    existsSync(join(root, each)),
  );
  if (folder) throw new Refusal(`${folder} exists already.`);
  const path = `${accountPath}/${name}`;
  const parameter = `{${thing}Id}`;
  const route = everyRoute.find(
    (each) => each.path === path || each.path.startsWith(`${path}/`) || each.path.includes(parameter),
  );
  if (route) throw new Refusal(`${route.method} ${route.path} is a route already.`);
  if (thing in idPrefixes) throw new Refusal(`shared/core/ids.ts has a prefix for "${thing}" already.`);
  const keyed = sourcesIn(root).find((file) => hasKey(join(root, file), keyPrefix));
  if (keyed) throw new Refusal(`${keyed} has keys that begin with "${keyPrefix}" already.`);
}

function sourcesIn(root: string): string[] {
  return ['functions', 'shared'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file}`),
  );
}

/** Two kinds of rows beneath one prefix would be in each other’s lists. */
function hasKey(file: string, keyPrefix: string): boolean {
  const text = readFileSync(file, 'utf8');
  return ["'", '`'].some((quote) => text.includes(`${quote}${keyPrefix}`));
}
