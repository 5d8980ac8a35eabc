import { route } from '../../shared/http/route.ts';
import { listOf } from '../../shared/http/schemas.ts';
import * as schemas from './schemas.ts';

export const listProducts = route({
  method: 'GET',
  path: '/v1/products',
  permission: 'signed-in',
  summary: 'The catalogue',
  success: 200,
  answer: listOf(schemas.product),
});

export const getStaffProducts = route({
  method: 'GET',
  path: '/v1/staff/products',
  permission: 'staff:settings',
  summary: 'Every product, those that are no longer sold among them',
  success: 200,
  answer: listOf(schemas.staffProduct),
});

export const putStaffProducts = route({
  method: 'PUT',
  path: '/v1/staff/products',
  permission: 'staff:settings',
  summary: 'Replace the catalogue; services of what goes go on',
  body: schemas.products,
  success: 200,
  answer: listOf(schemas.staffProduct),
});

export const getDomainPrice = route({
  method: 'GET',
  path: '/v1/staff/domain-prices/{tld}',
  permission: 'staff:settings',
  summary: 'What renewals of a TLD cost now, and will',
  success: 200,
  answer: schemas.domainPrices,
});

export const putDomainPrice = route({
  method: 'PUT',
  path: '/v1/staff/domain-prices/{tld}',
  permission: 'staff:settings',
  summary: 'Set what renewals of a TLD cost, from ever or from a day on',
  body: schemas.domainPrice,
  success: 200,
  answer: schemas.domainPrices,
});

export const productsRoutes = [
  listProducts,
  getStaffProducts,
  putStaffProducts,
  getDomainPrice,
  putDomainPrice,
];
