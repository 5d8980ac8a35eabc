import { newVersion } from '../../shared/core/ids.ts';
import { conflict, notFound } from '../../shared/core/problem.ts';
import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on, type RequestContext } from '../../shared/http/request.ts';
import { commit } from '../../shared/write/commit.ts';
import { handleMail } from '../../shared/inbound-mail/handle-mail.ts';
import type { InboundDependencies } from '../../shared/inbound-mail/inbound-dependencies.ts';
import { type InboundRecord, recordRow } from '../../shared/mail/received/inbound-mail-store.ts';
import { asPage, pageLanguage } from '../../shared/http/pages/page.ts';
import { answeredPage, pressAnswer, questionBehind, questionPage, questionView } from './answer-question.ts';
import { deadAddressesApi } from './dead-addresses.ts';
import * as routes from './routes.ts';

export function mailInApi(dependencies: InboundDependencies): BoundRoute[] {
  const { mails } = dependencies;
  return [
    on(routes.listMailIn, async ({ query, listScope }) => ({
      body: await pageOf(query, listScope, (part) => mails.list(query.outcome, part)),
    })),
    on(routes.listQuarantine, async ({ query, listScope }) => ({
      body: await pageOf(query, listScope, (part) => mails.list('quarantined', part)),
    })),
    on(routes.replayMail, async ({ context, params }) => {
      const record = await loadQuarantined(dependencies, params['mailId']!);
      const again = { record, by: context.actor, confirmed: false };
      return { body: await handleMail(dependencies, record.received, again) };
    }),
    on(routes.getQuestion, ({ params, raw }) =>
      asPage(raw, 'page.closed.answered', async () => {
        const question = await questionBehind(dependencies, params['token']!);
        const view = await questionView(dependencies, question);
        return { body: view, html: () => questionPage(pageLanguage(raw, undefined), view) };
      }),
    ),
    on(routes.postQuestion, ({ params, raw, body }) =>
      asPage(raw, 'page.closed.answered', async () => {
        const answered = await pressAnswer(dependencies, params['token']!, body.answer);
        return { body: answered, html: () => answeredPage(pageLanguage(raw, undefined), answered) };
      }),
    ),
    on(routes.discardMail, async ({ context, params }) => ({
      body: await discard(dependencies, context, await loadQuarantined(dependencies, params['mailId']!)),
    })),
    ...deadAddressesApi(dependencies),
  ];
}

async function loadQuarantined({ mails }: InboundDependencies, id: string): Promise<InboundRecord> {
  const record = await mails.byId(id);
  if (!record) throw notFound();
  if (record.outcome !== 'quarantined') throw conflict(`This mail is not kept back: ${record.outcome}.`);
  return record;
}

async function discard(
  dependencies: InboundDependencies,
  context: RequestContext,
  before: InboundRecord,
): Promise<InboundRecord> {
  const record: InboundRecord = {
    ...before,
    outcome: 'discarded',
    trace: [...before.trace, `discarded by ${context.actor.name}`],
    version: newVersion(),
  };
  const actions = [recordRow(record, before, null)];
  await commit(dependencies, context, { actions, activity: [], outbox: [], answer: { body: record } });
  return record;
}
