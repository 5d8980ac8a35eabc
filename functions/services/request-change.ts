import type { RequestContext } from '../../shared/http/request.ts';
import { nextServiceStatus, serviceView } from '../../shared/services/service.ts';
import { serviceUnchanged } from '../../shared/services/service-store.ts';
import { commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { startTicket } from '../../shared/tickets/conversation.ts';
import { authorKind, openerOf } from '../../shared/tickets/opener.ts';
import type { LoadedService, ManageDependencies } from '../../shared/services/load-service.ts';
import { serviceActivity } from '../../shared/services/service-activity.ts';

/** Requests a change from staff: opens a ticket, in one transaction with the answer that names it. */
export async function requestChange(
  dependencies: ManageDependencies,
  context: RequestContext,
  { service, account, today }: LoadedService,
  { name: wanted, on }: { name: string; on: string | undefined },
): Promise<Reply> {
  nextServiceStatus(service, 'request-change', today);
  const { name: authorName, email } = context.caller;
  const { ticket, change } = startTicket(
    {
      accountId: context.accountId,
      accountName: account.name,
      author: { kind: authorKind(context), name: authorName, email },
      via: 'portal',
      body: `Please change ${service.name} (${service.id}) to ${wanted}${on ? ` on ${on}` : ''}.`,
      ...openerOf(context, account),
      subject: `Change of ${service.name} to ${wanted}`.slice(0, 200),
      priority: 'medium',
      departmentId: null,
      cc: [],
      attachments: [],
      hiddenFromMainAccount: false,
    },
    context.now,
    dependencies.portalUrl,
  );
  const body = { ...serviceView(service, today), ticketId: ticket.id, invoiceId: null };
  const reply = { body, version: service.version };
  const requested = serviceActivity('service.change-requested', service, service, today, wanted);
  await commit(dependencies, context, {
    actions: [serviceUnchanged(service), ...change.actions],
    activity: [requested, ...change.activity],
    outbox: change.outbox,
    answer: reply,
  });
  return reply;
}
