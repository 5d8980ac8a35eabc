import type { Action, Item } from './table.ts';

/** Writes a thing, new or not. What else its row has stays: a newer release may have written it. */
export function merged({ pk, sk, ...fields }: Item): Action {
  const said = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { update: { pk, sk }, set: Object.fromEntries(said) };
}
