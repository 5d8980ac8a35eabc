import { everyRoute } from '../../../functions/routes.ts';
import { routeKey } from '../../../shared/http/route.ts';

const isParameter = (part: string) => part.startsWith('{');
const sizeOf = (method: string, parts: readonly string[]) => `${method} ${parts.length}`;

/** The routes by what rules most of them out at once; those with the fewest parameters come first. */
const routesBySize = Map.groupBy(
  everyRoute
    .map((route) => ({ route, parts: route.path.split('/') }))
    .toSorted((a, b) => a.parts.filter(isParameter).length - b.parts.filter(isParameter).length),
  ({ route, parts }) => sizeOf(route.method, parts),
);

/** The declared route that a path leads to, as the gateway finds it. */
export function findRoute(method: string, path: string): { key: string; params: Record<string, string> } {
  const given = path.split('/');
  const found = routesBySize
    .get(sizeOf(method, given))
    ?.find(({ parts }) => parts.every((part, index) => isParameter(part) || part === given[index]));
  if (!found) throw new Error(`No route ${method} ${path}`);
  return { key: routeKey(found.route), params: paramsOf(found.parts, given) };
}

function paramsOf(parts: readonly string[], given: readonly string[]): Record<string, string> {
  const params = parts.flatMap((part, index) =>
    isParameter(part) ? [[part.slice(1, -1), decodeURIComponent(given[index]!)] as const] : [],
  );
  return Object.fromEntries(params);
}
