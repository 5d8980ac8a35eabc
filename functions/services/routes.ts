import { accountPath, route } from '../../shared/http/route.ts';
import { listOf } from '../../shared/http/schemas.ts';
import * as schemas from './schemas.ts';

const servicePath = `${accountPath}/services/{serviceId}` as const;

export const listServices = route({
  method: 'GET',
  path: `${accountPath}/services`,
  permission: 'products',
  summary: 'The account’s services',
  query: schemas.serviceQuery,
  success: 200,
  answer: listOf(schemas.service),
});

export const postService = route({
  method: 'POST',
  path: `${accountPath}/services`,
  permission: 'staff',
  summary: 'Add a service that the provider runs for the account',
  body: schemas.newService,
  success: 201,
  answer: schemas.service,
});

export const getService = route({
  method: 'GET',
  path: servicePath,
  permission: 'products',
  summary: 'One service',
  success: 200,
  answer: schemas.service,
});

export const patchService = route({
  method: 'PATCH',
  path: servicePath,
  permission: 'staff',
  summary: 'Correct a service',
  body: schemas.changeService,
  success: 200,
  answer: schemas.service,
});

export const servicesRoutes = [listServices, postService, getService, patchService];
