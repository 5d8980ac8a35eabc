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

/** Longer than the function may run: who holds a task is done with it, or dead, when another one takes it. */
const claimSeconds = 120;

export function outboxStore(table: Table) {
  return {
    /** Takes a task for this run alone; undefined where it is done or somebody else has it. */
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
    /** The task is done: it goes, and what it left behind is written with it. */
    async finish(id: string, left: Action[]): Promise<void> {
      await table.transact([{ delete: outboxKey(id) }, ...left]);
    },
    /** Gives the task back, due again at `dueAt`. */
    async release(id: string, dueAt: Date): Promise<void> {
      await whileThere(table, [
        {
          update: outboxKey(id),
          set: { claimedUntil: 0, gsi1sk: `${toInstant(dueAt)}#${id}` },
          when: present,
        },
      ]);
    },
    /** Sets a task aside that cannot succeed: it stays readable and is not tried again. */
    async park(id: string, reason: string): Promise<void> {
      await whileThere(table, [
        {
          update: outboxKey(id),
          // Claimed for good: a message about it that comes again finds it taken.
          set: { parked: reason, claimedUntil: Number.MAX_SAFE_INTEGER },
          remove: ['gsi1pk', 'gsi1sk'],
          when: present,
        },
      ]);
    },
    /** Tasks that are due and lie still, oldest first. */
    async due(now: Date, limit: number): Promise<string[]> {
      const shards = Array.from({ length: outboxShards }, (_, shard) => outboxPartition(shard));
      const pages = await Promise.all(
        shards.map((pk) => table.query({ index: 'gsi1', pk, to: `${toInstant(now)}~`, limit })),
      );
      return pages.flatMap((page) => page.items.map((item) => String(item['id'])));
    },
  };
}

/** A task that is gone was done by another run, which took this one for dead: nothing is left to note. */
async function whileThere(table: Table, actions: Action[]): Promise<void> {
  try {
    await table.transact(actions);
  } catch (error) {
    if (!(error instanceof ConditionsFailed)) throw error;
  }
}

export type OutboxStore = ReturnType<typeof outboxStore>;
