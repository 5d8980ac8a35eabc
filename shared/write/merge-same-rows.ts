import type { Action } from '../table/table.ts';

/**
 * Merges additions to the same row, and the same check made twice, because a transaction may name a row only once. Other
 * actions on one row are left as they are; the table refuses them.
 */
export function mergeSameRows(actions: readonly Action[]): Action[] {
  const merged: Action[] = [];
  for (const action of actions) {
    if (merged.some((earlier) => isSameCheck(earlier, action))) continue;
    const index = merged.findIndex((earlier) => addToSameRow(earlier, action));
    if (index === -1) merged.push(action);
    else merged[index] = sumOf(merged[index]!, action);
  }
  return merged;
}

function isSameCheck(one: Action, other: Action): boolean {
  return 'check' in one && 'check' in other && JSON.stringify(one) === JSON.stringify(other);
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
