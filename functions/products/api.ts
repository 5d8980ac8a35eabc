import { createHash } from 'node:crypto';
import type * as z from 'zod';
import type { Product } from '../../shared/products/product.ts';
import { productDeletion, productRow, readProducts } from '../../shared/products/product-store.ts';
import type { Day } from '../../shared/core/day.ts';
import { newId } from '../../shared/core/ids.ts';
import { invalid, notFound } from '../../shared/core/problem.ts';
import { type BoundRoute, on, type RequestContext, requireMatch } from '../../shared/http/request.ts';
import { hostName } from '../../shared/domains/domain.ts';
import { type DomainPrice, priceOn } from '../../shared/domains/domain-price.ts';
import { domainPriceRow, type DomainPriceStore } from '../../shared/domains/domain-price-store.ts';
import { commit, type WriteDependencies } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import * as routes from './routes.ts';
import type { products as productsSchema } from './schemas.ts';

export interface ProductDependencies extends WriteDependencies {
  prices: DomainPriceStore;
  /** The provider's day at this instant. */
  today(now: Date): Promise<Day>;
}

export function productsApi(dependencies: ProductDependencies): BoundRoute[] {
  const { table } = dependencies;
  const catalogueReply = (products: Product[]) => ({
    body: { items: products.map(productView), nextCursor: null },
    version: versionOf(products),
  });
  return [
    on(routes.listProducts, async () =>
      catalogueReply((await readProducts(table)).filter((product) => product.sold)),
    ),
    on(routes.getStaffProducts, async () => catalogueReply(await readProducts(table))),
    on(routes.putStaffProducts, async ({ context, body }) =>
      catalogueReply(await replaceProducts(dependencies, context, body)),
    ),
    on(routes.getDomainPrice, async ({ context, params }) =>
      domainPricesReply(dependencies, params['tld']!.toLowerCase(), context.now),
    ),
    on(routes.putDomainPrice, async ({ context, params, body }) => {
      const tld = params['tld']!.toLowerCase();
      if (!hostName.test(`example.${tld}`)) {
        throw invalid([
          { path: 'tld', code: 'wrong-format', message: 'must be a top level domain, such as com or co.uk' },
        ]);
      }
      if (context.ifMatch !== null) requireMatch(context, versionOf(await dependencies.prices.ofTld(tld)));
      const prices = body.prices as DomainPrice['prices'];
      const price: DomainPrice = { ...body, prices, from: body.from ?? null, tld };
      await commit(dependencies, context, { actions: [domainPriceRow(price)], activity: [], outbox: [] });
      return domainPricesReply(dependencies, tld, context.now);
    }),
  ];
}

async function replaceProducts(
  dependencies: ProductDependencies,
  context: RequestContext,
  { items }: z.output<typeof productsSchema>,
): Promise<Product[]> {
  const before = await readProducts(dependencies.table);
  requireMatch(context, versionOf(before));
  const after = items.map((item) => ({ ...item, id: item.id ?? newId('product', context.now) }));
  const ids = after.map(({ id }) => id);
  const repeated = ids.findIndex((id, index) => ids.indexOf(id) < index);
  if (repeated >= 0)
    throw invalid([{ path: `items.${repeated}.id`, code: 'duplicate', message: 'stands twice' }]);
  const removed = before.filter(({ id }) => !ids.includes(id));
  const actions = [...after.map(productRow), ...removed.map(({ id }) => productDeletion(id))];
  if (actions.length > 100)
    throw invalid([{ path: 'items', code: 'out-of-range', message: 'changes too many products at once' }]);
  await commit(dependencies, context, { actions, activity: [], outbox: [] });
  return after;
}

function productView({ id, name, kind, description, prices, taxRate, taxClass = null, sold }: Product) {
  return { id, name, kind, description, prices, taxRate, taxClass, sold };
}

async function domainPricesReply(
  { prices, today }: ProductDependencies,
  tld: string,
  now: Date,
): Promise<Reply> {
  const tldPrices = await prices.ofTld(tld);
  const day = await today(now);
  const current = priceOn(tldPrices, day) ?? tldPrices[0];
  if (!current) throw notFound();
  const upcoming = tldPrices.filter((price) => price.from !== null && price.from > day && price !== current);
  return { body: { ...current, upcoming }, version: versionOf(tldPrices) };
}

/** The version of rows that are replaced together: a hash of their content. */
function versionOf(rows: readonly object[]): string {
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex').slice(0, 16);
}
