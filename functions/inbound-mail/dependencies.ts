import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { fileBucket } from '../../shared/aws/files.ts';
import { objectReader } from '../../shared/aws/objects.ts';
import { outboxQueue } from '../../shared/aws/outbox-queue.ts';
import { secretReader } from '../../shared/aws/secrets.ts';
import { systemClock } from '../../shared/core/clock.ts';
import { bounceStore } from '../../shared/mail/delivery/bounces.ts';
import { parseReplyKeys } from '../../shared/mail/reply-token.ts';
import { threadStore } from '../../shared/mail/threads.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { readDepartments } from '../../shared/settings/departments.ts';
import { readSettings } from '../../shared/settings/settings.ts';
import { ticketStore } from '../../shared/tickets/ticket-store.ts';
import type { InboundDependencies } from '../../shared/inbound-mail/inbound-dependencies.ts';
import { inboundMailStore } from '../../shared/mail/received/inbound-mail-store.ts';

/** The variables of a function that handles mail: the one that receives it, and the one that replays it. */
export const inboundVariables = [
  'TABLE_NAME',
  'MAIL_BUCKET',
  'FILES_BUCKET',
  'OUTBOX_QUEUE_URL',
  'REPLY_KEYS_SECRET',
  'SUPPORT_ADDRESS',
  'PROVIDER_NAME',
  'PORTAL_URL',
] as const;

/** The real dependencies of handling mail. */
export function inboundDependencies(
  variables: Record<(typeof inboundVariables)[number], string>,
): InboundDependencies {
  const table = dynamoTable(variables.TABLE_NAME);
  return {
    table,
    nudgeOutbox: outboxQueue(variables.OUTBOX_QUEUE_URL),
    mails: inboundMailStore(table),
    people: peopleStore(table),
    tickets: ticketStore(table),
    threads: threadStore(table),
    bounces: bounceStore(table),
    files: fileBucket(variables.FILES_BUCKET),
    readObject: objectReader(variables.MAIL_BUCKET),
    settings: () => readSettings(table),
    departments: () => readDepartments(table, variables.SUPPORT_ADDRESS),
    replyKeys: secretReader(variables.REPLY_KEYS_SECRET, parseReplyKeys),
    supportAddress: variables.SUPPORT_ADDRESS,
    providerName: variables.PROVIDER_NAME,
    portalUrl: variables.PORTAL_URL,
    clock: systemClock,
  };
}
