import { expect, test } from 'vitest';
import { functionNames } from '../../../infra/bundle.ts';
import { overBudget, recordedSizes } from './bundle-sizes.ts';

const recorded = { accounts: 1000, tickets: 2000 };

test('a bundle may shrink, and grow by 3 %', () => {
  expect(overBudget(recorded, { accounts: 1030, tickets: 10 })).toEqual([]);
});

test('a bundle that grew by more is named with what was recorded and found, and how to record it', () => {
  const [said, ...more] = overBudget(recorded, { accounts: 1031, tickets: 2000 });
  expect(said).toMatch(/^accounts: recorded 1000 bytes, found 1031: 3\.1 % more, and 3 % is allowed\. /);
  expect(said).toContain('npm run bundles:record');
  expect(more).toEqual([]);
});

test('a function without a record is named, and so is a record without a function', () => {
  const [gone, unknown] = overBudget(recorded, { accounts: 1000, usage: 3000 });
  expect(gone).toMatch(/^tickets: recorded 2000 bytes, found no such function\. .*bundles:record/);
  expect(unknown).toMatch(/^usage: has no recorded size, found 3000 bytes\. .*bundles:record/);
});

test('the record names every function, in order', () => {
  expect(Object.keys(recordedSizes())).toEqual(functionNames());
});
