import middy from '@middy/core';
import type { ScheduledEvent } from 'aws-lambda';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { systemClock } from '../../shared/core/clock.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { readSettings } from '../../shared/settings/settings.ts';
import { ticketStore } from '../../shared/tickets/ticket-store.ts';
import { closeQuietTickets } from './close-quiet-tickets.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL, PORTAL_URL } = environment(
  'TABLE_NAME',
  'OUTBOX_QUEUE_URL',
  'PORTAL_URL',
);
const table = dynamoTable(TABLE_NAME);

const dependencies = {
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  tickets: ticketStore(table),
  people: peopleStore(table),
  settings: () => readSettings(table),
  portalUrl: PORTAL_URL,
  clock: systemClock,
};

export const handler = middy<ScheduledEvent>().handler(() => closeQuietTickets(dependencies));
