import { cognitoDirectory } from '../../shared/aws/cognito-directory.ts';
import { dynamoTable } from '../../shared/aws/dynamo-table.ts';
import { environment } from '../../shared/aws/lambda/environment.ts';
import { secondOver } from '../../shared/aws/lambda/second-over.ts';
import { outboxQueue } from '../../shared/aws/sqs/outbox-queue.ts';
import { peopleStore } from '../../shared/accounts/people-store.ts';
import { systemClock as clock } from '../../shared/core/clock.ts';
import { onTrigger, type PoolEvent } from './on-trigger.ts';
import type { SignInDependencies } from './sign-in-dependencies.ts';

const { TABLE_NAME, OUTBOX_QUEUE_URL, PORTAL_URL } = environment(
  'TABLE_NAME',
  'OUTBOX_QUEUE_URL',
  'PORTAL_URL',
);
const table = dynamoTable(TABLE_NAME);
let dependencies: SignInDependencies | undefined;

/** The pool names itself in its events: its template names this function, so this one's cannot name the pool. */
const dependenciesFor = (userPoolId: string): SignInDependencies => ({
  table,
  nudgeOutbox: outboxQueue(OUTBOX_QUEUE_URL),
  people: peopleStore(table),
  directory: cognitoDirectory(userPoolId),
  portalUrl: PORTAL_URL,
  clock,
  secondOver: (now) => secondOver(clock, now),
});

/** Cognito's triggers: its codes, and passwords that were recovered with one. */
export async function handler<E extends PoolEvent & { userPoolId: string }>(event: E): Promise<E> {
  dependencies ??= dependenciesFor(event.userPoolId);
  await onTrigger(dependencies, event);
  return event;
}
