import { dynamoTable } from '../dynamo-table.ts';
import { fileBucket } from '../s3/files.ts';
import { objectReader } from '../s3/objects.ts';
import { outboxQueue } from '../sqs/outbox-queue.ts';
import { secretReader } from '../secrets.ts';
import { systemClock } from '../../core/clock.ts';
import { deadAddressStore } from '../../mail/delivery/dead-addresses.ts';
import { parseReplyKeys } from '../../mail/reply-token.ts';
import { questionStore } from '../../mail/questions/question.ts';
import { threadStore } from '../../mail/threads.ts';
import { peopleStore } from '../../accounts/people-store.ts';
import { readDepartments } from '../../settings/departments.ts';
import { readSettings } from '../../settings/settings.ts';
import { ticketStore } from '../../tickets/ticket-store.ts';
import type { InboundDependencies } from '../../inbound-mail/inbound-dependencies.ts';
import { inboundMailStore } from '../../mail/received/inbound-mail-store.ts';

/** The environment variables of the functions that receive or replay inbound mail. */
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

/** The real dependencies of handling inbound mail. */
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
    questions: questionStore(table),
    deadAddresses: deadAddressStore(table),
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
