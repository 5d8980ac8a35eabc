import { isIPv4 } from 'node:net';
import { toSeconds } from '../../core/clock.ts';
import { newVersion } from '../../core/ids.ts';
import type { Run } from './run.ts';
import { type Action, absent, equals, type Key, type Table } from '../../table/table.ts';

const hourSeconds = 60 * 60;

/** When messages of one sender had an effect lately. */
export interface Hour {
  /** An address, or the network of those that are not believed. */
  sender: string;
  /** In Unix seconds. */
  times: readonly number[];
  /** The tickets of one text that it opened in a row. */
  run?: Run;
  version: string | null;
}

const hourKey = (sender: string): Key => ({ pk: `MAIL-FROM#${sender}`, sk: 'HOUR' });

export async function readHour(table: Table, sender: string): Promise<Hour> {
  const item = await table.get(hourKey(sender));
  return {
    sender,
    times: (item?.['times'] as number[] | undefined) ?? [],
    ...(item?.['run'] ? { run: item['run'] as Run } : {}),
    version: (item?.['version'] as string | undefined) ?? null,
  };
}

/** How many messages had an effect within the last 60 minutes. */
export function inHour({ times }: Hour, now: Date): number {
  return lately(times, now).length;
}

/** Counts one more, after which the run is this; fails where another was counted meanwhile. */
export function hourRow(hour: Hour, now: Date, run = hour.run): Action {
  const nowSeconds = toSeconds(now);
  const times = [...lately(hour.times, now), nowSeconds];
  return {
    put: {
      times,
      ...(run ? { run } : {}),
      version: newVersion(),
      expiresAt: nowSeconds + 2 * hourSeconds,
      ...hourKey(hour.sender),
    },
    when: hour.version === null ? absent : equals({ version: hour.version }),
  };
}

function lately(times: readonly number[], now: Date): number[] {
  return times.filter((time) => time > toSeconds(now) - hourSeconds);
}

/**
 * The network that an address is counted by: of a message that is not believed its From says nothing, so that nobody is
 * kept out by mail that somebody else sends in their name.
 */
export function networkOf(client: string | null): string {
  if (client === null) return 'network:unknown';
  if (isIPv4(client)) return `network:${client.split('.').slice(0, 3).join('.')}`;
  return `network:${client.toLowerCase().split(':').slice(0, 3).join(':')}`;
}
