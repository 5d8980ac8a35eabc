import type { Action } from '../table/table.ts';

/**
 * Merges additions to the same row, because a transaction may name a row only once. Other actions on one row are left
 * as they are; the table refuses them.
 */
export function mergeAdditions(actions: readonly Action[]): Action[] {
  const merged: Action[] = [];
  for (const action of actions) {
    const index = merged.findIndex((earlier) => addToSameRow(earlier, action));
    if (index === -1) merged.push(action);
    else merged[index] = sumOf(merged[index]!, action);
  }
  return merged;
}

const additionOf = (action: Action) =>
  'update' in action && action.add && !action.set && !action.remove && !action.when
    ? { update: action.update, add: action.add }
    : null;

function addToSameRow(one: Action, other: Action): boolean {
  const [a, b] = [additionOf(one)?.update, additionOf(other)?.update];
  return a !== undefined && a.pk === b?.pk && a.sk === b.sk;
}

function sumOf(one: Action, other: Action): Action {
  const [a, b] = [additionOf(one)!, additionOf(other)!];
  const names = new Set([...Object.keys(a.add), ...Object.keys(b.add)]);
  const add = Object.fromEntries([...names].map((name) => [name, (a.add[name] ?? 0) + (b.add[name] ?? 0)]));
  return { update: a.update, add };
}
