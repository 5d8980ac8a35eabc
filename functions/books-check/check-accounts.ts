import type { Position } from '../../shared/table/table.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import { type BooksDependencies, checkBooks, type Difference } from './check-books.ts';

export interface CheckAccountsDependencies extends BooksDependencies {
  people: PeopleStore;
  /** Continues after this account in an invocation of its own. */
  handOn(after: Position): Promise<void>;
}

const accountsPerRun = 50;
/**
 * A payment made during the check looks like a difference: one is reported only when it is found this often in a row.
 */
const attempts = 3;

/**
 * Checks the books of a page of accounts and hands the rest to another run, so that no run exceeds a function's time
 * limit.
 */
export async function checkAccounts(
  dependencies: CheckAccountsDependencies,
  after: Position | undefined,
): Promise<{ checked: number; differences: Difference[] }> {
  const page = await dependencies.people.accountsByName({ limit: accountsPerRun, after });
  const differences: Difference[] = [];
  for (const { id } of page.items) {
    let accountDifferences = await checkBooks(dependencies, id);
    for (let attempt = 1; attempt < attempts && accountDifferences.length > 0; attempt++)
      accountDifferences = await checkBooks(dependencies, id);
    differences.push(...accountDifferences);
  }
  if (page.next) await dependencies.handOn(page.next);
  return { checked: page.items.length, differences };
}
