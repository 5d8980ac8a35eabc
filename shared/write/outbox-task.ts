import type { Action } from '../table/table.ts';
import { toInstant } from '../core/clock.ts';
import { newId } from '../core/ids.ts';

/** Every kind of task by name. A module declares its own tasks by augmenting this interface. */
export interface OutboxTasks {}

/** Work with effects outside the table, recorded in the transaction that makes it due. */
export type OutboxTask = { [K in keyof OutboxTasks]: OutboxTasks[K] & { kind: K } }[keyof OutboxTasks];

export const outboxShards = 4;
export const outboxPartition = (shard: number): string => `OUTBOX#${shard}`;
export const outboxKey = (id: string) => ({ pk: `OUTBOX#${id}`, sk: 'TASK' });

/** The sweep skips tasks younger than this: the function that wrote one nudges the outbox right after its commit. */
const sweepAfterMs = 60_000;

export function outboxEntry(task: OutboxTask, now: Date): { id: string; action: Action } {
  const id = newId('outbox', now);
  const shard = id.charCodeAt(id.length - 1) % outboxShards;
  const dueAt = toInstant(new Date(now.getTime() + sweepAfterMs));
  return {
    id,
    action: {
      put: {
        ...outboxKey(id),
        gsi1pk: outboxPartition(shard),
        gsi1sk: `${dueAt}#${id}`,
        id,
        task,
        attempts: 0,
        createdAt: toInstant(now),
      },
    },
  };
}
