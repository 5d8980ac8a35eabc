import type { Table } from '../../shared/table/table.ts';
import { notFound } from '../../shared/core/problem.ts';
import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import { type SentCopy, sentCopyKey, sentCopyPrefix } from '../../shared/mail/sent/sent-copy.ts';
import { filteredPage, stripped } from '../../shared/table/page.ts';
import { emailView, isShown } from './email-view.ts';
import * as routes from './routes.ts';

export function emailsApi({ table }: { table: Table }): BoundRoute[] {
  return [
    on(routes.listEmails, async ({ context, query, listScope }) => {
      const list = { pk: `ACCOUNT#${context.accountId}`, prefix: sentCopyPrefix, descending: true };
      const page = await pageOf(query, listScope, (part) =>
        filteredPage<SentCopy>(
          (each) => table.query({ ...list, ...each }),
          part,
          (copy) => isShown(copy, context),
        ),
      );
      return { body: { ...page, items: page.items.map(emailView) } };
    }),
    on(routes.getEmail, async ({ context, params }) => {
      const copy = stripped<SentCopy>(await table.get(sentCopyKey(context.accountId, params['emailId']!)));
      if (!copy || !isShown(copy, context)) throw notFound();
      const { text, html, messageId } = copy;
      return { body: { ...emailView(copy), text, html, messageId } };
    }),
  ];
}
