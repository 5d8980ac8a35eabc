import { createHash } from 'node:crypto';
import type { Position, Table } from '../table/table.ts';
import type { Day } from '../core/day.ts';

/**
 * Renewable items by the day on which the renewals job has to process them: one index over all accounts, sharded by
 * account, and one per account. Items that are not due are never read.
 */
export const dueShards = 8;
const shardOf = (accountId: string): number =>
  createHash('sha256').update(accountId).digest().readUInt32BE(0) % dueShards;
const shardPartition = (shard: number) => `RENEWALS-DUE#${shard}`;
const accountPartition = (accountId: string) => `ACCOUNT#${accountId}#RENEWALS-DUE`;

export interface DueItem {
  kind: 'domain' | 'service';
  id: string;
}

/** The index keys of an item to be processed on a day; none for null. */
export function dueKeys(kind: DueItem['kind'], accountId: string, id: string, on: Day | null) {
  if (on === null) return {};
  const sk = `${on}#${accountId}#${kind}#${id}`;
  return {
    gsi1pk: shardPartition(shardOf(accountId)),
    gsi1sk: sk,
    gsi2pk: accountPartition(accountId),
    gsi2sk: sk,
  };
}

/** A page of the accounts in one shard with something due by a day, each once a page. */
export async function accountsDue(
  table: Table,
  shard: number,
  by: Day,
  limit: number,
  after: Position | undefined,
): Promise<{ accountIds: string[]; next: Position | null }> {
  const to = `${by}~`;
  const page = await table.query({ index: 'gsi1', pk: shardPartition(shard), to, limit, after });
  const accountIds = [...new Set(page.items.map((item) => String(item['accountId'])))];
  return { accountIds, next: page.next };
}

/** The items of an account that are due by a day. */
export async function itemsDue(table: Table, accountId: string, by: Day, limit: number): Promise<DueItem[]> {
  const to = `${by}~`;
  const { items } = await table.query({ index: 'gsi2', pk: accountPartition(accountId), to, limit });
  return items.map((item) => ({
    kind: item.sk.startsWith('DOMAIN#') ? 'domain' : 'service',
    id: String(item['id']),
  }));
}
