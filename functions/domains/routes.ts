import { accountPath, route } from '../../shared/http/route.ts';
import { listOf } from '../../shared/http/schemas.ts';
import * as schemas from './schemas.ts';

const domainPath = `${accountPath}/domains/{domainId}` as const;

export const listDomains = route({
  method: 'GET',
  path: `${accountPath}/domains`,
  permission: 'domains',
  summary: 'The account’s domains',
  query: schemas.domainQuery,
  success: 200,
  answer: listOf(schemas.domain),
});

export const postDomain = route({
  method: 'POST',
  path: `${accountPath}/domains`,
  permission: 'staff:sales',
  summary: 'Add a domain that is registered for the account',
  body: schemas.newDomain,
  success: 201,
  answer: schemas.domain,
});

export const getDomain = route({
  method: 'GET',
  path: domainPath,
  permission: 'domains',
  summary: 'One domain',
  success: 200,
  answer: schemas.domain,
});

export const patchDomain = route({
  method: 'PATCH',
  path: domainPath,
  permission: 'manage-domains',
  summary: 'Change nameservers, lock and automatic renewal; staff correct dates and status',
  body: schemas.changeDomain,
  success: 200,
  answer: schemas.domain,
});

export const listDomainRenewals = route({
  method: 'GET',
  path: `${accountPath}/domain-renewals`,
  permission: 'orders',
  summary: 'What can be renewed, for how long, at which price; or why not',
  query: schemas.renewalQuery,
  success: 200,
  answer: listOf(schemas.domainRenewal),
});

export const domainsRoutes = [listDomains, postDomain, getDomain, patchDomain, listDomainRenewals];
