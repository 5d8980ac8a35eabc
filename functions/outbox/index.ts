import { Logger } from '@aws-lambda-powertools/logger';
import middy from '@middy/core';
import sqsPartialBatchFailure from '@middy/sqs-partial-batch-failure';
import type { ScheduledEvent, SQSEvent } from 'aws-lambda';
import { codeReader } from '../../shared/aws/code-reader.ts';
import { cognitoDirectory } from '../../shared/aws/cognito-directory.ts';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment, optionalEnvironment } from '../../shared/aws/lambda/environment.ts';
import { secondOver } from '../../shared/aws/lambda/second-over.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { fileBucket } from '../../shared/aws/s3/files.ts';
import { secretReader } from '../../shared/aws/secrets.ts';
import { sesMailer } from '../../shared/aws/ses-mailer.ts';
import { suppressionList } from '../../shared/aws/ses-suppression.ts';
import { staffStore } from '../../shared/accounts/staff/staff-store.ts';
import { systemClock } from '../../shared/core/clock.ts';
import { deadAddressStore } from '../../shared/mail/delivery/dead-addresses.ts';
import { parseReplyKeys } from '../../shared/mail/reply-token.ts';
import { readTemplate } from '../../shared/mail/template-store.ts';
import { threadStore } from '../../shared/mail/threads.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { readDepartments } from '../../shared/settings/departments.ts';
import { readSettings } from '../../shared/settings/settings.ts';
import { workSender } from '../../shared/aws/sqs/work-sender.ts';
import { invoiceStore } from '../../shared/invoices/invoice-store.ts';
import { orderStore } from '../../shared/orders/order-store.ts';
import { domainStore } from '../../shared/domains/domain-store.ts';
import { serviceStore } from '../../shared/services/service-store.ts';
import { type FulfilDependencies, fulfilPaidLines } from '../../shared/renewals/fulfil-paid-lines.ts';
import { renewalStore } from '../../shared/renewals/renewal-store.ts';
import { ticketStore } from '../../shared/tickets/ticket-store.ts';
import { inviteFirstAdministrator } from './first-administrator.ts';
import type { TaxIdRegistry } from '../../shared/accounts/tax-id/tax-id-check.ts';
import { sandboxRegistry } from './tax-id/sandbox-registry.ts';
import { viesRegistry } from './tax-id/vies-registry.ts';
import { outboxStore } from './outbox-store.ts';
import { type OutboxDependencies, runTask, sweep } from './run-task.ts';

const {
  TABLE_NAME,
  USER_POOL_ID,
  OUTBOX_QUEUE_URL,
  SUPPORT_ADDRESS,
  PROVIDER_NAME,
  PORTAL_URL,
  LINK_URL,
  REPLY_KEYS_SECRET,
  CODES_KEY,
  CONFIGURATION_SET,
  AWS_REGION,
  REGISTRAR_QUEUE_URL,
  DOCUMENTS_QUEUE_URL,
  FILES_BUCKET,
  TAX_ID_REGISTRY,
} = environment(
  'TABLE_NAME',
  'USER_POOL_ID',
  'OUTBOX_QUEUE_URL',
  'SUPPORT_ADDRESS',
  'PROVIDER_NAME',
  'PORTAL_URL',
  'LINK_URL',
  'REPLY_KEYS_SECRET',
  'CODES_KEY',
  'CONFIGURATION_SET',
  'AWS_REGION',
  'REGISTRAR_QUEUE_URL',
  'DOCUMENTS_QUEUE_URL',
  'FILES_BUCKET',
  'TAX_ID_REGISTRY',
);
const logger = new Logger();
const registries: Record<string, () => TaxIdRegistry> = {
  vies: () => viesRegistry(),
  sandbox: () => sandboxRegistry,
};
const taxIds = registries[TAX_ID_REGISTRY]?.();
if (!taxIds) throw new Error(`Unknown registry of tax ids ${TAX_ID_REGISTRY}`);
const table = dynamoTable(TABLE_NAME);
const queue = outboxQueue(OUTBOX_QUEUE_URL);

const fulfilment: FulfilDependencies = {
  table,
  nudgeOutbox: queue,
  invoices: invoiceStore(table),
  domains: domainStore(table),
  services: serviceStore(table),
  orders: orderStore(table),
  renewals: renewalStore(table),
  people: peopleStore(table),
  settings: async () => (await readSettings(table)).settings,
  portalUrl: PORTAL_URL,
  tellRegistrar: workSender(REGISTRAR_QUEUE_URL),
};

const dependencies: OutboxDependencies = {
  table,
  nudgeOutbox: queue,
  tasks: outboxStore(table),
  people: peopleStore(table),
  staff: staffStore(table),
  files: fileBucket(FILES_BUCKET),
  threads: threadStore(table),
  directory: cognitoDirectory(USER_POOL_ID),
  send: sesMailer(AWS_REGION, CONFIGURATION_SET),
  remind: (id, delaySeconds) => queue([id], delaySeconds),
  warn: (message, details) => logger.warn(message, details),
  deadAddresses: deadAddressStore(table),
  tickets: ticketStore(table),
  unsuppress: suppressionList(),
  taxIds,
  settings: () => readSettings(table),
  template: (name, language) => readTemplate(table, name, language),
  departments: () => readDepartments(table, SUPPORT_ADDRESS),
  replyKeys: secretReader(REPLY_KEYS_SECRET, parseReplyKeys),
  readCode: codeReader(CODES_KEY),
  sender: { name: PROVIDER_NAME, address: SUPPORT_ADDRESS },
  portalUrl: PORTAL_URL,
  linkUrl: LINK_URL,
  clock: systemClock,
  secondOver: (now) => secondOver(systemClock, now),
  printDocument: workSender(DOCUMENTS_QUEUE_URL),
  fulfil: fulfilPaidLines.bind(null, fulfilment),
};

const fromQueue = middy<SQSEvent>()
  .use(sqsPartialBatchFailure())
  .handler((event) =>
    Promise.allSettled(
      event.Records.map(async (record) => {
        const { ids } = JSON.parse(record.body) as { ids: string[] };
        for (const id of ids) await runTask(dependencies, id);
      }),
    ),
  );

const onSchedule = middy<ScheduledEvent>().handler(async () => {
  await inviteFirstAdministrator(
    {
      ...dependencies,
      table,
      nudgeOutbox: queue,
      directory: cognitoDirectory(USER_POOL_ID),
      staff: staffStore(table),
      firstAdministrator: optionalEnvironment('FIRST_ADMINISTRATOR'),
      providerName: PROVIDER_NAME,
    },
    systemClock(),
  );
  return { swept: await sweep(dependencies) };
});

/** Runs tasks named by the queue, right after they were written, and every minute the overdue ones. */
export const handler: typeof fromQueue | typeof onSchedule = ((
  event: SQSEvent & ScheduledEvent,
  context: never,
) => ('Records' in event ? fromQueue(event, context) : onSchedule(event, context))) as typeof fromQueue;
