import { accountPath, route } from '../../shared/http/route.ts';
import * as schemas from './schemas.ts';

export const postStaffUsage = route({
  method: 'POST',
  path: '/v1/staff/usage',
  permission: 'staff:billing',
  summary: 'Record what services have used: each record counts once, and none does where one is bad',
  body: schemas.newUsage,
  success: 200,
  answer: schemas.recorded,
});

export const getServiceUsage = route({
  method: 'GET',
  path: `${accountPath}/services/{serviceId}/usage`,
  permission: 'statistics',
  summary: 'What a service has used on each day, and in all; as a table with Accept: text/csv',
  query: schemas.usageQuery,
  success: 200,
  answer: schemas.usage,
});

export const usageRoutes = [postStaffUsage, getServiceUsage];
