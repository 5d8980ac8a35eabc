import { type Action, absent, equals, type Key, type Table } from '../table/table.ts';
import type { Day } from '../core/day.ts';
import { stripped } from '../table/page.ts';
import type { RenewalWork } from './renewal.ts';

/** The renewal of a domain that extends this expiry: at most one, whoever paid for it. */
export interface RenewalName {
  domainId: string;
  expiresOn: Day;
}

const keyOf = ({ domainId, expiresOn }: RenewalName): Key => ({
  pk: `RENEWAL#${domainId}`,
  sk: expiresOn,
});
const openPartition = 'RENEWALS-OPEN';

export function renewalStore(table: Table) {
  return {
    async get(name: RenewalName): Promise<RenewalWork | undefined> {
      return stripped(await table.get(keyOf(name)));
    },
    /** What is to be passed to the registrar by now, the longest waiting first. */
    async open(now: Date, limit: number): Promise<RenewalName[]> {
      const to = `${now.toISOString()}~`;
      const { items } = await table.query({ index: 'gsi3', pk: openPartition, to, limit });
      return items.map((item) => ({
        domainId: String(item['domainId']),
        expiresOn: String(item['expiresOn']),
      }));
    },
  };
}

export type RenewalStore = ReturnType<typeof renewalStore>;

/** The renewal as it is to be; fails where it is no longer at the version that was read, null for a new one. */
export function renewalRow(work: RenewalWork, readVersion: string | null): Action {
  const open = work.status === 'waiting' || work.status === 'asked';
  const keys = open ? { gsi3pk: openPartition, gsi3sk: `${work.dueAt}#${work.domainId}` } : {};
  return {
    put: { ...work, ...keys, ...keyOf(work) },
    when: readVersion === null ? absent : equals({ version: readVersion }),
  };
}
