import { everyRoute } from '../../../functions/routes.ts';
import { type Route, routeKey } from '../../../shared/http/route.ts';

/** The declared route that a path leads to, as the gateway finds it. */
export function findRoute(method: string, path: string): { key: string; params: Record<string, string> } {
  const found = everyRoute
    .filter((route) => route.method === method)
    .map((route) => ({ route, params: matchPath(route, path) }))
    .filter((candidate) => candidate.params !== null)
    .sort((a, b) => Object.keys(a.params!).length - Object.keys(b.params!).length)[0];
  if (!found) throw new Error(`No route ${method} ${path}`);
  return { key: routeKey(found.route), params: found.params! };
}

const partsOf = new Map(everyRoute.map((route) => [route, route.path.split('/')]));

function matchPath(route: Route, path: string): Record<string, string> | null {
  const wanted = partsOf.get(route)!;
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index]!;
    if (part.startsWith('{')) params[part.slice(1, -1)] = decodeURIComponent(value);
    else if (part !== value) return null;
  }
  return params;
}
