import { type Action, absent, equals, type Key, type Table } from '../table/table.ts';
import type { Day } from '../core/day.ts';
import { type PageRequest, type StoredPage, stripped, strippedPage } from '../table/page.ts';
import { dueKeys } from '../schedule/due-index.ts';
import type { Domain } from './domain.ts';

const prefix = 'DOMAIN#';
const keyOf = (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `${prefix}${id}` });
/** A name exists once, over all accounts. */
const nameKey = (name: string): Key => ({ pk: `DOMAIN-NAME#${name}`, sk: 'DOMAIN' });

export function domainStore(table: Table) {
  return {
    async get(accountId: string, id: string): Promise<Domain | undefined> {
      return stripped(await table.get(keyOf(accountId, id)));
    },
    async getMany(accountId: string, ids: readonly string[]): Promise<(Domain | undefined)[]> {
      if (ids.length === 0) return [];
      return (await table.getMany(ids.map((id) => keyOf(accountId, id)))).map((item) => stripped(item));
    },
    /** The account that has a domain of this name, in small letters. */
    async accountOfName(name: string): Promise<string | undefined> {
      const row = await table.get(nameKey(name));
      return row && String(row['accountId']);
    },
    /** The expiry of a name, as stored here. */
    async expiryOf(name: string): Promise<Day | undefined> {
      const nameRow = await table.get(nameKey(name));
      if (!nameRow) return undefined;
      const domain = await table.get(keyOf(String(nameRow['accountId']), String(nameRow['id'])));
      return stripped<Domain>(domain)?.expiresOn;
    },
    /** Registered domains that were not checked at the registrar since then, the longest ago first. */
    async uncheckedSince(since: Date, limit: number): Promise<Domain[]> {
      const to = `${since.toISOString()}~`;
      const { items } = await table.query({ index: 'gsi3', pk: checksPartition, to, limit });
      return items.map((item) => stripped<Domain>(item)!);
    },
    async list(accountId: string, page: PageRequest): Promise<StoredPage<Domain>> {
      return strippedPage(await table.query({ pk: `ACCOUNT#${accountId}`, prefix, ...page }));
    },
  };
}

const checksPartition = 'DOMAIN-CHECKS';
const checkKeys = ({ id, checkedAt }: Domain) => ({ gsi3pk: checksPartition, gsi3sk: `${checkedAt}#${id}` });

export type DomainStore = ReturnType<typeof domainStore>;

/** A new domain and the row of its name; fails where the name exists already. */
export function newDomainRows(domain: Domain, actOn: Day | null): Action[] {
  const { id, accountId, name } = domain;
  return [domainRow(domain, null, actOn), { put: { ...nameKey(name), id, accountId }, when: absent }];
}

/** Deletes the row of a name that is no longer registered here. */
export function deleteNameRow(name: string): Action {
  return { delete: nameKey(name) };
}

/** Writes a domain; fails where its version is no longer the one that was read. The job processes it on `actOn`. */
export function domainRow(domain: Domain, readVersion: string | null, actOn: Day | null): Action {
  return {
    put: {
      ...domain,
      ...dueKeys('domain', domain.accountId, domain.id, actOn),
      ...(domain.state === 'registered' ? checkKeys(domain) : {}),
      ...keyOf(domain.accountId, domain.id),
    },
    when: readVersion === null ? absent : equals({ version: readVersion }),
  };
}
