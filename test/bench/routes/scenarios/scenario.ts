import type { CallOptions } from '../../../support/memory/memory-portal.ts';
import { type PortalWorld, staff } from '../portal-world.ts';

/** A request that is about to be measured; whatever it needs is there. */
export interface Asked extends CallOptions {
  as: string;
  path: string;
}

export type Scenario = (world: PortalWorld) => Promise<Asked> | Asked;

/** The path's end, or what makes the thing that it names and says it then. */
type Below = string | ((world: PortalWorld) => Promise<string>);

const endOf = (below: Below, world: PortalWorld) => (typeof below === 'string' ? below : below(world));

/** The owner in the account. */
export const asOwner =
  (below: Below, options: CallOptions = {}): Scenario =>
  async (world) => ({ as: world.owner, path: `${world.account}${await endOf(below, world)}`, ...options });

/** Staff in the account. */
export const asStaffHere =
  (below: Below, options: CallOptions = {}): Scenario =>
  async (world) => ({ as: staff, path: `${world.account}${await endOf(below, world)}`, ...options });

/** Staff, in no account. */
export const asStaff =
  (below: Below, options: CallOptions = {}): Scenario =>
  async (world) => ({ as: staff, path: `/v1/staff${await endOf(below, world)}`, ...options });

/** As many as the smaller account has too, so that a page holds as much in both. */
export const aPage = { query: { limit: '10' } };
