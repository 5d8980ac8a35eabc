import { type BoundRoute, on } from '../../shared/http/request.ts';
import { planRenewals, type PlanDependencies } from '../../shared/renewals/run-renewals.ts';
import * as routes from './routes.ts';

export function renewalPreviewApi(dependencies: PlanDependencies): BoundRoute[] {
  return [
    on(routes.getRenewalsPreview, async ({ context, query }) => ({
      body: await planRenewals(dependencies, context.now, query.days),
    })),
  ];
}
