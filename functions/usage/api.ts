import { type BoundRoute, on } from '../../shared/http/request.ts';
import { recordUsage, type UsageDependencies } from './record-usage.ts';
import * as routes from './routes.ts';
import { showUsage } from './show-usage.ts';

export function usageApi(dependencies: UsageDependencies): BoundRoute[] {
  return [
    on(routes.postStaffUsage, ({ context, body }) => recordUsage(dependencies, context, body)),
    on(routes.getServiceUsage, ({ context, params, query, raw }) =>
      showUsage(dependencies, context, params['serviceId']!, query, raw.headers),
    ),
  ];
}
