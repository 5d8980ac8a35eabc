import type { Table } from '../../shared/table/table.ts';
import { notFound } from '../../shared/core/problem.ts';
import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import { type SentCopy, sentCopyKey, sentCopyPrefix } from '../../shared/mail/sent/sent-copy.ts';
import { mailsToAddress } from '../../shared/mail/sent/mail-to-address.ts';
import { filteredPage, stripped } from '../../shared/table/page.ts';
import { emailView, isShown } from './email-view.ts';
import { asPage, pageLanguage } from '../../shared/http/pages/page.ts';
import {
  switchBehind,
  switchByLink,
  type SwitchDependencies,
  switchedPage,
  switchPage,
  switchView,
} from './switch-by-link.ts';
import * as routes from './routes.ts';

export function emailsApi(dependencies: SwitchDependencies & { table: Table }): BoundRoute[] {
  const { table } = dependencies;
  return [
    on(routes.getUnsubscribe, ({ params, raw, context }) =>
      asPage(raw, 'page.closed.link', async () => {
        const view = switchView(await switchBehind(dependencies, params['token']!, context.now));
        return { body: view, html: () => switchPage(pageLanguage(raw, undefined), view) };
      }),
    ),
    on(routes.postUnsubscribe, ({ params, raw, body, context }) =>
      asPage(raw, 'page.closed.link', async () => {
        const behind = await switchBehind(dependencies, params['token']!, context.now);
        await switchByLink(dependencies, behind, 'press' in body, context.now);
        const view = switchView(await switchBehind(dependencies, params['token']!, context.now));
        return { body: view, html: () => switchedPage(pageLanguage(raw, undefined), view) };
      }),
    ),
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
    on(routes.listMailTo, async ({ query, listScope }) => ({
      body: await pageOf(query, listScope, (part) => mailsToAddress(table, query.address, part)),
    })),
    on(routes.getEmail, async ({ context, params }) => {
      const copy = stripped<SentCopy>(await table.get(sentCopyKey(context.accountId, params['emailId']!)));
      if (!copy || !isShown(copy, context)) throw notFound();
      const { text, html, messageId } = copy;
      return { body: { ...emailView(copy), text, html, messageId } };
    }),
  ];
}
