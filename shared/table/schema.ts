import type { Action } from './table.ts';

/** The version of the rows that this release makes: that of the last migration (`shared/migrations`). */
export const schemaVersion = 4;

/**
 * A new row gets this release's version. One that is changed keeps the version that it has, none before there were any:
 * migrations alone raise it.
 */
export function versioned(action: Action): Action {
  const isNew = 'put' in action && (!action.when || action.when.kind === 'absent');
  return isNew ? { ...action, put: { schema: schemaVersion, ...action.put } } : action;
}

/** The version of a row; 0 from before there were versions. */
export function versionOf(row: Record<string, unknown>): number {
  return typeof row['schema'] === 'number' ? row['schema'] : 0;
}
