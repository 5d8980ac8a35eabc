import type { Action, Item, Table } from '../table/table.ts';

/** A user of the pool's group `staff`, by which staff were known before they had rows. */
export interface StaffUser {
  userId: string;
  name: string;
  email: string;
  addedAt: string;
}

export interface MigrationDependencies {
  table: Table;
  /** The portal's name, which documents bear where none is set for them. */
  providerName: string;
  /** All users of the group. */
  staffGroup(): Promise<StaffUser[]>;
}

/**
 * How rows of one version become those of the next. Each may run again at any time, on rows that it has changed too:
 * a run may stop anywhere, and the release before may still be writing.
 */
export interface Migration {
  /** Rows of this version and later are as it makes them. */
  version: number;
  name: string;
  /** What has to be written because of a row of an earlier version; nothing for a row that stays as it is. */
  row?(dependencies: MigrationDependencies, row: Item): Promise<Action[]>;
  /** What is not about single rows; it runs once, before the rows. */
  once?(dependencies: MigrationDependencies): Promise<void>;
}
