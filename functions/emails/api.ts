import type { Table } from '../../shared/table/table.ts';
import { notFound } from '../../shared/core/problem.ts';
import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import { sentCopyKey, sentCopyPrefix } from '../../shared/mail/sent/sent-copy.ts';
import { stripped, strippedPage } from '../../shared/table/page.ts';
import * as routes from './routes.ts';

export function emailsApi({ table }: { table: Table }): BoundRoute[] {
  return [
    on(routes.listEmails, async ({ context, query, listScope }) => {
      const pk = `ACCOUNT#${context.accountId}`;
      const body = await pageOf(query, listScope, async (page) =>
        strippedPage(await table.query({ pk, prefix: sentCopyPrefix, descending: true, ...page })),
      );
      return { body };
    }),
    on(routes.getEmail, async ({ context, params }) => {
      const copy = await table.get(sentCopyKey(context.accountId, params['emailId']!));
      if (!copy) throw notFound();
      return { body: stripped(copy) };
    }),
  ];
}
