import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Item } from '../../../shared/table/table.ts';
import { MemoryPortal } from '../memory/memory-portal.ts';
import type { MemoryDirectory } from '../memory/memory-directory.ts';

type User = MemoryDirectory['users'] extends Map<string, infer U> ? U : never;

/** What a released version wrote, as it wrote it: the file was made by running its code. */
interface Released {
  ids: {
    accountId: string;
    quietId: string;
    ticketId: string;
    invoiceId: string;
    contacts: Record<string, string>;
    users: Record<string, string>;
    now: string;
  };
  directory: [string, User][];
  rows: Item[];
}

/** A portal over the rows of a release; its staff are there. */
export function releasedPortal(name: string): Released['ids'] & { portal: MemoryPortal; rows: Item[] } {
  const file = join(import.meta.dirname, `${name}.json`);
  const { ids, directory, rows } = JSON.parse(readFileSync(file, 'utf8')) as Released;
  const portal = new MemoryPortal();
  portal.now = new Date(ids.now);
  portal.advance(60);
  // Staff were rows of another kind.
  portal.table.load(rows.filter(({ pk }) => !pk.endsWith('#stan') && !pk.startsWith('EMAIL#stan@')));
  for (const [userId, user] of directory) portal.directory.users.set(userId, user);
  portal.addStaff('stan');
  return { ...ids, portal, rows };
}
