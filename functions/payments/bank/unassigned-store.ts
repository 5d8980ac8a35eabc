import type { Money } from '../../../shared/core/money.ts';
import { absent, type Action, equals, type Key, type Table } from '../../../shared/table/table.ts';
import { byDay, byDayIndex, type DayRange } from '../../../shared/table/by-day.ts';
import { filteredPage, type PageRequest, type StoredPage, stripped } from '../../../shared/table/page.ts';
import type { Actor } from '../../../shared/write/actor.ts';

/** Money that came and fits no account, until staff assign it to one. */
export interface UnassignedMoney {
  id: string;
  amount: Money;
  method: string;
  reference: string;
  receivedOn: string;
  note: string | null;
  notedBy: Actor;
  notedAt: string;
  status: 'unassigned' | 'assigned';
  /** Where it went; null until it is assigned. */
  accountId: string | null;
  paymentId: string | null;
  assignedBy: Actor | null;
  assignedAt: string | null;
  version: string;
}

const partition = 'UNASSIGNED-MONEY';
const ofDays = byDay('UNASSIGNED-MONEY');
const keyOf = (id: string): Key => ({ pk: partition, sk: id });

export const unassignedPath = (id: string): string => `/v1/staff/unassigned-money/${id}`;

export async function readUnassigned(table: Table, id: string): Promise<UnassignedMoney | undefined> {
  return stripped(await table.get(keyOf(id)));
}

/** Newest first; all of it, or what has this status or came on these days. */
export function listUnassigned(
  table: Table,
  { status, range }: { status: UnassignedMoney['status'] | undefined; range: DayRange | undefined },
  page: PageRequest,
): Promise<StoredPage<UnassignedMoney>> {
  return filteredPage<UnassignedMoney>(
    (part) =>
      range
        ? ofDays.page(table, range, part, true)
        : table.query({ pk: partition, descending: true, ...part }),
    page,
    (money) => status === undefined || money.status === status,
    range ? byDayIndex : undefined,
  );
}

/** Writes money from the version that was read, null for what is new. */
export function unassignedRow(after: UnassignedMoney, readVersion: string | null): Action {
  const when = readVersion === null ? absent : equals({ version: readVersion });
  const { id, receivedOn } = after;
  return { put: { ...after, ...ofDays.keys(receivedOn, id), ...keyOf(id) }, when };
}

export function unassignedView({ version: _version, ...money }: UnassignedMoney) {
  return money;
}
