import { accountPath, route } from '../../shared/http/route.ts';
import * as schemas from './schemas.ts';

export const getDashboard = route({
  method: 'GET',
  path: `${accountPath}/dashboard`,
  permission: 'member',
  summary: 'The account at a glance: of each area what there is, where the caller may see it',
  success: 200,
  answer: schemas.dashboard,
});

export const dashboardRoutes = [getDashboard];
