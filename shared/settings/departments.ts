import type { Action, Table } from '../table/table.ts';
import { merged } from '../table/merged.ts';
import { normalAddress } from '../accounts/keys.ts';
import { strippedPage } from '../table/page.ts';

/** A department of the provider's support, with its own address and rules for mail to it. */
export interface Department {
  id: string;
  name: string;
  address: string;
  /** Only clients open tickets here; strangers are answered where to sign up. */
  clientsOnly: boolean;
  /** Mail adds to existing tickets but opens none. */
  repliesOnly: boolean;
  /** Strangers may open tickets as guests. */
  guests: boolean;
}

export const mostDepartments = 100;
const pk = 'DEPARTMENTS';

/** The default department while none is configured: the support address itself. */
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

/** All departments; the first is the default for tickets without one. */
export async function readDepartments(table: Table, supportAddress: string): Promise<Department[]> {
  const { items } = strippedPage<Department & { position: number }>(
    await table.query({ pk, limit: mostDepartments }),
  );
  if (items.length === 0) return [firstDepartment(supportAddress)];
  return items.toSorted((a, b) => a.position - b.position);
}

export function departmentRow(department: Department, position: number): Action {
  return merged({ ...department, position, pk, sk: department.id });
}

export function departmentDeletion(id: string): Action {
  return { delete: { pk, sk: id } };
}

/** A ticket's department; the default if it has none or its department was removed. */
export function departmentById(departments: readonly Department[], id: string | null): Department {
  return departments.find((department) => department.id === id) ?? departments[0]!;
}

/**
 * The department a message was sent to; the default if no recipient is a department's address. Of several, one that takes
 * more than replies.
 */
export function departmentOf(departments: readonly Department[], recipients: readonly string[]): Department {
  const addresses = new Set(recipients.map((address) => normalAddress(address).replace(/\+[^@]*@/, '@')));
  const matching = departments.filter((department) => addresses.has(normalAddress(department.address)));
  return matching.find(({ repliesOnly }) => !repliesOnly) ?? matching[0] ?? departments[0]!;
}
