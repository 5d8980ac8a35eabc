import { newVersion } from '../../core/ids.ts';
import { staffKey } from '../../table/keys.ts';
import { type PageRequest, type StoredPage, stripped, strippedPage } from '../../table/page.ts';
import { type Action, absent, equals, type Key, type Table } from '../../table/table.ts';
import type { MemberOfStaff } from '../people.ts';

const partition = 'STAFF';
const administratorsKey: Key = { pk: partition, sk: 'ADMINISTRATORS' };

/** The administrators who accepted, in one row: of two who go at the same time, one finds it changed. */
export interface Administrators {
  userIds: readonly string[];
  /** The address of the first one, while that invitation waits. */
  invited?: string;
  version: string;
}

/** Reads who is a member of the provider's staff. */
export function staffStore(table: Table) {
  return {
    async member(userId: string): Promise<MemberOfStaff | undefined> {
      return stripped<MemberOfStaff>(await table.get(staffKey(userId)));
    },
    /** All members by address, the invited ones too. */
    async members(page: PageRequest): Promise<StoredPage<MemberOfStaff>> {
      return strippedPage(await table.query({ index: 'gsi1', pk: partition, ...page }));
    },
    /** Undefined while there was never one. */
    async administrators(): Promise<Administrators | undefined> {
      return stripped<Administrators>(await table.get(administratorsKey));
    },
  };
}

export type StaffStore = ReturnType<typeof staffStore>;

/** The member with a new version; fails if another write came first. */
export function staffRow(member: MemberOfStaff, when: 'new' | { version: string }): Action {
  return {
    put: {
      ...member,
      version: newVersion(),
      ...staffKey(member.userId),
      gsi1pk: partition,
      gsi1sk: member.email,
    },
    when: when === 'new' ? absent : equals({ version: when.version }),
  };
}

/** Ends a membership of staff; fails if another write came first. */
export function endedStaffRow({ userId, version }: MemberOfStaff): Action {
  return { delete: staffKey(userId), when: equals({ version }) };
}

/** The administrators; fails if another write came first. */
export function administratorsRow(
  userIds: readonly string[],
  before: Administrators | undefined,
  invited?: string,
): Action {
  return {
    update: administratorsKey,
    set: { userIds, version: newVersion(), ...(invited === undefined ? {} : { invited }) },
    remove: invited === undefined ? ['invited'] : [],
    when: before ? equals({ version: before.version }) : absent,
  };
}
