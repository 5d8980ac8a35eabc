import { notFound } from '../../shared/core/problem.ts';
import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import { serviceView } from '../../shared/services/service.ts';
import { cancelService } from './cancel-service.ts';
import { changeProduct } from './change-product.ts';
import { addService, correctService } from './save-service.ts';
import type { ManageDependencies } from '../../shared/services/load-service.ts';
import { pauseService, resumeService } from './pause-service.ts';
import * as routes from './routes.ts';

export function servicesApi(dependencies: ManageDependencies): BoundRoute[] {
  const { services, today } = dependencies;
  return [
    on(routes.listServices, async ({ context, query, listScope }) => {
      const day = await today(context.now);
      const page = await pageOf(query, listScope, (part) => services.list(context.accountId, part));
      return { body: { ...page, items: page.items.map((service) => serviceView(service, day)) } };
    }),
    on(routes.postService, ({ context, body }) => addService(dependencies, context, body)),
    on(routes.getService, async ({ context, params }) => {
      const service = await services.get(context.accountId, params['serviceId']!);
      if (!service) throw notFound();
      return { body: serviceView(service, await today(context.now)), version: service.version };
    }),
    on(routes.patchService, ({ context, params, body }) =>
      correctService(dependencies, context, params['serviceId']!, body),
    ),
    on(routes.postServicePause, ({ context, params, body }) =>
      pauseService(dependencies, context, params['serviceId']!, body),
    ),
    on(routes.postServiceResume, ({ context, params }) =>
      resumeService(dependencies, context, params['serviceId']!),
    ),
    on(routes.postServiceChange, ({ context, params, body }) =>
      changeProduct(dependencies, context, params['serviceId']!, body),
    ),
    on(routes.postServiceCancel, ({ context, params, body }) =>
      cancelService(dependencies, context, params['serviceId']!, body),
    ),
  ];
}
