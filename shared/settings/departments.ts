import type { Action, Table } from '../table/table.ts';
import { normalAddress } from '../accounts/keys.ts';
import { strippedPage } from '../table/page.ts';

/** A part of the provider's support, with an address of its own and rules for what may come there by mail. */
export interface Department {
  id: string;
  name: string;
  address: string;
  /** Only clients open tickets here; a stranger is told where to sign up. */
  clientsOnly: boolean;
  /** Mail adds to tickets and opens none. */
  repliesOnly: boolean;
  /** Strangers may open tickets as guests. */
  guests: boolean;
}

export const mostDepartments = 100;
const pk = 'DEPARTMENTS';

/** The department that is there before any was made: the support address itself. */
export function firstDepartment(supportAddress: string): Department {
  return {
    id: 'dep_support',
    name: 'Support',
    address: supportAddress,
    clientsOnly: true,
    repliesOnly: false,
    guests: false,
  };
}

/** All departments; the first one is the default, for tickets that name none. */
export async function readDepartments(table: Table, supportAddress: string): Promise<Department[]> {
  const { items } = strippedPage<Department & { position: number }>(
    await table.query({ pk, limit: mostDepartments }),
  );
  if (items.length === 0) return [firstDepartment(supportAddress)];
  return items.toSorted((a, b) => a.position - b.position);
}

export function departmentRow(department: Department, position: number): Action {
  return { put: { ...department, position, pk, sk: department.id } };
}

export function departmentGone(id: string): Action {
  return { delete: { pk, sk: id } };
}

/** A ticket's department; the default where it has none, or has one that is gone. */
export function departmentById(departments: readonly Department[], id: string | null): Department {
  return departments.find((department) => department.id === id) ?? departments[0]!;
}

/** The department that a message was sent to; the default where no address says. */
export function departmentOf(departments: readonly Department[], recipients: readonly string[]): Department {
  const wanted = new Set(recipients.map((address) => normalAddress(address).replace(/\+[^@]*@/, '@')));
  const found = departments.find((department) => wanted.has(normalAddress(department.address)));
  return found ?? departments[0]!;
}
