import { type Action, absent, equals, type Key, type Table } from '../table/table.ts';
import type { Day } from '../core/day.ts';
import { type PageRequest, type StoredPage, stripped, strippedPage } from '../table/page.ts';
import { dueKeys } from '../schedule/due-index.ts';
import type { Service } from './service.ts';

const prefix = 'SERVICE#';
const keyOf = (accountId: string, id: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: `${prefix}${id}` });

export function serviceStore(table: Table) {
  return {
    async get(accountId: string, id: string): Promise<Service | undefined> {
      return stripped(await table.get(keyOf(accountId, id)));
    },
    async getMany(accountId: string, ids: readonly string[]): Promise<(Service | undefined)[]> {
      if (ids.length === 0) return [];
      return (await table.getMany(ids.map((id) => keyOf(accountId, id)))).map((item) => stripped(item));
    },
    async list(accountId: string, page: PageRequest): Promise<StoredPage<Service>> {
      return strippedPage(await table.query({ pk: `ACCOUNT#${accountId}`, prefix, ...page }));
    },
  };
}

export type ServiceStore = ReturnType<typeof serviceStore>;

/** Writes a service; fails where its version is no longer the one that was read. Null for a new service. */
export function serviceRow(service: Service, readVersion: string | null, actOn: Day | null): Action {
  return {
    put: {
      ...service,
      ...dueKeys('service', service.accountId, service.id, actOn),
      ...keyOf(service.accountId, service.id),
    },
    when: readVersion === null ? absent : equals({ version: readVersion }),
  };
}

/** Fails where the service's version is no longer the one that was read. */
export function serviceUnchanged({ accountId, id, version }: Service): Action {
  return { check: keyOf(accountId, id), when: equals({ version }) };
}
