import { type Authority, permissionsOf } from '../access/decide.ts';
import { openAreas } from '../access/permissions.ts';
import { peopleStore } from '../accounts/people-store.ts';
import type { Table } from '../table/table.ts';
import { providerRefusal } from './refusal.ts';
import type { Route } from './route.ts';

/**
 * People of a blocked account, and of one that is closed, read, pay and write tickets, and nothing else.
 * @throws Problem that explains it
 */
export async function requireNotBlocked(
  { table, providerName }: { table: Table; providerName: string },
  { method, whenBlocked }: Route,
  authority: Authority,
  accountId: string,
): Promise<void> {
  if (method === 'GET' || whenBlocked || accountId === '') return;
  if (authority.kind !== 'member' && authority.kind !== 'main-account') return;
  // A blocked main account does nothing beneath it either.
  const acting = [...new Set([accountId, authority.grant.accountId])];
  const accounts = await peopleStore(table).accounts(acting);
  const blocked = accounts.find((account) => account?.status === 'blocked' || account?.status === 'inactive');
  if (!blocked) return;
  const { name, status } = blocked;
  const areas = openAreas(accountId, permissionsOf(authority));
  const detail = `${name} is ${status}: it can be read, its invoices can be paid, and tickets can be written.`;
  throw providerRefusal(providerName, 'account-kind', detail, {
    title: `You don't have access to changing anything while ${name} is ${status}`,
    areas,
  });
}
