import { type BoundRoute, on } from '../../shared/http/request.ts';
import * as routes from './routes.ts';
import { type DashboardDependencies, showDashboard } from './show-dashboard.ts';

export function dashboardApi(dependencies: DashboardDependencies): BoundRoute[] {
  return [on(routes.getDashboard, ({ context }) => showDashboard(dependencies, context))];
}
