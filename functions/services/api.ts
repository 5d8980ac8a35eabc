import { notFound } from '../../shared/domain/problem.ts';
import { pageOf } from '../../shared/http/page.ts';
import { type Handled, on } from '../../shared/http/request.ts';
import { serviceView } from '../../shared/services/service.ts';
import { addService, correctService, type ServiceDependencies } from './keep-service.ts';
import * as routes from './routes.ts';

export function servicesApi(dependencies: ServiceDependencies): Handled[] {
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
  ];
}
