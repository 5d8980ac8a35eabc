import { type Action, absent, equals, type Key, type Table } from '../table/table.ts';
import type { Day } from '../core/day.ts';
import { stripped } from '../table/page.ts';
import { termAround } from '../domains/domain.ts';
import type { RenewalWork } from './renewal.ts';

/** Identifies the renewal of a domain that extends this expiry: at most one, whoever pays. */
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
    /** The renewals of the term that ends about this day: one at most that has not failed. */
    async ofTerm({ domainId, expiresOn }: RenewalName): Promise<RenewalWork[]> {
      const { pk } = keyOf({ domainId, expiresOn });
      const { items } = await table.query({ pk, ...termAround(expiresOn), limit: 100 });
      return items.map((item) => stripped<RenewalWork>(item)!);
    },
    /** Renewals due for the registrar by now, the longest waiting first. */
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

/** Writes a renewal; fails where its version is no longer the one that was read. Null for a new renewal. */
export function renewalRow(work: RenewalWork, readVersion: string | null): Action {
  const open = work.status === 'waiting' || work.status === 'asked';
  const keys = open ? { gsi3pk: openPartition, gsi3sk: `${work.dueAt}#${work.domainId}` } : {};
  return {
    put: { ...work, ...keys, ...keyOf(work) },
    when: readVersion === null ? absent : equals({ version: readVersion }),
  };
}
