import type * as z from 'zod';
import { permissionsOf } from '../../shared/access/decide.ts';
import { mayOrderItself } from '../../shared/access/link.ts';
import { openAreas } from '../../shared/access/permissions.ts';
import { type Cycle, isSoldIn, priceOf } from '../../shared/products/product.ts';
import { readProduct } from '../../shared/products/product-store.ts';
import { addYears, type Day } from '../../shared/core/day.ts';
import { conflict, invalid } from '../../shared/core/problem.ts';
import { providerRefusal } from '../../shared/http/refusal.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { nextServiceStatus, type Service } from '../../shared/services/service.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import {
  saveServiceChange,
  type LoadedService,
  loadService,
  type ManageDependencies,
} from '../../shared/services/load-service.ts';
import { changeNow, requireChangeable, type Wanted } from '../../shared/services/apply-product-change.ts';
import { requireOrderable } from '../../shared/orders/may-order.ts';
import { requestChange } from './request-change.ts';
import type { changeProduct as schema } from './schemas.ts';

/** Changes a service to another product or cycle, directly or by a request to staff. */
export async function changeProduct(
  dependencies: ManageDependencies,
  context: RequestContext,
  serviceId: string,
  input: z.output<typeof schema>,
): Promise<Reply> {
  const loaded = await loadService(dependencies, context, serviceId);
  const { service, today } = loaded;
  const { mode, on, productId, cycle = service.cycle } = input;
  nextServiceStatus(service, mode === 'self' ? 'change' : 'request-change', today);
  if (productId === service.productId && cycle === service.cycle) {
    if (mode === 'self' && service.plannedChange) return cancelPlannedChange(dependencies, context, loaded);
    throw conflict(`${service.name} is that already.`);
  }
  const lastDay = addYears(today, 1);
  if (on !== undefined && (on < today || on > lastDay)) {
    throw invalid([
      { path: 'on', code: 'out-of-range', message: `must be a day from ${today} to ${lastDay}` },
    ]);
  }
  const wanted = await loadWanted(dependencies, loaded, productId, cycle);
  if (mode === 'request') return requestChange(dependencies, context, loaded, { ...wanted, on });
  requireMayChange(context, loaded);
  requireOrderable(loaded.account);
  await requireChangeable(dependencies, loaded);
  if (on !== undefined && on > today) return planChange(dependencies, context, loaded, wanted, on);
  return changeNow(dependencies, context, loaded, wanted);
}

/**
 * A direct change is an order: members of an aggregated account need the setting that lets them order, as another
 * account is billed. A request to staff is always possible.
 * @throws Problem that explains why not
 */
function requireMayChange(
  { authority, providerName }: RequestContext,
  { account, settings }: LoadedService,
): void {
  if (authority.kind !== 'member' || mayOrderItself(account.linkKind ?? null, settings)) return;
  throw providerRefusal(
    providerName,
    'setting',
    `${account.name} is billed to its main account, and the provider’s settings leave ordering to that one. Ask for the change instead.`,
    { title: "You don't have access to ordering", areas: openAreas(account.id, permissionsOf(authority)) },
  );
}

/** Plans a change for the job to make on its day. A later plan replaces an earlier one. */
function planChange(
  dependencies: ManageDependencies,
  context: RequestContext,
  loaded: LoadedService,
  wanted: Wanted,
  on: Day,
): Promise<Reply> {
  const planned: Service = { ...loaded.service, plannedChange: { ...wanted, on } };
  const action = 'service.change-planned';
  return saveServiceChange(
    dependencies,
    context,
    loaded,
    planned,
    { action, reason: `${wanted.name} on ${on}`, more: [] },
    { ticketId: null, invoiceId: null },
  );
}

/** Choosing the current product again cancels a planned change. */
function cancelPlannedChange(
  dependencies: ManageDependencies,
  context: RequestContext,
  loaded: LoadedService,
): Promise<Reply> {
  const staying: Service = { ...loaded.service, plannedChange: null };
  return saveServiceChange(
    dependencies,
    context,
    loaded,
    staying,
    { action: 'service.change-taken-back', more: [] },
    { ticketId: null, invoiceId: null },
  );
}

async function loadWanted(
  { table }: ManageDependencies,
  { service }: LoadedService,
  productId: string,
  cycle: Cycle,
): Promise<Wanted> {
  const product = await readProduct(table, productId);
  const { currency } = service;
  const price = priceOf(product, cycle, currency);
  if (!product || !product.sold)
    throw invalid([{ path: 'productId', code: 'not-found', message: 'is not sold' }]);
  if (!isSoldIn(product, currency)) {
    throw invalid([{ path: 'productId', code: 'not-allowed', message: `is not sold in ${currency}` }]);
  }
  if (price === undefined || cycle === 'one-time') {
    throw invalid([{ path: 'cycle', code: 'not-allowed', message: `${product.name} is not sold so` }]);
  }
  const { id, name, taxRate, taxClass = null } = product;
  return { productId: id, name: `${name} (${cycle})`, cycle, price, taxRate, taxClass };
}
