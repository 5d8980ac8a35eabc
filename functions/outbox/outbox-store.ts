import { type Action, all, ConditionsFailed, free, present, type Table } from '../../shared/table/table.ts';
import { toInstant, toSeconds } from '../../shared/core/clock.ts';
import { stripped } from '../../shared/table/page.ts';
import { outboxKey, outboxPartition, outboxShards, type OutboxTask } from '../../shared/write/outbox-task.ts';

export interface StoredTask {
  id: string;
  task: OutboxTask;
  attempts: number;
  createdAt: string;
  claimedUntil: number;
}

/** Longer than the function may run: when a claim ends, its run has finished or died. */
const claimSeconds = 120;

export function outboxStore(table: Table) {
  return {
    /** Claims a task for this run; undefined if it is done or another run has claimed it. */
    async claim(id: string, now: Date): Promise<StoredTask | undefined> {
      const claimedUntil = toSeconds(now) + claimSeconds;
      try {
        await table.transact([
          {
            update: outboxKey(id),
            set: { claimedUntil },
            add: { attempts: 1 },
            when: all(present, free('claimedUntil', toSeconds(now))),
          },
        ]);
      } catch (error) {
        if (error instanceof ConditionsFailed) return undefined;
        throw error;
      }
      return stripped(await table.get(outboxKey(id)));
    },
    /** Deletes a finished task and writes its results in the same transaction. */
    async finish(id: string, rows: Action[]): Promise<void> {
      await table.transact([{ delete: outboxKey(id) }, ...rows]);
    },
    /** Releases the claim; the task is due again at `dueAt`. */
    async release(id: string, dueAt: Date): Promise<void> {
      await unlessFinished(table, [
        {
          update: outboxKey(id),
          set: { claimedUntil: 0, gsi1sk: `${toInstant(dueAt)}#${id}` },
          when: present,
        },
      ]);
    },
    /** Parks a task that cannot succeed: it stays readable and is not retried. */
    async park(id: string, reason: string): Promise<void> {
      await unlessFinished(table, [
        {
          update: outboxKey(id),
          // Claimed for ever, so that a repeated queue message cannot run it.
          set: { parked: reason, claimedUntil: Number.MAX_SAFE_INTEGER },
          remove: ['gsi1pk', 'gsi1sk'],
          when: present,
        },
      ]);
    },
    /** The ids of due tasks, the oldest of each shard first. */
    async due(now: Date, limit: number): Promise<string[]> {
      const shards = Array.from({ length: outboxShards }, (_, shard) => outboxPartition(shard));
      const pages = await Promise.all(
        shards.map((pk) => table.query({ index: 'gsi1', pk, to: `${toInstant(now)}~`, limit })),
      );
      return pages.flatMap((page) => page.items.map((item) => String(item['id'])));
    },
  };
}

/** A missing task was finished by another run after this one's claim ended, so there is nothing to update. */
async function unlessFinished(table: Table, actions: Action[]): Promise<void> {
  try {
    await table.transact(actions);
  } catch (error) {
    if (!(error instanceof ConditionsFailed)) throw error;
  }
}

export type OutboxStore = ReturnType<typeof outboxStore>;
