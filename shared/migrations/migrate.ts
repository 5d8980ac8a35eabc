import { ConditionsFailed, type Item, type Key } from '../table/table.ts';
import type { Rows } from '../table/rows.ts';
import { schemaVersion, versionOf } from '../table/schema.ts';
import type { Migration, MigrationDependencies } from './migration.ts';

export interface MigrateDependencies extends MigrationDependencies {
  rows: Rows;
  migrations: readonly Migration[];
  /** Waits after each page, so that clients notice nothing. */
  pause(): Promise<void>;
}

export interface Migrated {
  /** How many rows were looked at, and for how many something was written. */
  rows: number;
  changed: number;
}

/** How far the table is. */
interface State {
  /** Every row from before this version has been looked at; 0 while none was ever. */
  version: number;
  /** The steps that run once and have. */
  once: string[];
  /** Where a walk stopped that was to lead to `towards`. */
  walk: { towards: number; after: Key } | null;
}

const stateKey = { pk: 'SCHEMA', sk: 'SCHEMA' };
const pageRows = 100;
/** After so many losses to others the walk stops; the next one goes on from that page. */
const mostTries = 10;

export async function tableVersion({ table }: Pick<MigrationDependencies, 'table'>): Promise<number> {
  return (await readState({ table })).version;
}

/**
 * Walks the whole table, and writes what rows of earlier versions need. It goes on where the last walk stopped, and
 * changes nothing where there is nothing to change. Clients go on meanwhile: what they change first is looked at again.
 */
export async function migrate(dependencies: MigrateDependencies): Promise<Migrated> {
  let state = await readState(dependencies);
  for (const { name, once } of dependencies.migrations) {
    if (!once || state.once.includes(name)) continue;
    await once(dependencies);
    state = await saveState(dependencies, { ...state, once: [...state.once, name] });
  }
  const done: Migrated = { rows: 0, changed: 0 };
  let after = state.walk?.towards === schemaVersion ? state.walk.after : null;
  do {
    const page = await dependencies.rows.scan(after, pageRows);
    for (const row of page.items) {
      if (row.pk === stateKey.pk) continue;
      done.rows++;
      if (await migrateRow(dependencies, row)) done.changed++;
    }
    after = page.next;
    if (after) state = await saveState(dependencies, { ...state, walk: { towards: schemaVersion, after } });
    await dependencies.pause();
  } while (after);
  await saveState(dependencies, { ...state, version: schemaVersion, walk: null });
  return done;
}

async function migrateRow(dependencies: MigrateDependencies, scanned: Item): Promise<boolean> {
  let isChanged = false;
  for (const { version, row: migrated } of dependencies.migrations) {
    if (!migrated) continue;
    let row: Item | undefined = scanned;
    for (let tries = 1; row && versionOf(row) < version; tries++) {
      const actions = await migrated(dependencies, row);
      if (actions.length === 0) break;
      try {
        await dependencies.table.transact(actions);
        isChanged = true;
        break;
      } catch (error) {
        if (!(error instanceof ConditionsFailed) || tries === mostTries) throw error;
        row = await dependencies.table.get({ pk: scanned.pk, sk: scanned.sk });
      }
    }
  }
  return isChanged;
}

async function readState({ table }: Pick<MigrationDependencies, 'table'>): Promise<State> {
  const item = await table.get(stateKey);
  const { version = 0, once = [], walk = null } = (item ?? {}) as Partial<State>;
  return { version, once, walk };
}

async function saveState({ table }: MigrationDependencies, state: State): Promise<State> {
  await table.transact([{ put: { ...state, ...stateKey } }]);
  return state;
}
