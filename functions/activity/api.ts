import type { Table } from '../../shared/table/table.ts';
import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import { filteredPage } from '../../shared/table/page.ts';
import { activityPrefix } from '../../shared/write/activity.ts';
import { type ActivityEntry, activityView, isShown } from './activity-view.ts';
import * as routes from './routes.ts';

export function activityApi({ table }: { table: Table }): BoundRoute[] {
  return [
    on(routes.listActivity, async ({ context, query, listScope }) => {
      const { accountId, authority } = context;
      const list = { pk: `ACCOUNT#${accountId}`, prefix: activityPrefix, descending: true };
      const page = await pageOf(query, listScope, (part) =>
        filteredPage<ActivityEntry>(
          (each) => table.query({ ...list, ...each }),
          part,
          (entry) => isShown(entry, authority),
        ),
      );
      return { body: { ...page, items: page.items.map((entry) => activityView(entry, authority)) } };
    }),
  ];
}
