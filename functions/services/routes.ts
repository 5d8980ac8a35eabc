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
  permission: 'staff:sales',
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
  permission: 'staff:sales',
  summary: 'Correct a service',
  body: schemas.changeService,
  success: 200,
  answer: schemas.service,
});

export const postServicePause = route({
  method: 'POST',
  path: `${servicePath}/pause`,
  permission: 'manage-products',
  summary: 'Pause a service until a day; it resumes by itself',
  body: schemas.pauseService,
  success: 200,
  answer: schemas.service,
});

export const postServiceResume = route({
  method: 'POST',
  path: `${servicePath}/resume`,
  permission: 'manage-products',
  summary: 'Resume a paused service today',
  success: 200,
  answer: schemas.service,
});

export const postServiceChange = route({
  method: 'POST',
  path: `${servicePath}/change`,
  permission: 'manage-products',
  fromMain: 'aggregated',
  summary: 'Change a service to another product or cycle at once, or ask for it with a ticket',
  body: schemas.changeProduct,
  success: 200,
  answer: schemas.changedService,
});

export const postServiceCancel = route({
  method: 'POST',
  path: `${servicePath}/cancel`,
  permission: 'manage-products',
  fromMain: 'aggregated',
  summary: 'Cancel a service now or at the end of its period',
  body: schemas.cancelService,
  success: 200,
  answer: schemas.service,
});

export const servicesRoutes = [
  listServices,
  postService,
  getService,
  patchService,
  postServicePause,
  postServiceResume,
  postServiceChange,
  postServiceCancel,
];
