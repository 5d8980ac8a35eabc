import type { Table } from '../../shared/table/table.ts';
import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import { strippedPage } from '../../shared/table/page.ts';
import { activityPrefix } from '../../shared/write/activity.ts';
import * as routes from './routes.ts';

export function activityApi({ table }: { table: Table }): BoundRoute[] {
  return [
    on(routes.listActivity, async ({ context, query, listScope }) => {
      const pk = `ACCOUNT#${context.accountId}`;
      const body = await pageOf(query, listScope, async (page) =>
        strippedPage(await table.query({ pk, prefix: activityPrefix, descending: true, ...page })),
      );
      return { body };
    }),
  ];
}
