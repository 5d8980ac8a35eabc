import { expect } from 'vitest';
import type { JournalEntry } from '../../../shared/invoices/ledger/journal.ts';
import type { Called, MemoryPortal } from '../memory/memory-portal.ts';

export interface Days {
  from: string;
  to: string;
}

/** Every entry of the journal, as it lies in the table. */
export function entriesOf(portal: MemoryPortal): JournalEntry[] {
  return [...portal.table.each()]
    .filter(({ sk }) => sk.startsWith('JOURNAL#'))
    .map((row) => row as unknown as JournalEntry);
}

/** What a ledger took in on these days, in minor units, over all accounts or in one. */
export function bookedIn(
  portal: MemoryPortal,
  ledger: string,
  { from, to }: Days,
  currency = 'GBP',
  accountId?: string,
): number {
  return entriesOf(portal)
    .filter((entry) => entry.on >= from && entry.on <= to && entry.currency === currency)
    .filter((entry) => accountId === undefined || entry.accountId === accountId)
    .flatMap(({ postings }) => postings)
    .filter((posting) => posting.ledger === ledger)
    .reduce((all, { amount }) => all + amount, 0);
}

export const everyDay: Days = { from: '2000-01-01', to: '2199-12-31' };

/** A report for staff. */
export async function report(
  portal: MemoryPortal,
  path: string,
  query: Partial<Days> & Record<string, string> = {},
): Promise<any> {
  const { status, body } = await portal.call('stan', 'GET', `/v1/staff${path}`, { query });
  expect([status, body]).toEqual([200, expect.anything()]);
  return body;
}

/** All items of a list, page by page. */
export async function allOf(
  portal: MemoryPortal,
  path: string,
  query: Record<string, string> = {},
): Promise<any[]> {
  const items: any[] = [];
  let cursor: string | null = null;
  do {
    const page: any = await report(portal, path, { ...query, limit: '7', ...(cursor ? { cursor } : {}) });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return items;
}

/** A report as a table: its rows by their headings. */
export async function tableOf(
  portal: MemoryPortal,
  path: string,
  query: Record<string, string> = {},
): Promise<Record<string, string>[]> {
  const headers = { accept: 'text/csv' };
  const { status, body } = await portal.call('stan', 'GET', `/v1/staff${path}`, { query, headers });
  expect(status).toBe(200);
  const [head = [], ...rows] = Buffer.from(body as unknown as string, 'base64')
    .toString()
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));
  return rows.map((row) => Object.fromEntries(row.map((cell, index) => [head[index]!, cell])));
}

/** Minor units of a column of pounds. */
export const pence = (rows: readonly Record<string, string>[], column: string): number =>
  rows.reduce((all, row) => all + Math.round(Number(row[column] || 0) * 100), 0);

/** Closes the books, or opens them again. */
export const closeBooks = (portal: MemoryPortal, day: string | null): Promise<Called> =>
  portal.call('stan', 'PUT', '/v1/staff/settings', { body: { 'books.closedUntil': day } });
